import { SmartApp, ready } from "smartrust";
import address from "smartrust/wasm";
import { start } from "./app.js";

await ready(address);
await start(SmartApp);
