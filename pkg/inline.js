import { loadFrom } from "./load.js";
import { loadFrom as loadBackendFrom } from "./load-backend.js";
import { unpack } from "./unpack.js";
import inlined from "./wasm/inlined.js";

loadFrom(() => unpack(inlined));
loadBackendFrom(async () => unpack((await import("./wasm-backend/inlined.js")).default));

export * from "./index.js";
