import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    projects: [
      { extends: true, test: { name: "jsdom", environment: "jsdom", include: ["*.test.jsx"] } },
      { extends: true, test: { name: "node", environment: "node", include: ["*.test.js"] } },
    ],
  },
});
