import type { WasmSource } from "./config.js";

/**
 * A WebAssembly file as the bundler imports it: its URL, its bytes or the compiled module. `ready()` accepts each of them. In Vite, use
 * `import url from "smartrust/wasm?url"`; in esbuild, use `--loader:.wasm=file` or `binary`.
 */
declare const source: WasmSource;
export default source;
