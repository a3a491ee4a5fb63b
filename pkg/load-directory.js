import * as glue from "./wasm-directory/directory.js";
import { directories } from "./instance.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "directory_bg.wasm",
  () => new URL("./wasm-directory/directory_bg.wasm", import.meta.url),
  async (module_or_path) => {
    await glue.default({ module_or_path });
    return directories.protect(glue);
  },
);
