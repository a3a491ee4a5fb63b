import { SmartApp } from "smartrust"; new SmartApp({});
