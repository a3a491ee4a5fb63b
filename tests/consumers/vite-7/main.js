import { SmartApp, ready } from "smartrust";
import { start } from "./app.js";

if (import.meta.env.MODE === "by-url") {
  const { default: url } = await import("smartrust/wasm?url");
  await ready(url);
}
await start(SmartApp);
