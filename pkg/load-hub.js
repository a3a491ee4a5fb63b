import * as glue from "./wasm-hub/hub.js";
import { hubPage } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "hub_bg.wasm",
  () => new URL("./wasm-hub/hub_bg.wasm", import.meta.url),
  async (module_or_path) => {
    await glue.default({ module_or_path });
    return hubPage.protect(glue);
  },
);
