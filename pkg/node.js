import { readFile } from "node:fs/promises";
import { loadFrom, loadLazyFrom } from "./load.js";
import "./node-backend.js";

loadFrom(() => readFile(new URL("./wasm/smartrust_bg.wasm", import.meta.url)));
loadLazyFrom(() => readFile(new URL("./wasm/smartrust_lazy.wasm", import.meta.url)));

export * from "./index.js";
