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

/** Instantiates WebAssembly from an address, bytes, a `Response` or a compiled module. */
export async function instantiate(source, imports) {
  const isAddress = typeof source === "string" || source instanceof URL;
  const found = isAddress ? await fetch(source) : source;
  return WebAssembly.instantiate(found instanceof Response ? await found.arrayBuffer() : found, imports);
}

/** Loads one WebAssembly file, once: `start` makes of its source what the others wait for. */
export function loading(file, source, start) {
  return {
    /** Says where the WebAssembly comes from: a function that gives an address, bytes, or a promise of either. */
    loadFrom(newSource) {
      source = newSource;
    },
    load: once(async () => {
      try {
        return await start(await source());
      } catch (cause) {
        if (cause instanceof SmartError) throw cause;
        throw new SmartError(
          "wasm_unavailable",
          `The WebAssembly of smartrust could not be loaded: check that ${file} is served, of the same version as the ` +
            "package's other files, and that the page's Content-Security-Policy has script-src 'wasm-unsafe-eval'. Where a " +
            "bundler leaves the file behind, import smartrust/inline in place of smartrust, or say where it is by ready().",
          { cause },
        );
      }
    }),
  };
}
