import { SmartApp, ready } from "smartrust";
import { start } from "./app.js";

if (import.meta.env.MODE === "by-address") {
  const [main, lazy] = await Promise.all([import("smartrust/wasm?url"), import("smartrust/wasm/lazy?url")]);
  await ready(main.default, lazy.default);
}
await start(SmartApp);
