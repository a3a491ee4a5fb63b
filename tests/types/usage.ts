// Typical TypeScript of a web app must compile, and the marked mistakes must not.

import { SmartApp as LaunchPage } from "smartrust/launch";
import { SmartApp, SmartError, type Resource, type SearchProgress, type ServerConfig, type Session } from "smartrust";

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

export async function stayConnected(): Promise<string> {
  const keepable = new SmartApp({ fhirBase: "https://ehr.example/fhir", clientId: "my-app", scope: "patient/*.rs", softwareId: "my-app" });
  const [connection] = await keepable.connections();
  if (!connection) {
    await keepable.launch({ keep: true });
    await keepable.launchInPopup({ keep: { scope: "system/DynamicClient.register", clientName: "My app" } });
    // @ts-expect-error: there is no such option.
    await keepable.launch({ keep: { label: "Ann" } });
    return "";
  }
  const opened: Session = await connection.open();
  await opened.labelConnection("Ann");
  const { deletion, revocation, deletionError } = await connection.disconnect();
  // @ts-expect-error: a launch page cannot keep a connection.
  await new LaunchPage({ fhirBase: "https://ehr.example/fhir", clientId: "my-app", scope: "launch" }).launch({ keep: true });
  const kept = opened.kept ? (connection.label ?? connection.lastUsed.toISOString()) : `${opened.notKept?.code} ${opened.notKept?.message}`;
  return `${kept} ${deletion} ${revocation} ${deletionError?.code} ${connection.persistent}`;
}

export async function keepState(session: Session): Promise<string> {
  await app.launch({ appState: { view: "labs" } });
  const state = session.state("https://app.example|preferences", { subject: session.fhirUser ?? "Practitioner/1", origin: "https://state.example" });
  const value = (await state.get())?.extension?.[0]?.valueString;
  try {
    await state.set([{ url: "https://app.example/preferences", valueString: value ?? "{}" }], { signal: AbortSignal.timeout(1000) });
  } catch (error) {
    if (error instanceof SmartError && error.code === "conflict") return `${error.current?.id}`;
  }
  // @ts-expect-error: an unknown user is no subject.
  session.state("https://app.example|preferences", { subject: session.fhirUser });
  // @ts-expect-error: only strings are values.
  await state.set([{ url: "https://app.example/preferences", valueInteger: 1 }]);
  await state.delete();
  const [task] = await session.launchTasks({ patient: "1" });
  return `${task?.kind} ${task?.url} ${task?.appContext} ${task?.task.resourceType} ${session.context.appContext}`;
}

// @ts-expect-error: a server needs a client id.
new SmartApp({ server: { fhirBase: "https://ehr.example/fhir" } });

// @ts-expect-error: Session has no public constructor.
export const constructed: Session = new (await import("smartrust")).Session();

export async function show(signal: AbortSignal): Promise<string[]> {
  const session = (await app.resume()) ?? (await app.launch());
  if (session === null) return [];

  session.addEventListener("signedout", ({ detail }) => console.warn(detail.code), { once: true });
  const patient: Resource = await session.read<Resource>(`Patient/${session.patient}`);
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

  const onProgress = ({ resources, total, bytes }: SearchProgress) => console.log(resources, total ?? "?", bytes);
  for await (const { id } of session.search("Observation", {}, { onProgress })) lines.push(id ?? "");

  const headers = new Headers({ "X-Trace": "1" });
  lines.push(...(await session.search("Condition", {}, { headers, limit: 10 }).toArray()).map(({ resourceType }) => resourceType));
  const record = await session.loadRecord({
    queries: ["Condition", { type: "Observation", parameters: { category: "laboratory" } }],
    onPart: (part, index) => console.log(index, part.state, part.resources.length),
    signal,
  });
  lines.push(...record.filter((part) => part.state === "failed").map((part) => part.error?.message ?? ""));
  for (const other of await app.sessions()) if (other.id !== session.id) await other.makeCurrent();
  await app.launchAgain(session, { scope: "openid patient/*.rs", keep: { clientName: "My app" } });

  const created = await session.create({ resourceType: "Patient" }, { ifNoneExist: "identifier=1", prefer: "representation" });
  const current = created.resource ?? patient;
  await session.update({ ...current, active: true }, { ifMatch: true, signal });
  await session.patch("Patient/1", [{ op: "remove", path: "/active" }], { ifMatch: created.etag ?? "" });
  await session.delete("Patient", { search: { identifier: "1" } });
  for await (const version of session.history<Observation>("Observation/1")) lines.push(version.status);
  const everything = await session.operation("Patient/1/$everything", { parameters: { _count: 5 }, retry: false });
  const bundle = await session.transaction({ resourceType: "Bundle", type: "transaction", entry: [] });
  const { fhirVersion } = await session.capabilities({ checkScopes: true });
  lines.push(everything?.resourceType ?? "", bundle.resourceType, fhirVersion);
  for (const { score, grade } of await session.match(patient, { onlyCertainMatches: true })) lines.push(`${score} ${grade}`);
  const resolver = session.resolver({ grouped: true, signal });
  const subject = await resolver.resolve("Patient/1", bundle);
  for (const [reference, { resource, error }] of await resolver.resolveAll(subject, { depth: 2 })) {
    lines.push(`${reference} ${resource?.resourceType ?? error?.code}`);
  }

  const search = session.search("Condition", {}, { onOutcome: ({ resourceType }) => lines.push(resourceType), cache: "default" });
  for await (const { repeated, outcomes } of search.pages()) lines.push(`${repeated} ${outcomes.length} ${search.outcomes.length}`);
  lines.push(...record.map(({ repeated, outcomes }) => `${repeated} ${outcomes.length}`));
  const blob: Blob = await session.readBlob("Binary/1", {
    accept: "application/pdf",
    headers: new Headers({ "X-Trace": "1" }),
    onProgress: ({ bytes, total }) => console.log(bytes, total ?? "?"),
    signal,
  });
  lines.push(blob.type);

  // @ts-expect-error: unknown cache mode.
  await session.read("Patient/1", { cache: "reload" });
  // @ts-expect-error: a batch needs a Bundle.
  await session.batch();
  // @ts-expect-error: unknown value of prefer.
  await session.create(patient, { prefer: "everything" });
  // @ts-expect-error: type is missing.
  await session.loadRecord({ queries: [{ parameters: {} }] });
  // @ts-expect-error: tokens are private.
  lines.push(session.accessToken);
  // @ts-expect-error: unknown event.
  session.addEventListener("expired", () => {});

  await session.refresh({ scope: "openid" });
  const { active } = await session.introspect({ signal });
  const { revocation, page } = await session.signOut();
  lines.push(`${active} ${revocation} ${page ?? ""}`);
  return lines;
}

export function explain(error: unknown): string {
  if (!(error instanceof SmartError)) return "unknown";
  return `${error.code} ${error.status ?? ""} ${error.operationOutcome?.resourceType ?? ""}`;
}

declare const privateKey: CryptoKey;
const keyed: ServerConfig = {
  fhirBase: "https://ehr.example/fhir",
  clientId: "app",
  redirectUri: "https://app.example/",
  scope: "openid",
  tokenEndpointAuthMethod: "private_key_jwt",
  key: { privateKey, kid: "key-1", claims: { purpose: ["TREAT"] } },
};
const proved: ServerConfig = {
  fhirBase: "https://ehr.example/fhir",
  clientId: "app",
  redirectUri: "https://app.example/",
  scope: "openid",
  authenticate: async ({ endpoint, clientId }) => ({ parameters: { client_assertion: endpoint + clientId } }),
};
const inWindow: Promise<Session> = new SmartApp({ servers: [keyed, proved] }).launchInPopup({ signal: new AbortController().signal });
// @ts-expect-error: a PEM string is not a CryptoKey.
const wrongKey: ServerConfig = { ...keyed, key: { privateKey: "-----BEGIN PRIVATE KEY-----" } };
void [inWindow, wrongKey];
