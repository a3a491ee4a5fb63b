// An app that was written for fhirclient 2, with fhirclient and smartrust/fhirclient. Where fhirclient is correct, both return the same.

import { Chart } from "./pages/chart.mjs";
import { forEveryOrigin } from "./support/responses.mjs";
import {
  scriptCalling,
  chartPage,
  connect,
  home,
  waitForApp,
  iss,
  launchPage,
  registration,
  serveApp,
  withClient,
  withBothLibraries,
} from "./support/fhirclient.mjs";
import { ehr, providerLogin } from "./support/servers.mjs";

/** Signs a patient in with each library, and runs a function with the client in the app's page. */
function asPatient(name, body, argument) {
  withBothLibraries(name, async (page, library) => {
    await connect(page, library);
    return withClient(page, body, argument);
  });
}

asPatient("the client has and reads the patient and the user in context", async (client) => ({
  ids: [client.patient.id, client.encounter.id, client.getPatientId(), client.getEncounterId()],
  patient: await client.patient.read(),
  user: [
    client.user.id,
    client.user.fhirUser,
    client.user.resourceType,
    client.getUserId(),
    client.getFhirUser(),
    client.getUserType(),
  ],
  userResource: await client.user.read(),
  encounter: await client.encounter.read().catch((error) => error instanceof Error),
  server: client.state.serverUrl,
  scope: client.state.scope,
  context: [client.state.tokenResponse.patient, client.getState("tokenResponse.patient"), client.getState("nowhere.at.all")],
  subject: client.getIdToken().sub,
}));

asPatient(
  "a request accepts a URL in every form",
  async (client, iss) => {
    const { id } = client.patient;
    const { body, response } = await client.request({ url: `Patient/${id}`, includeResponse: true });
    return {
      relative: await client.request(`Patient/${id}`),
      rooted: await client.request(`/Patient/${id}`),
      whole: await client.request(`${iss}/Patient/${id}`),
      url: await client.request(new URL(`${iss}/Patient/${id}`)),
      object: await client.request({
        url: `Patient/${id}`,
        headers: { accept: "application/fhir+json" },
        signal: new AbortController().signal,
      }),
      query: await client.request(`Observation?patient=${id}&code=http://loinc.org|72166-2&_count=3`),
      metadata: (await client.request("metadata")).resourceType,
      response: [body, response instanceof Response, response.status],
      read: (await client.patient.read({ includeResponse: true })).body,
      base: await client.fhirRequest(`Patient/${id}`),
    };
  },
  iss,
);

asPatient("patient.request() only requests the patient's data", async (client) => {
  const own = async (request, options) => (await client.patient.request(request, { flat: true, ...options })).map(({ id }) => id);
  return {
    conditions: await own("Condition"),
    object: await own({ url: "Condition", headers: { "x-app": "1" } }),
    query: await own("Observation?category=vital-signs&_count=5", { pageLimit: 2 }),
    another: await own("Condition?patient=2"),
    patient: await own("Patient"),
    refused: await client.patient.request("Practitioner").catch((error) => error instanceof Error),
  };
});

asPatient("pageLimit sets how many pages a request loads", async (client) => {
  const url = "Encounter?_count=5";
  const shape = (result) =>
    Array.isArray(result)
      ? result.map(shape)
      : [result.resourceType, result.id ?? result.entry?.map(({ resource }) => resource.id)];
  const seen = [];
  const returned = await client.patient.request(url, {
    pageLimit: 3,
    onPage: async (page) => {
      seen.push("begins");
      await Promise.resolve();
      seen.push(shape(page));
    },
  });
  const stopped = await client.patient
    .request(url, {
      pageLimit: 0,
      flat: true,
      onPage: (page) => {
        seen.push(page.length);
        throw new Error("enough");
      },
    })
    .catch(({ message }) => message);
  return {
    usual: shape(await client.patient.request(url)),
    one: shape(await client.patient.request(url, { pageLimit: 1, flat: true })),
    two: shape(await client.patient.request(url, { pageLimit: 2 })),
    all: shape(await client.patient.request(url, { pageLimit: 0 })),
    flat: shape(await client.patient.request(url, { pageLimit: 0, flat: true })),
    single: shape(await client.request("Patient/1", { pageLimit: 0, flat: true })),
    none: await client.patient.request("Encounter?date=lt1900", { flat: true, pageLimit: 0 }),
    onPage: [returned, seen, stopped],
    noBundle: await client.request("Patient/1", { onPage: () => seen.push("never") }),
    withResponse: shape((await client.patient.request({ url, includeResponse: true }, { pageLimit: 2 })).body),
  };
});

asPatient("references are resolved in place, or returned separately", async (client) => {
  const encounter = (await client.patient.request("Encounter?_count=1", { flat: true }))[0];
  const url = `Encounter/${encounter.id}`;
  const observations = "Observation?_count=3";
  const copy = () => structuredClone(encounter);
  const seen = [];
  await client.patient.request(observations, {
    resolveReferences: "encounter",
    graph: false,
    flat: true,
    pageLimit: 2,
    onPage: (page, references) => seen.push([page.map(({ id }) => id), Object.keys(references).sort()]),
  });
  const resolved = copy();
  await client.resolveReferences(resolved, ["subject", "participant..individual"]);
  return {
    one: await client.request(url, { resolveReferences: "subject" }),
    several: await client.request(url, {
      resolveReferences: ["serviceProvider", "participant.0.individual", "serviceProvider", " "],
    }),
    inEach: await client.request(url, { resolveReferences: "participant..individual" }),
    array: await client.request("Patient/1", { resolveReferences: "generalPractitioner" }),
    index: await client.request("Patient/1", { resolveReferences: "generalPractitioner.0" }),
    nested: (await client.request("Observation/1-o317", { resolveReferences: ["encounter.serviceProvider", "encounter"] }))
      .encounter.serviceProvider,
    missing: await client.request(url, { resolveReferences: ["nowhere", "status", "subject.nowhere"] }),
    pages: await client.patient.request(observations, { resolveReferences: ["encounter", "performer"], pageLimit: 2 }),
    flat: await client.patient.request(observations, { resolveReferences: "encounter", pageLimit: 2, flat: true }),
    separate: await client.request(url, { resolveReferences: ["subject", "serviceProvider"], graph: false }),
    pagesSeparate: await client.patient.request(observations, {
      resolveReferences: "encounter",
      pageLimit: 2,
      flat: true,
      graph: false,
    }),
    resolved,
    references: await client.getReferences(copy(), ["subject", "serviceProvider"]),
    seen,
  };
});

asPatient("pages() and resources() iterate", async (client) => {
  const url = `Encounter?patient=${client.patient.id}&_count=5`;
  const first = await client.request(url);
  const collect = async (iterable, describe) => {
    const collected = [];
    for await (const item of iterable) collected.push(describe(item));
    return collected;
  };
  const ids = ({ entry }) => entry.map(({ resource }) => resource.id);
  return {
    pages: await collect(client.pages(url), ids),
    limited: await collect(client.pages(url, { limit: 2 }), ids),
    following: await collect(client.pages(first), ids),
    resources: await collect(client.resources(url), ({ id }) => id),
    few: await collect(client.resources(first, { limit: 7 }), ({ id }) => id),
  };
});

asPatient("a failed request rejects with its status, and an aborted request with its error name", async (client) => {
  const describe = (error) => [error instanceof Error, error.status, error.statusCode];
  const aborted = async (call) => {
    const controller = new AbortController();
    const result = call(controller.signal).catch((error) => [error instanceof Error, error.name]);
    controller.abort();
    return result;
  };
  return {
    abort: await aborted((signal) => client.request({ url: "Patient/1", signal })),
    aborted: await client.request({ url: "Patient/1", signal: AbortSignal.abort() }).catch(({ name }) => name),
    read: await client.request("Patient/of-nobody").catch(describe),
    patient: await client.request({ url: "Condition/of-nobody" }).catch(describe),
    nothing: await client.request("").catch((error) => error instanceof Error),
  };
});

asPatient("a Binary is returned with its own media type, or as a resource", async (client) => {
  const documents = await client.patient.request("DocumentReference?_count=100", { flat: true });
  const attachments = documents.map(({ content }) => content[0].attachment);
  // The server returns a PDF only with its own media type.
  const { url } = attachments.find(({ url, contentType }) => /Binary\//.test(url ?? "") && contentType !== "application/pdf");
  const { contentType } = await client.request(url);
  const content = await client.request({ url, headers: { Accept: contentType } });
  const { body, response } = await client.request({ url, headers: { Accept: contentType }, includeResponse: true });
  const describe = async (value) => (value instanceof Response ? [value.status, await value.text()] : value);
  return {
    resource: await client.request(url),
    content: await describe(content),
    isResponse: content instanceof Response,
    withResponse: [body instanceof Response, typeof body, response.status],
  };
});

withBothLibraries("a Binary with text is returned as a string", async (page, library) => {
  await page.route(`${iss}/Binary/text`, (route) => {
    const isFhir = /json/.test(route.request().headers().accept);
    const resource = { resourceType: "Binary", contentType: "text/plain", data: Buffer.from("Grüße").toString("base64") };
    const body = isFhir ? JSON.stringify(resource) : "Grüße";
    const contentType = isFhir ? "application/fhir+json" : "text/plain; charset=utf-8";
    return route.fulfill({ headers: forEveryOrigin, contentType, body });
  });
  await connect(page, library);
  return withClient(page, (client) => client.request({ url: "Binary/text", headers: { accept: "text/plain" } }));
});

withBothLibraries("a reference to a missing resource is kept as it is", async (page, library) => {
  const headers = { ...forEveryOrigin, "content-type": "application/fhir+json" };
  const encounter = { resourceType: "Encounter", subject: { reference: "Patient/1" }, partOf: { reference: "Encounter/gone" } };
  await page.route(`${iss}/Encounter/1`, (route) => route.fulfill({ headers, body: JSON.stringify(encounter) }));
  await page.route(`${iss}/Encounter/gone`, (route) => route.fulfill({ status: 404, headers, body: "{}" }));
  await connect(page, library);
  return withClient(page, (client) => client.request("Encounter/1", { resolveReferences: ["subject", "partOf"] }));
});

withBothLibraries("changes are sent unchanged, and their responses are returned", async (page, library) => {
  const sent = [];
  await page.route(`${iss}/**`, async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fallback();
    const body = request.postDataJSON();
    sent.push([request.method(), request.url(), body]);
    const headers = { "access-control-allow-origin": "*", "content-type": "application/fhir+json" };
    if (request.method() === "DELETE") return route.fulfill({ status: 204, headers: { "access-control-allow-origin": "*" } });
    const resource = Array.isArray(body) ? { resourceType: "Patient", id: "9", active: false } : { id: "new", ...body };
    return route.fulfill({ status: request.method() === "POST" ? 201 : 200, headers, body: JSON.stringify(resource) });
  });
  await connect(page, library);
  const responses = await withClient(page, async (client) => ({
    created: await client.create({ resourceType: "Observation", status: "final" }),
    updated: await client.update({ resourceType: "Observation", id: "9", status: "amended" }),
    patched: await client.patch("Patient/9", [{ op: "replace", path: "/active", value: false }]),
    deleted: (await client.delete("Observation/9")).status,
    withResponse: (await client.create({ resourceType: "Observation" }, { includeResponse: true })).response.status,
    requested: await client.request({
      url: "Patient/9",
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ resourceType: "Patient", id: "9" }),
    }),
    posted: await client.request({
      url: "Condition",
      method: "POST",
      headers: { "content-type": "application/fhir+json" },
      body: JSON.stringify({ resourceType: "Condition" }),
    }),
    notAPatch: await client.patch("Patient/9", []).catch((error) => error instanceof Error),
  }));
  return { sent, responses };
});

withBothLibraries("a created resource that the server does not return is read from its Location", async (page, library) => {
  const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "Location" };
  await page.route(`${iss}/Observation`, (route) =>
    route.fulfill({ status: 201, headers: { ...headers, location: `${iss}/Observation/1-o317` } }),
  );
  await connect(page, library);
  return withClient(page, (client) => client.create({ resourceType: "Observation", status: "final" }));
});

withBothLibraries("a reload restores the client without another token request", async (page, library) => {
  await connect(page, library);
  const before = await withClient(page, (client) => client.patient.id);
  const methods = [];
  page.on("request", (request) => methods.push(request.method()));
  await page.reload();
  await waitForApp(page);
  const after = await withClient(page, (client) => client.patient.read());
  return { before, after, posts: methods.filter((method) => method === "POST"), clean: page.url() };
});

withBothLibraries("an app with one page launches, completes the launch and restores the session with init()", async (page, library) => {
  const scripts = { [launchPage]: scriptCalling("init"), [home]: scriptCalling("init") };
  await connect(page, library, scripts);
  const first = await withClient(page, (client) => client.patient.read());
  await page.reload();
  await waitForApp(page);
  return [first, await withClient(page, (client) => client.patient.read())];
});

/** The app's registration for launches from a chart. */
const chartRegistration = {
  clientId: "MIE-localhost-launch",
  scope: "launch openid fhirUser patient/*.rs",
  redirectUri: chartPage,
  trustedIssuers: [iss],
};

/** Opens the provider's charts. In the second tab, the provider is already logged in. */
async function charts(page, library) {
  const chart = new Chart(page);
  if (library === "fhirclient") await chart.logIn(providerLogin);
  else await page.goto(ehr);
  return chart;
}

withBothLibraries("a chart launches the app with its patient", async (page, library) => {
  await serveApp(page, library, { [chartPage]: scriptCalling("init", chartRegistration) });
  const chart = await charts(page, library);
  await chart.openPatient(2);
  await chart.launch("smartrust launcher");
  await page.waitForURL((url) => url.href.startsWith(chartPage) && !url.searchParams.has("launch"));
  await waitForApp(page);
  const launched = await withClient(page, async (client) => [
    await client.patient.read(),
    client.user.resourceType,
    client.encounter.id,
  ]);
  return { launched, clean: page.url() };
});

withBothLibraries("an app in a frame of the chart launches and stays in the frame", async (page, library) => {
  const parameters = { ...chartRegistration, completeInTarget: true };
  await serveApp(page, library, { [chartPage]: scriptCalling("init", parameters) });
  const chart = await charts(page, library);
  await chart.openPatient(1);
  const frame = await chart.launchInFrame("smartrust launcher");
  await frame.waitForURL((url) => url.href.startsWith(chartPage) && !url.searchParams.has("launch"));
  await waitForApp(frame);
  return withClient(frame, (client) => client.patient.read());
});

withBothLibraries("authorize() with noRedirect returns the URL and does not navigate", async (page, library) => {
  await serveApp(page, library, { [launchPage]: scriptCalling("authorize", { ...registration, noRedirect: true }) });
  await page.goto(launchPage);
  await waitForApp(page);
  const url = new URL(await page.evaluate(() => window.connected));
  const names = ["response_type", "client_id", "scope", "redirect_uri", "aud", "code_challenge_method"];
  return [page.url(), url.origin + url.pathname, names.map((name) => url.searchParams.get(name))];
});
