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

/** The smallest module. */
const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** Whether the page's policy and the host let WebAssembly be compiled. */
function mayCompile() {
  try {
    return Boolean(new WebAssembly.Module(EMPTY_MODULE));
  } catch {
    return false;
  }
}

const unsupported = () =>
  new SmartError(
    "wasm_unsupported",
    "This browser has no WebAssembly, which smartrust needs. Lockdown Mode on Apple devices turns it off, and so do some " +
      "organizations: ask the user to turn Lockdown Mode off for this website, or to open it on another device.",
  );

const blocked = (cause) =>
  new SmartError(
    "wasm_blocked",
    "The compilation of WebAssembly is not allowed here. In a page, add 'wasm-unsafe-eval' to script-src in the Content-Security-Policy. " +
      "In a host that compiles nothing at run time, import smartrust's .wasm file, and pass it to ready().",
    { cause },
  );

const unavailable = (file, cause) =>
  new SmartError(
    "wasm_unavailable",
    `The WebAssembly of smartrust could not be loaded: check that ${file} is served, and that it has the same version as the package's ` +
      "other files. Where a bundler leaves the file behind, import smartrust/inline in place of smartrust, or say where it is by ready().",
    { cause },
  );

/** Loads a WebAssembly file once. `instantiate` returns its exports. */
export function loading(file, source, instantiate) {
  return {
    /** Sets the source of the WebAssembly: a function that returns a URL, bytes, a response or a module, or a promise of one. */
    loadFrom(newSource) {
      source = newSource;
    },
    load: once(async () => {
      if (typeof WebAssembly === "undefined") throw unsupported();
      try {
        return await instantiate(await fetchIfUrl(await source()));
      } catch (cause) {
        if (cause instanceof SmartError) throw cause;
        throw mayCompile() ? unavailable(file, cause) : blocked(cause);
      }
    }),
  };
}
