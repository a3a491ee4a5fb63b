import * as glue from "./wasm-launch/launch.js";
import { loading } from "./loading.js";

export const { load, loadFrom } = loading(
  "launch_bg.wasm",
  () => new URL("./wasm-launch/launch_bg.wasm", import.meta.url),
  (module_or_path) => glue.default({ module_or_path }),
);
