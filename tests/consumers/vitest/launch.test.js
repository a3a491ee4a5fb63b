// The real package in Node.

import { SmartApp } from "smartrust";
import { scriptedServer } from "smartrust/testing";
import { expect, test, vi } from "vitest";

test("a launch reads the patient", async () => {
  const server = scriptedServer({ patient: "1", resources: [{ resourceType: "Patient", id: "1" }] });
  vi.stubGlobal("fetch", server.fetch);
  const scope = "launch/patient openid fhirUser patient/*.rs";
  const app = new SmartApp({ clientId: "my-app", scope, redirectUri: "https://app.test/", trustedIssuers: [server.fhirBase] });
  const session = await server.launch(app);
  expect(await session.patient.read()).toEqual({ resourceType: "Patient", id: "1" });
  server.verify();
});
