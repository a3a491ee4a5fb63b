//! Leaves out of wasm-bindgen's glue what serves other browsers, or other uses, than the package's.

use anyhow::{Context, Result};

/// What instead of which function. Every browser that takes the WebAssembly has `encodeInto`, `FinalizationRegistry` and streams, so
/// nothing stands in for them; nothing is started but once, and by an object of options.
const FUNCTIONS: [(&str, &str); 6] = [
    (
        "function getDataViewMemory0() {",
        "function getDataViewMemory0() {
    if (cachedDataViewMemory0?.buffer !== wasm.memory.buffer) cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    return cachedDataViewMemory0;
}",
    ),
    (
        "function passStringToWasm0(",
        "function passStringToWasm0(text) {
    const bytes = cachedTextEncoder.encode(text);
    const start = wasm.__wbindgen_malloc(WASM_VECTOR_LEN = bytes.length, 1) >>> 0;
    getUint8ArrayMemory0().set(bytes, start);
    return start;
}",
    ),
    (
        "function handleError(",
        "function handleError(f) {
    return (...args) => {
        try {
            return f(...args);
        } catch (error) {
            wasm.__wbindgen_exn_store(addToExternrefTable0(error));
        }
    };
}",
    ),
    (
        "async function __wbg_load(",
        "async function __wbg_load(source, imports) {
    if (typeof source === 'string' || source instanceof URL) source = await fetch(source);
    if (!(source instanceof Response)) return WebAssembly.instantiate(source, imports);
    if (!source.ok) throw new Error(`${source.url}: ${source.status}`);
    if (source.headers.get('Content-Type') === 'application/wasm') return WebAssembly.instantiateStreaming(source, imports);
    return WebAssembly.instantiate(await source.arrayBuffer(), imports);
}",
    ),
    ("function initSync(", ""),
    ("async function __wbg_init_once(", ""),
];
