import { loadFrom, loadLazyFrom } from "./load.js";
import { loadFrom as loadBackendFrom } from "./load-backend.js";
import { unpack } from "./unpack.js";
import inlined from "./wasm/inlined.js";

loadFrom(() => unpack(inlined));
loadLazyFrom(async () => unpack((await import("./wasm/inlined-lazy.js")).default));
loadBackendFrom(async () => unpack((await import("./wasm-backend/inlined.js")).default));

export * from "./index.js";
