import { services } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "backend_bg.wasm",
  () => new URL("./wasm-backend/backend_bg.wasm", import.meta.url),
  async (module_or_path) => {
    // Loaded when it is first used, because a page that only launches and reads does not need it.
    const glue = await import("./wasm-backend/backend.js");
    await glue.default({ module_or_path });
    return services.protect(glue);
  },
);
