// Jest's mode for ES modules, in a jsdom that has the globals of Node.

import { SmartApp } from "smartrust";
import { scriptedServer } from "smartrust/testing";

test("a launch reads the patient", async () => {
  const server = scriptedServer({ patient: "1", fhirUser: "Practitioner/7", resources: [{ resourceType: "Patient", id: "1" }] });
  globalThis.fetch = server.fetch;
  const app = new SmartApp({ clientId: "my-app", scope: "launch/patient openid fhirUser patient/*.rs", trustedIssuers: [server.fhirBase] });
  const session = await server.launch(app);
  expect(await session.patient.read()).toEqual({ resourceType: "Patient", id: "1" });
  expect(session.fhirUser.reference).toBe("Practitioner/7");
  server.verify();
});
