import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "backend_bg.wasm",
  // At the first use, because a page that only launches and reads needs none of it.
  () => import("./wasm-backend/backend.js"),
  () => new URL("./wasm-backend/backend_bg.wasm", import.meta.url),
);
