// TypeScript takes a file of CommonJS that imports the typings of a module for an error (TS1479), so there are typings for CommonJS.

import { BackendClient, SmartApp, type Session } from "smartrust";
import { BackendClient as OfBackend } from "smartrust/backend";
import { BackendClient as InlinedOfBackend } from "smartrust/backend/inline";
import FHIR = require("smartrust/fhirclient");
import InlinedFHIR = require("smartrust/fhirclient/inline");
import { SmartApp as Inlined } from "smartrust/inline";
import { SmartApp as OfLaunch } from "smartrust/launch";
import { SmartApp as InlinedOfLaunch } from "smartrust/launch/inline";
import { fakeSession } from "smartrust/testing";

export const inlined: typeof SmartApp = Inlined;
export const launchPage: typeof OfLaunch = InlinedOfLaunch;
export const fhirclient: typeof FHIR.oauth2 = InlinedFHIR.oauth2;
export const services: (typeof BackendClient)[] = [OfBackend, InlinedOfBackend];
export const session: Session = fakeSession({ patient: "1" });
// @ts-expect-error: the option is misspelled.
fakeSession({ patients: "1" });
