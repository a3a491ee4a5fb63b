import init, * as wasm from "./wasm-backend/backend.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "backend_bg.wasm",
  init,
  wasm,
  () => new URL("./wasm-backend/backend_bg.wasm", import.meta.url),
);
