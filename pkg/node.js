import { readFile } from "node:fs/promises";
import { loadFrom } from "./load.js";
import "./node-backend.js";

loadFrom(() => readFile(new URL("./wasm/smartrust_bg.wasm", import.meta.url)));

export * from "./index.js";
