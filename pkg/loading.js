import { SmartError } from "./errors.js";

/** Loads one WebAssembly file, once. A failure is not kept: the next call tries again. */
export function loading(file, init, wasm, source) {
  let running;
  const start = async () => {
    await init({ module_or_path: await source() });
    return wasm;
  };
  return {
    /** Says where the WebAssembly comes from: a function that gives an address, bytes, or a promise of either. */
    loadFrom(newSource) {
      source = newSource;
    },
    load() {
      running ??= start().catch((cause) => {
        running = undefined;
        throw new SmartError(
          "wasm_unavailable",
          `The WebAssembly of smartrust could not be loaded: check that ${file} is served, ` +
            "and that the page's Content-Security-Policy has script-src 'wasm-unsafe-eval'.",
          { cause },
        );
      });
      return running;
    },
  };
}
