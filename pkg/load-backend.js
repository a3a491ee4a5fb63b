import { services } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "backend_bg.wasm",
  () => new URL("./wasm-backend/backend_bg.wasm", import.meta.url),
  async (module_or_path) => {
    // At the first use, because a page that only launches and reads needs none of it.
    const glue = await import("./wasm-backend/backend.js");
    await glue.default({ module_or_path });
    return services.guard(glue);
  },
);
