import { readFile } from "node:fs/promises";
import { loadFrom } from "./load-backend.js";

loadFrom(() => readFile(new URL("./wasm-backend/backend_bg.wasm", import.meta.url)));

export * from "./backend.js";
