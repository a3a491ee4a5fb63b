// Every entry of the package has its types.

import { BackendClient, SmartApp, ready, type WasmSource } from "smartrust";
import { BackendClient as OfBackend } from "smartrust/backend";
import { BackendClient as InlinedOfBackend } from "smartrust/backend/inline";
import backendWasm from "smartrust/backend/wasm";
import FHIR from "smartrust/fhirclient";
import FHIRInOneFile from "smartrust/fhirclient.min.js";
import InlinedFHIR from "smartrust/fhirclient/inline";
import { SmartApp as Inlined } from "smartrust/inline";
import { SmartApp as InOneFile } from "smartrust/smartrust.min.js";
import wasm from "smartrust/wasm";
import lazyWasm from "smartrust/wasm/lazy";
import { same } from "./same.js";

same<typeof Inlined, typeof SmartApp>();
same<typeof InOneFile, typeof SmartApp>();
same<typeof InlinedFHIR, typeof FHIR>();
same<typeof FHIRInOneFile, typeof FHIR>();
same<typeof OfBackend, typeof BackendClient>();
same<typeof InlinedOfBackend, typeof BackendClient>();
same<typeof backendWasm, WasmSource>();
same<typeof lazyWasm, WasmSource>();
await ready(wasm, lazyWasm);
