import { SmartApp, ready } from "smartrust";
import { start } from "./app.js";

if (import.meta.env.MODE === "by-address") await ready((await import("smartrust/wasm?url")).default);
await start(SmartApp);
