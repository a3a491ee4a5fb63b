// The app that was written for fhirclient 2, with fhirclient itself and with smartrust/fhirclient: where fhirclient is right, both give
// the same.

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

asPatient("an app knows and reads the patient and the user in context", async (client) => ({
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
  "a request takes an address in every form",
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

asPatient("patient.request() asks for the patient's own", async (client) => {
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

asPatient("a request takes as many pages as it is told to", async (client) => {
  const address = "Encounter?_count=5";
  const shape = (result) =>
    Array.isArray(result)
      ? result.map(shape)
      : [result.resourceType, result.id ?? result.entry?.map(({ resource }) => resource.id)];
  const seen = [];
  const given = await client.patient.request(address, {
    pageLimit: 3,
    onPage: async (page) => {
      seen.push("begins");
      await Promise.resolve();
      seen.push(shape(page));
    },
  });
  const stopped = await client.patient
    .request(address, {
      pageLimit: 0,
      flat: true,
      onPage: (page) => {
        seen.push(page.length);
        throw new Error("enough");
      },
    })
    .catch(({ message }) => message);
  return {
    usual: shape(await client.patient.request(address)),
    one: shape(await client.patient.request(address, { pageLimit: 1, flat: true })),
    two: shape(await client.patient.request(address, { pageLimit: 2 })),
    all: shape(await client.patient.request(address, { pageLimit: 0 })),
    flat: shape(await client.patient.request(address, { pageLimit: 0, flat: true })),
    single: shape(await client.request("Patient/1", { pageLimit: 0, flat: true })),
    none: await client.patient.request("Encounter?date=lt1900", { flat: true, pageLimit: 0 }),
    onPage: [given, seen, stopped],
    noBundle: await client.request("Patient/1", { onPage: () => seen.push("never") }),
    withResponse: shape((await client.patient.request({ url: address, includeResponse: true }, { pageLimit: 2 })).body),
  };
});

asPatient("references are resolved where they stand, or beside", async (client) => {
  const encounter = (await client.patient.request("Encounter?_count=1", { flat: true }))[0];
  const address = `Encounter/${encounter.id}`;
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
    one: await client.request(address, { resolveReferences: "subject" }),
    several: await client.request(address, {
      resolveReferences: ["serviceProvider", "participant.0.individual", "serviceProvider", " "],
    }),
    inEach: await client.request(address, { resolveReferences: "participant..individual" }),
    array: await client.request("Patient/1", { resolveReferences: "generalPractitioner" }),
    index: await client.request("Patient/1", { resolveReferences: "generalPractitioner.0" }),
    nested: (await client.request("Observation/1-o317", { resolveReferences: ["encounter.serviceProvider", "encounter"] }))
      .encounter.serviceProvider,
    missing: await client.request(address, { resolveReferences: ["nowhere", "status", "subject.nowhere"] }),
    pages: await client.patient.request(observations, { resolveReferences: ["encounter", "performer"], pageLimit: 2 }),
    flat: await client.patient.request(observations, { resolveReferences: "encounter", pageLimit: 2, flat: true }),
    beside: await client.request(address, { resolveReferences: ["subject", "serviceProvider"], graph: false }),
    pagesBeside: await client.patient.request(observations, {
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

asPatient("pages and resources come one by one", async (client) => {
  const address = `Encounter?patient=${client.patient.id}&_count=5`;
  const first = await client.request(address);
  const take = async (each, told) => {
    const taken = [];
    for await (const one of each) taken.push(told(one));
    return taken;
  };
  const ids = ({ entry }) => entry.map(({ resource }) => resource.id);
  return {
    pages: await take(client.pages(address), ids),
    limited: await take(client.pages(address, { limit: 2 }), ids),
    following: await take(client.pages(first), ids),
    resources: await take(client.resources(address), ({ id }) => id),
    few: await take(client.resources(first, { limit: 7 }), ({ id }) => id),
  };
});

asPatient("an error tells the status, or that the request was called off", async (client) => {
  const told = (error) => [error instanceof Error, error.status, error.statusCode];
  const stopped = async (work) => {
    const controller = new AbortController();
    const result = work(controller.signal).catch((error) => [error instanceof Error, error.name]);
    controller.abort();
    return result;
  };
  return {
    abort: await stopped((signal) => client.request({ url: "Patient/1", signal })),
    aborted: await client.request({ url: "Patient/1", signal: AbortSignal.abort() }).catch(({ name }) => name),
    read: await client.request("Patient/of-nobody").catch(told),
    patient: await client.request({ url: "Condition/of-nobody" }).catch(told),
    nothing: await client.request("").catch((error) => error instanceof Error),
  };
});

asPatient("what a Binary holds comes by its own type, or as the resource", async (client) => {
  const documents = await client.patient.request("DocumentReference?_count=100", { flat: true });
  const address = documents.map(({ content }) => content[0].attachment.url).find((url) => /Binary\//.test(url ?? ""));
  const { contentType } = await client.request(address);
  const content = await client.request({ url: address, headers: { Accept: contentType } });
  const { body, response } = await client.request({ url: address, headers: { Accept: contentType }, includeResponse: true });
  const told = async (given) => (given instanceof Response ? [given.status, await given.text()] : given);
  return {
    resource: await client.request(address),
    content: await told(content),
    isResponse: content instanceof Response,
    withResponse: [body instanceof Response, typeof body, response.status],
  };
});

withBothLibraries("a text that a Binary holds comes as a text", async (page, library) => {
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

withBothLibraries("a reference to what is not there stays", async (page, library) => {
  const headers = { ...forEveryOrigin, "content-type": "application/fhir+json" };
  const encounter = { resourceType: "Encounter", subject: { reference: "Patient/1" }, partOf: { reference: "Encounter/gone" } };
  await page.route(`${iss}/Encounter/1`, (route) => route.fulfill({ headers, body: JSON.stringify(encounter) }));
  await page.route(`${iss}/Encounter/gone`, (route) => route.fulfill({ status: 404, headers, body: "{}" }));
  await connect(page, library);
  return withClient(page, (client) => client.request("Encounter/1", { resolveReferences: ["subject", "partOf"] }));
});

withBothLibraries("what is written is sent as it is, and its answer comes back", async (page, library) => {
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
  const answers = await withClient(page, async (client) => ({
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
  return { sent, answers };
});

withBothLibraries("what a server keeps back of a new resource is read from where it is", async (page, library) => {
  const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "Location" };
  await page.route(`${iss}/Observation`, (route) =>
    route.fulfill({ status: 201, headers: { ...headers, location: `${iss}/Observation/1-o317` } }),
  );
  await connect(page, library);
  return withClient(page, (client) => client.create({ resourceType: "Observation", status: "final" }));
});

withBothLibraries("a reload brings the client back, without asking the server again", async (page, library) => {
  await connect(page, library);
  const before = await withClient(page, (client) => client.patient.id);
  const asked = [];
  page.on("request", (request) => asked.push(request.method()));
  await page.reload();
  await waitForApp(page);
  const after = await withClient(page, (client) => client.patient.read());
  return { before, after, posts: asked.filter((method) => method === "POST"), clean: page.url() };
});

withBothLibraries("an app of one page launches, comes back and stays by init()", async (page, library) => {
  const scripts = { [launchPage]: scriptCalling("init"), [home]: scriptCalling("init") };
  await connect(page, library, scripts);
  const first = await withClient(page, (client) => client.patient.read());
  await page.reload();
  await waitForApp(page);
  return [first, await withClient(page, (client) => client.patient.read())];
});

/** The app's registration for launches from a chart. */
const ofTheChart = {
  clientId: "MIE-localhost-launch",
  scope: "launch openid fhirUser patient/*.rs",
  redirectUri: chartPage,
  trustedIssuers: [iss],
};

/** The provider's charts. The second tab finds the provider logged in. */
async function charts(page, library) {
  const chart = new Chart(page);
  if (library === "fhirclient") await chart.logIn(providerLogin);
  else await page.goto(ehr);
  return chart;
}

withBothLibraries("a chart launches the app about its patient", async (page, library) => {
  await serveApp(page, library, { [chartPage]: scriptCalling("init", ofTheChart) });
  const chart = await charts(page, library);
  await chart.openPatient(2);
  await chart.launch("smartrust launcher");
  await page.waitForURL((address) => address.href.startsWith(chartPage) && !address.searchParams.has("launch"));
  await waitForApp(page);
  const launched = await withClient(page, async (client) => [
    await client.patient.read(),
    client.user.resourceType,
    client.encounter.id,
  ]);
  return { launched, clean: page.url() };
});

withBothLibraries("an app in a frame of the chart launches, and stays in it", async (page, library) => {
  const parameters = { ...ofTheChart, completeInTarget: true };
  await serveApp(page, library, { [chartPage]: scriptCalling("init", parameters) });
  const chart = await charts(page, library);
  await chart.openPatient(1);
  const frame = await chart.launchInFrame("smartrust launcher");
  await frame.waitForURL((address) => address.href.startsWith(chartPage) && !address.searchParams.has("launch"));
  await waitForApp(frame);
  return withClient(frame, (client) => client.patient.read());
});

withBothLibraries("authorize() with noRedirect gives the address and stays", async (page, library) => {
  await serveApp(page, library, { [launchPage]: scriptCalling("authorize", { ...registration, noRedirect: true }) });
  await page.goto(launchPage);
  await waitForApp(page);
  const address = new URL(await page.evaluate(() => window.connected));
  const names = ["response_type", "client_id", "scope", "redirect_uri", "aud", "code_challenge_method"];
  return [page.url(), address.origin + address.pathname, names.map((name) => address.searchParams.get(name))];
});
