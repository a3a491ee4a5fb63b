import type { WasmSource } from "./config.js";

/**
 * A WebAssembly file as the bundler gives it: its address, its bytes or the compiled module, each of which `ready()` takes.
 * In Vite it is `import address from "smartrust/wasm?url"`, in esbuild a matter of `--loader:.wasm=file` or `binary`.
 */
declare const source: WasmSource;
export default source;
