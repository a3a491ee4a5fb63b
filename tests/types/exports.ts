// Every entry of the package has its types.

import { BackendClient, SmartApp, ready, type WasmSource } from "smartrust";
import { BackendClient as OfBackend, ready as backendReady } from "smartrust/backend";
import { BackendClient as InlinedOfBackend } from "smartrust/backend/inline";
import backendWasm from "smartrust/backend/wasm";
import FHIR from "smartrust/fhirclient";
import FHIRInOneFile from "smartrust/fhirclient.min.js";
import InlinedFHIR from "smartrust/fhirclient/inline";
import { SmartApp as Inlined } from "smartrust/inline";
import { SmartApp as InOneFile } from "smartrust/smartrust.min.js";
import plainBackendWasm from "smartrust/wasm-backend/plain/backend_bg.wasm";
import wasm from "smartrust/wasm";
import lazyWasm from "smartrust/wasm/lazy";
import plainWasm from "smartrust/wasm/plain/smartrust_bg.wasm";
import plainLazyWasm from "smartrust/wasm/plain/smartrust_lazy.wasm";
import { same } from "./same.js";

same<typeof Inlined, typeof SmartApp>();
same<typeof InOneFile, typeof SmartApp>();
same<typeof InlinedFHIR, typeof FHIR>();
same<typeof FHIRInOneFile, typeof FHIR>();
same<typeof OfBackend, typeof BackendClient>();
same<typeof InlinedOfBackend, typeof BackendClient>();
same<typeof backendWasm, WasmSource>();
same<typeof lazyWasm, WasmSource>();
same<typeof plainWasm, WasmSource>();
await ready(wasm, lazyWasm);
await ready(plainWasm, plainLazyWasm);
await backendReady(backendWasm);
await backendReady(plainBackendWasm);
