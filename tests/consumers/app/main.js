import { SmartApp } from "smartrust";
import { start } from "./app.js";

start(SmartApp);
