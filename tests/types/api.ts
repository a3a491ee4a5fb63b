// The types of results that do not depend on @types/fhir, and mistakes that must not compile.

import {
  BackendClient,
  Connection,
  Keys,
  Registration,
  Scopes,
  SmartApp,
  SmartError,
  diagnose,
  discover,
  ready,
  register,
  type Disconnection,
  type Export,
  type ExportManifest,
  type Finding,
  type InContext,
  type NotKept,
  type Introspection,
  type PatientInContext,
  type RecordPart,
  type Session,
  type SignOut,
  type SmartConfiguration,
  type UserInfo,
} from "smartrust";
import { same } from "./same.js";

const clientId = "my-app";
const scope = "launch/patient openid fhirUser patient/*.rs";
const fhirBase = "https://ehr.example/fhir";

declare const session: Session;
declare const key: Keys;
declare const module: WebAssembly.Module;

export async function launching(): Promise<void> {
  const app = new SmartApp({ clientId, scope, trustedIssuers: [fhirBase] });
  new SmartApp({ clientId, scope, fhirBase });
  new SmartApp({ clientId, scope, fhirBase, store: { get: () => null, set() {}, remove() {}, keys: () => [] } });
  same<Awaited<ReturnType<typeof app.resume>>, Session | null>();
  same<Awaited<ReturnType<typeof app.launch>>, null>();
  same<Awaited<ReturnType<typeof app.sessionFromToken>>, Session>();
  same<Awaited<ReturnType<typeof app.launchInPopup>>, Session>();
  same<Awaited<ReturnType<typeof app.sessions>>, Session[]>();
  same<Awaited<ReturnType<typeof app.connections>>, Connection[]>();
  same<Awaited<ReturnType<Connection["disconnect"]>>, Disconnection>();
  same<Awaited<ReturnType<typeof app.authorizationUrl>>, string>();
  await app.launch({ iss: fhirBase, parameters: { prompt: "login" } });
  await ready();
  await ready(module);
  await ready(new URL("https://app.example/smartrust.wasm"));

  // @ts-expect-error: clientId is missing.
  new SmartApp({ scope, trustedIssuers: [fhirBase] });
  // @ts-expect-error: no server.
  new SmartApp({ clientId, scope });
  // @ts-expect-error: trustedIssuers is an array.
  new SmartApp({ clientId, scope, trustedIssuers: fhirBase });
  // @ts-expect-error: scope is a string.
  new SmartApp({ clientId, scope: ["openid"], trustedIssuers: [fhirBase] });
  // @ts-expect-error: unknown store.
  new SmartApp({ clientId, scope, trustedIssuers: [fhirBase], store: "cookie" });
  // @ts-expect-error: unknown option.
  await app.launch({ issuer: fhirBase });
  // @ts-expect-error: a number is not a WasmSource.
  await ready(42);
}

export async function inASession(signal: AbortSignal): Promise<void> {
  same<typeof session.patient, PatientInContext | undefined>();
  same<typeof session.encounter, InContext<"Encounter"> | undefined>();
  same<typeof session.fhirUser, InContext | undefined>();
  same<typeof session.expiresAt, Date | undefined>();
  same<typeof session.active, boolean>();
  same<Awaited<ReturnType<typeof session.loadRecord>>, RecordPart[]>();
  same<Awaited<ReturnType<typeof session.introspect>>, Introspection>();
  same<Awaited<ReturnType<typeof session.userInfo>>, UserInfo>();
  same<Awaited<ReturnType<typeof session.findings>>, Finding[]>();
  same<typeof session.managementEndpoint, string | undefined>();
  same<Awaited<ReturnType<typeof session.signOut>>, SignOut>();
  same<typeof session.kept, boolean>();
  same<typeof session.notKept, NotKept | undefined>();
  session.addEventListener("signedout", ({ detail }) => same<typeof detail, SmartError>());
  session.addEventListener("refreshed", ({ detail }) => same<typeof detail, null>(), { once: true, signal });

  // @ts-expect-error: patient may be undefined.
  await session.patient.read();
  // @ts-expect-error: fhirBase is read-only.
  session.fhirBase = "https://other.example/fhir";
  // @ts-expect-error: the reference is missing.
  await session.read();
  // @ts-expect-error: a reference is a string.
  await session.read(1);
  // @ts-expect-error: a parameter is a string, a number, a boolean, or an array of them.
  session.search("Observation", { code: { system: "http://loinc.org" } });
  // @ts-expect-error: a search is not an array.
  session.search("Observation").length;
  // @ts-expect-error: unknown option.
  await session.read("Patient/1", { abort: signal });
  // @ts-expect-error: unknown event.
  session.addEventListener("expired", () => {});
}

export async function asAService(): Promise<void> {
  const client = new BackendClient({ fhirBase, clientId, scope: "system/*.rs", key });
  const job = await client.startExport({ group: "1", types: ["Patient"], since: new Date() });
  same<typeof job, Export>();
  same<Awaited<ReturnType<typeof job.wait>>, ExportManifest>();
  await client.startExport({ organizeOutputBy: "Patient", allowPartialManifests: true });
  for await (const { file, header, resources } of job.batches({ checkCounts: false, maxLineBytes: 1_000_000 })) {
    same<typeof file.continuesInFile, string | undefined>();
    same<NonNullable<typeof header>["resourceType"], (typeof resources)[number]["resourceType"]>();
  }
  same<Awaited<ReturnType<typeof Keys.load>>, Keys | null>();
  same<Awaited<ReturnType<typeof Scopes.parse>>, Scopes>();
  same<Awaited<ReturnType<typeof discover>>, SmartConfiguration>();
  same<Awaited<ReturnType<typeof diagnose>>, Finding[]>();
  const registration = await register(fhirBase, { token_endpoint_auth_method: "private_key_jwt", jwks: key.jwks });
  await register(fhirBase, { token_endpoint_auth_method: "private_key_jwt", jwks: key, response_types: [] });
  new SmartApp({ server: { fhirBase, clientId: "app", scope: "openid", key, tokenEndpoint: `${fhirBase}/token` } });
  same<typeof registration, Registration>();

  // @ts-expect-error: clientId is missing.
  new BackendClient({ fhirBase, scope, key });
  // @ts-expect-error: unknown level.
  await client.startExport({ level: "group" });
  // @ts-expect-error: an algorithm that SMART does not allow.
  await Keys.generate("HS256");
  // @ts-expect-error: token_endpoint_auth_method is missing.
  await register(fhirBase, { client_name: "My app" });
  // @ts-expect-error: Export has no public constructor.
  new (await import("smartrust")).Export();
}
