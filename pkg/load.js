import * as glue from "./wasm/smartrust.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "smartrust_bg.wasm",
  () => new URL("./wasm/smartrust_bg.wasm", import.meta.url),
  (module_or_path) => glue.default({ module_or_path }),
);
