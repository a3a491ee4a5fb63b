// What a service's report must say, whatever ran it.

import assert from "node:assert/strict";
import { iss } from "../../e2e/support/servers.mjs";

/** The FHIR base that the service is told. */
export const fhirBase = iss;

/** Checks the report against the people that the sandbox EHR always makes. */
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
