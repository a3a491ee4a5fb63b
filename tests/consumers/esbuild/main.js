import { SmartApp, ready } from "smartrust";
import url from "smartrust/wasm";
import { start } from "./app.js";

await ready(url);
await start(SmartApp);
