import { SmartApp } from "./node_modules/smartrust/smartrust.min.js";
import { start } from "./app.js";

start(SmartApp);
