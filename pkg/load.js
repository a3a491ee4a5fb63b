import init, * as wasm from "./wasm/smartrust.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "smartrust_bg.wasm",
  init,
  wasm,
  () => new URL("./wasm/smartrust_bg.wasm", import.meta.url),
);
