import { loadFrom } from "./load-backend.js";
import { unpack } from "./unpack.js";
import inlined from "./wasm-backend/inlined.js";

loadFrom(() => unpack(inlined));

export * from "./backend.js";
