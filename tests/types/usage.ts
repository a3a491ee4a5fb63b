// What a web developer writes in TypeScript must compile as it stands, and the mistakes that are marked must not.

import { SmartApp, SmartError, type Resource, type Session } from "smartrust";

interface Observation extends Resource {
  resourceType: "Observation";
  status: string;
}

const app = new SmartApp({
  server: {
    fhirBase: "https://ehr.example/fhir",
    clientId: "my-app",
    redirectUri: "https://app.example/",
    scope: "launch/patient openid fhirUser patient/*.rs",
  },
});

// @ts-expect-error: a server without a client id cannot be launched.
new SmartApp({ server: { fhirBase: "https://ehr.example/fhir" } });

// @ts-expect-error: a session comes from an app alone.
export const made: Session = new (await import("smartrust")).Session();

export async function show(signal: AbortSignal): Promise<string[]> {
  const session = (await app.resume()) ?? (await app.launch());
  if (session === null) return [];

  const stopListening: () => void = session.on("signedout", (reason) => console.warn(reason.code));
  const patient: Resource = await session.read(`Patient/${session.patient}`);
  const lines = [`${patient.resourceType} ${patient.id ?? ""}`];
  if (session.mayRead("Observation")) {
    for await (const { status } of session.search<Observation>("Observation", { category: "vital-signs" }, { signal })) {
      lines.push(status);
    }
  }
  const pages = session.search("Condition", new URLSearchParams({ patient: "1" })).pages();
  const { value } = await pages.next();
  if (value) lines.push(`${value.resources.length} of ${value.total ?? "?"}`);
  lines.push(...session.scopes.missing, session.expiresAt?.toISOString() ?? "no end");

  // @ts-expect-error: tokens stay inside the session.
  lines.push(session.accessToken);
  // @ts-expect-error: there is no such event.
  session.on("expired", () => {});

  stopListening();
  await session.refresh({ scope: "openid" });
  await session.signOut();
  return lines;
}

export function explain(error: unknown): string {
  if (!(error instanceof SmartError)) return "unknown";
  return `${error.code} ${error.status ?? ""} ${error.operationOutcome?.resourceType ?? ""}`;
}
