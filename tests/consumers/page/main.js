import { SmartApp } from "./node_modules/smartrust/index.js";
import { start } from "./app.js";

start(SmartApp);
