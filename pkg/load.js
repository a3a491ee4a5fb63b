import * as glue from "./wasm/smartrust.js";
import { page } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "smartrust_bg.wasm",
  () => new URL("./wasm/smartrust_bg.wasm", import.meta.url),
  async (module_or_path) => {
    await glue.default({ module_or_path });
    return page.protect(glue);
  },
);
