// The stand-ins of smartrust/testing can be used where the package's own objects are expected.

import type { Session, SmartApp, SmartError } from "smartrust";
import { fakeApp, fakeSession, scriptedServer, smartError } from "smartrust/testing";
import { same } from "./same.js";

export const session: Session = fakeSession({ patient: "1", scopes: "patient/*.rs", resources: [{ resourceType: "Patient", id: "1" }] });
export const app: SmartApp = fakeApp({ session, errors: { launch: smartError("unknown_server") } });
export const error: SmartError = smartError("fhir_error", { status: 500 });

export function scripting() {
  const fake = fakeSession({ respond: ({ interaction, resourceType }) => (interaction === "search" && resourceType === "Condition" ? [] : undefined) });
  same<(typeof fake.requests)[number]["method"], "GET" | "POST" | "PUT" | "PATCH" | "DELETE">();
  fake.use(async () => ({ resourceType: "Patient", id: "1" })).end(smartError("signed_out"));
  // @ts-expect-error: a number is no result.
  fake.use(() => 1);
  // @ts-expect-error: the option is misspelled.
  fakeSession({ patients: "1" });
  fakeApp({ session, connections: [{ label: "Ann", lastUsed: new Date(0) }], errors: { open: error } });
  // @ts-expect-error: an app has no such method.
  fakeApp({ errors: { lanch: error } });
}

export async function launching() {
  const server = scriptedServer({ resources: { Patient: [{ resourceType: "Patient", id: "1" }], Observation: [] } });
  globalThis.fetch = server.fetch;
  server
    .reply("GET", "Observation", { status: 503 }, { times: 1 })
    .reply("POST", "Observation", ({ body }) => ({ status: 201, body: body ?? "" }))
    .reply("GET", "Condition", [{ resourceType: "Condition" }])
    .reply("GET", "Patient/1", { offline: true });
  // @ts-expect-error: a status is a number.
  server.reply("GET", "Patient/1", { status: "503" });
  same<Awaited<ReturnType<typeof server.launch>>, Session>();
  return server.launch(app, { ehr: true, scope: "launch" });
}
