import init, * as wasm from "./wasm/smartrust.js";
import { SmartError } from "./errors.js";

let source = () => new URL("./wasm/smartrust_bg.wasm", import.meta.url);
let loading;

/** Says where the WebAssembly comes from: a function that gives an address, bytes, or a promise of either. */
export function loadFrom(newSource) {
  source = newSource;
}

/** Loads the WebAssembly, once. A failure is not kept: the next call tries again. */
export function load() {
  loading ??= start().catch((cause) => {
    loading = undefined;
    throw new SmartError(
      "wasm_unavailable",
      "The WebAssembly of smartrust could not be loaded: check that smartrust_bg.wasm is served, " +
        "and that the page's Content-Security-Policy has script-src 'wasm-unsafe-eval'.",
      { cause },
    );
  });
  return loading;
}

async function start() {
  await init({ module_or_path: await source() });
  return wasm;
}
