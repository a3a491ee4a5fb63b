import { SmartError } from "./errors.js";

/** A function that calls another one once, and returns its promise. After a rejection, the next call tries again. */
export function once(create) {
  let promise;
  return () =>
    (promise ??= create().catch((error) => {
      promise = undefined;
      throw error;
    }));
}

/** The time limit of a download, in milliseconds. After it, calls reject, and the next call tries again. */
const DOWNLOAD_TIMEOUT = 60_000;

/** Fetches a URL, so that the glue compiles the response while it arrives. Bytes and modules are returned unchanged. */
function fetchIfUrl(source) {
  const isUrl = typeof source === "string" || source instanceof URL;
  return isUrl ? fetch(source, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) }) : source;
}

/** Loads a WebAssembly file once. `instantiate` returns its exports. */
export function loading(file, source, instantiate) {
  return {
    /** Sets the source of the WebAssembly: a function that returns a URL, bytes, a response or a module, or a promise of one. */
    loadFrom(newSource) {
      source = newSource;
    },
    load: once(async () => {
      try {
        return await instantiate(await fetchIfUrl(await source()));
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
