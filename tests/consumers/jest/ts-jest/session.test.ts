// TypeScript in Node: the types of CommonJS, a whole launch, and a backend service's entry.

import { BackendClient, SmartApp, SmartError, type Session } from "smartrust";
import { fakeSession, scriptedServer, smartError } from "smartrust/testing";
import { BackendClient as OfEntry } from "smartrust/backend";
import { SmartApp as LaunchApp } from "smartrust/launch";

async function birthDateOf(session: Session): Promise<string | undefined> {
  const patient = await session.patient?.read();
  return patient?.birthDate;
}

test("a fake session is a Session", async () => {
  // @ts-expect-error: the types are known.
  expect(() => fakeSession({ patients: "1" })).toThrow(/no option "patients"/);
  const session = fakeSession({ patient: { resourceType: "Patient", id: "1", birthDate: "1969-07-16" } });
  expect(await birthDateOf(session)).toBe("1969-07-16");
  session.use(() => Promise.reject(smartError("forbidden")));
  await expect(birthDateOf(session)).rejects.toMatchObject({ code: "forbidden", status: 403 });
  await expect(birthDateOf(session)).rejects.toBeInstanceOf(SmartError);
});

test("the real package launches", async () => {
  const server = scriptedServer({ patient: "1", resources: [{ resourceType: "Patient", id: "1", birthDate: "1969-07-16" }] });
  globalThis.fetch = server.fetch;
  const config = { clientId: "my-app", scope: "launch/patient patient/*.rs", redirectUri: "https://app.test/", trustedIssuers: [server.fhirBase] };
  expect(await birthDateOf(await server.launch(new SmartApp(config)))).toBe("1969-07-16");
  expect(await new LaunchApp(config).authorizationUrl()).toMatch(/^https:\/\/ehr\.test\/authorize\?/);
  expect(new OfEntry({ fhirBase: server.fhirBase, clientId: "service", scope: "system/*.rs" })).toBeInstanceOf(OfEntry);
  expect(BackendClient.name).toBe(OfEntry.name);
  server.verify();
});
