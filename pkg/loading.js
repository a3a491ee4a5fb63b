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

/** A compiled module: at once, which takes a millisecond, where a page may do that; else when it is this one's turn. */
async function compileBytes(bytes) {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return WebAssembly.compile(bytes);
  }
}

/** How long a file may take, in milliseconds: what waits for it shall be told, and the next call ask anew. */
const PATIENCE = 60_000;

/**
 * Compiles WebAssembly from an address, bytes, a `Response` or a compiled module. One that imports nothing is what a release is packed
 * into, and unpacks the one that is meant.
 */
export async function compile(source) {
  const isAddress = typeof source === "string" || source instanceof URL;
  const found = isAddress ? await fetch(source, { signal: AbortSignal.timeout(PATIENCE) }) : source;
  const bytes = found instanceof Response ? await found.arrayBuffer() : found;
  const module = bytes instanceof WebAssembly.Module ? bytes : await compileBytes(bytes);
  if (WebAssembly.Module.imports(module)[0]) return module;
  const { memory, unpack } = (await WebAssembly.instantiate(module)).exports;
  return compileBytes(new Uint8Array(memory.buffer, unpack()));
}

/** Loads one WebAssembly file, once: `start` makes of its module what the others wait for. */
export function loading(file, source, start) {
  return {
    /** Says where the WebAssembly comes from: a function that gives an address, bytes, or a promise of either. */
    loadFrom(newSource) {
      source = newSource;
    },
    load: once(async () => {
      try {
        return await start(await compile(await source()));
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
