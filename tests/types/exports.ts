// Every entry of the package has types.

import { BackendClient, SmartApp, ready, type WasmSource } from "smartrust";
import { BackendClient as OfBackend, ready as backendReady } from "smartrust/backend";
import { BackendClient as InlinedOfBackend } from "smartrust/backend/inline";
import backendWasm from "smartrust/backend/wasm";
import FHIR from "smartrust/fhirclient";
import FHIRInOneFile from "smartrust/fhirclient.min.js";
import InlinedFHIR from "smartrust/fhirclient/inline";
import { SmartApp as Inlined } from "smartrust/inline";
import { SmartApp as OfLaunch, ready as launchReady } from "smartrust/launch";
import { SmartApp as InlinedOfLaunch } from "smartrust/launch/inline";
import { SmartApp as LaunchInOneFile } from "smartrust/launch.min.js";
import launchWasm from "smartrust/launch/wasm";
import launchFile from "smartrust/wasm-launch/launch_bg.wasm";
import { SmartApp as InOneFile } from "smartrust/smartrust.min.js";
import backendFile from "smartrust/wasm-backend/backend_bg.wasm";
import wasm from "smartrust/wasm";
import file from "smartrust/wasm/smartrust_bg.wasm";
import { same } from "./same.js";

same<typeof Inlined, typeof SmartApp>();
same<typeof InOneFile, typeof SmartApp>();
same<typeof InlinedOfLaunch, typeof OfLaunch>();
same<typeof LaunchInOneFile, typeof OfLaunch>();
same<typeof InlinedFHIR, typeof FHIR>();
same<typeof FHIRInOneFile, typeof FHIR>();
same<typeof OfBackend, typeof BackendClient>();
same<typeof InlinedOfBackend, typeof BackendClient>();
same<typeof backendWasm, WasmSource>();
same<typeof launchWasm, WasmSource>();
same<typeof launchFile, WasmSource>();
same<typeof file, WasmSource>();
same<typeof backendFile, WasmSource>();
await ready(wasm);
await launchReady(launchWasm);
await backendReady(backendWasm);
