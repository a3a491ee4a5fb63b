// The expected report of the backend service in every runtime.

import assert from "node:assert/strict";
import { iss } from "../../e2e/support/servers.mjs";

/** The FHIR base for the service. */
export const fhirBase = iss;

/** Checks the report against the people that the sandbox EHR always generates. */
export function checkReport(report) {
  assert.deepEqual(JSON.parse(report), {
    id: "1",
    birthDate: "1969-07-16",
    exported: 50,
    missing: "not_found",
    launch: "navigation_unavailable",
    sessions: 0,
  });
}
