import * as glue from "./wasm/smartrust.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "smartrust_bg.wasm",
  () => new URL("./wasm/smartrust_bg.wasm", import.meta.url),
  (module_or_path) => glue.default({ module_or_path }),
);

/** At the first use, by the face or by the WebAssembly, because a page that only launches, reads and searches needs none of it. */
export const { load: loadLazy, loadFrom: loadLazyFrom } = loading(
  "smartrust_lazy.wasm",
  () => new URL("./wasm/smartrust_lazy.wasm", import.meta.url),
  async (module) => {
    await load();
    // What is loaded already is given once more: its memory and its functions are the second file's too, if it is of the same build.
    await WebAssembly.instantiate(module, { [glue.build]: await glue.default() });
  },
);

/** How long a page is open until it loads the second file by itself, in milliseconds. */
const SETTLED = 20_000;

/** Loads the second file of a page that stays, before it is needed: it refreshes sessions, and a later version may take its place. */
export function loadLazySoon() {
  const timer = setTimeout(() => loadLazy().catch(() => {}), SETTLED);
  timer.unref?.();
}
