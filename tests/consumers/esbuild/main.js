import { SmartApp, ready } from "smartrust";
import address from "smartrust/wasm";
import lazyAddress from "smartrust/wasm/lazy";
import { start } from "./app.js";

await ready(address, lazyAddress);
await start(SmartApp);
