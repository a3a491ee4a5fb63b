import * as glue from "./wasm-launch/launch.js";
import { launchPage } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "launch_bg.wasm",
  () => new URL("./wasm-launch/launch_bg.wasm", import.meta.url),
  async (module_or_path) => {
    await glue.default({ module_or_path });
    return launchPage.protect(glue);
  },
);
