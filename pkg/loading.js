import { SmartError } from "./errors.js";

/** Makes something once, for everybody who asks. A failure is not kept: the next call tries again. */
export function once(make) {
  let made;
  return () =>
    (made ??= make().catch((error) => {
      made = undefined;
      throw error;
    }));
}

/** Loads one WebAssembly file and its glue, once. */
export function loading(file, importGlue, source) {
  return {
    /** Says where the WebAssembly comes from: a function that gives an address, bytes, or a promise of either. */
    loadFrom(newSource) {
      source = newSource;
    },
    load: once(async () => {
      try {
        const [glue, module_or_path] = await Promise.all([importGlue(), source()]);
        await glue.default({ module_or_path });
        return glue;
      } catch (cause) {
        throw new SmartError(
          "wasm_unavailable",
          `The WebAssembly of smartrust could not be loaded: check that ${file} is served, and that the page's ` +
            "Content-Security-Policy has script-src 'wasm-unsafe-eval'. Where a bundler leaves the file behind, import " +
            "smartrust/inline in place of smartrust, or say where it is by ready().",
          { cause },
        );
      }
    }),
  };
}
