// An app that was written for fhirclient must compile with smartrust/fhirclient, and the marked mistakes must not.

import FHIR, { client, oauth2, type AuthorizeParams, type Client, type FhirOptions } from "smartrust/fhirclient";

const parameters: AuthorizeParams = {
  client_id: "my-app",
  scope: "launch/patient patient/*.rs",
  redirect_uri: "./",
  iss: "https://ehr.example/fhir",
};

export async function launch(): Promise<void> {
  await FHIR.oauth2.authorize(parameters);
  await FHIR.oauth2.authorize([
    { ...parameters, issMatch: /https:\/\/ehr\.example\/.*/ },
    { clientId: "other", issMatch: (iss) => iss.length > 9 },
  ]);
  const url = await oauth2.authorize({ ...parameters, noRedirect: true, trustedIssuers: ["https://ehr.example/fhir"] });
  console.log(url?.length);
  oauth2.settings.refreshTokenWithCredentials = "omit";
  // @ts-expect-error: token requests never send cookies.
  oauth2.settings.refreshTokenWithCredentials = "include";
  // @ts-expect-error: stateKey is not supported.
  await FHIR.oauth2.authorize({ ...parameters, stateKey: "mine" });
}

export async function show(signal: AbortSignal): Promise<unknown[]> {
  const connected: Client = await FHIR.oauth2.ready();
  const name: string = await FHIR.oauth2.ready(
    (ready) => ready.getPatientId() ?? "",
    (error) => error.code,
  );
  const { body, response } = await connected.patient.read({ includeResponse: true });
  const patient = await connected.patient.read();
  const options: FhirOptions = {
    pageLimit: 0,
    flat: true,
    resolveReferences: ["subject"],
    graph: false,
    onPage: async (page) => page,
  };
  const observations = await connected.patient.request<{ id: string }[]>({ url: "Observation", signal }, options);
  const created = await connected.create({ resourceType: "Observation" });
  const etag = (await connected.update({ resourceType: "Observation", id: "1" }, { includeResponse: true })).response.headers.get(
    "etag",
  );
  await connected.delete("Observation/1", { signal });
  for await (const page of connected.pages("Observation", { limit: 2 })) console.log(page.resourceType);
  const open = client({ serverUrl: "https://open.example/fhir", tokenResponse: { patient: "1" } });
  const metres = open.units.cm({ code: "m", value: 2 });
  // @ts-expect-error: Client has no public constructor.
  new (await import("smartrust/fhirclient")).Client();
  return [
    name,
    body,
    response.status,
    patient.id,
    observations[0]?.id,
    created.id,
    etag,
    metres,
    connected.state.tokenResponse?.patient,
  ];
}
