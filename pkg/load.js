import * as glue from "./wasm/smartrust.js";
import { instantiate, loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "smartrust_bg.wasm",
  () => new URL("./wasm/smartrust_bg.wasm", import.meta.url),
  (module_or_path) => glue.default({ module_or_path }),
);

/** At the first use, by the face or by the WebAssembly, because a page that only launches, reads and searches needs none of it. */
export const { load: loadLazy, loadFrom: loadLazyFrom } = loading(
  "smartrust_lazy.wasm",
  () => new URL("./wasm/smartrust_lazy.wasm", import.meta.url),
  async (source) => {
    await load();
    // What is loaded already is given once more: its memory and its functions are the second file's too, if it is of the same build.
    await instantiate(source, { [glue.build]: await glue.default() });
  },
);
