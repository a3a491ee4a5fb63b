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

/** How long a download may take, in milliseconds. A call that waits longer rejects, and the next one tries again. */
const DOWNLOAD_TIMEOUT = 60_000;

/** What the glue takes: a response, which is compiled while it arrives, or bytes or a module as they are. */
function fetched(source) {
  const isUrl = typeof source === "string" || source instanceof URL;
  return isUrl ? fetch(source, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) }) : source;
}

/** Loads one WebAssembly file, once. `start` instantiates it. */
export function loading(file, source, start) {
  return {
    /** Sets where the WebAssembly comes from: a function that returns a URL, bytes, a response or a module, or a promise of one. */
    loadFrom(newSource) {
      source = newSource;
    },
    load: once(async () => {
      try {
        return await start(await fetched(await source()));
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
