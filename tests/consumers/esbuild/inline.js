import { SmartApp } from "smartrust/inline";
import { start } from "./app.js";

start(SmartApp);
