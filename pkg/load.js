import * as glue from "./wasm/smartrust.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "smartrust_bg.wasm",
  () => new URL("./wasm/smartrust_bg.wasm", import.meta.url),
  async (module_or_path) => {
    await glue.default({ module_or_path });
    return glue;
  },
);

/** At the first use, because a page that only launches, reads and searches needs none of it. */
export const { load: loadLazy, loadFrom: loadLazyFrom } = loading(
  "smartrust_lazy.wasm",
  () => new URL("./wasm/smartrust_lazy.wasm", import.meta.url),
  async (module) => {
    await load();
    // What is loaded already is given once more: its memory and its functions are the second file's too, if it is of the same build.
    await WebAssembly.instantiate(module, { [glue.build]: await glue.default() });
  },
);
