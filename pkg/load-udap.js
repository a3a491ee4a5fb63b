import { communities } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "udap_bg.wasm",
  () => new URL("./wasm-udap/udap_bg.wasm", import.meta.url),
  async (module_or_path) => {
    const glue = await import("./wasm-udap/udap.js");
    await glue.default({ module_or_path });
    return communities.protect(glue);
  },
);
