// The app that was written for fhirclient 2, with fhirclient itself and with smartrust/fhirclient: where fhirclient is right, both give
// the same.

import assert from "node:assert/strict";
import { Chart } from "./pages/chart.mjs";
import { test } from "./support/browser.mjs";
import { beingReady, calling, chartPage, connect, home, isLoaded, iss, launchPage, registration, serveApp, withClient } from "./support/fhirclient.mjs";
import { ehr, ehrOrigin, providerLogin } from "./support/servers.mjs";

/** Runs `body` once with each library, each in a tab of its own, and holds what came of the two together. */
function withEither(name, body) {
  test(`with either library, ${name}`, async ({ context }) => {
    const came = {};
    for (const library of ["fhirclient", "smartrust"]) came[library] = await body(await context.newPage(), library);
    assert.notEqual(came.fhirclient, undefined);
    assert.deepEqual(came.smartrust, came.fhirclient);
  });
}

/** Signs a patient in with each library, and runs a function with the client in the app's page. */
function asPatient(name, body, argument) {
  withEither(name, async (page, library) => {
    await connect(page, library);
    return withClient(page, body, argument);
  });
}

asPatient("an app knows and reads the patient and the user in context", async (client) => ({
  ids: [client.patient.id, client.encounter.id, client.getPatientId(), client.getEncounterId()],
  patient: await client.patient.read(),
  user: [client.user.id, client.user.fhirUser, client.user.resourceType, client.getUserId(), client.getFhirUser(), client.getUserType()],
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
      object: await client.request({ url: `Patient/${id}`, headers: { accept: "application/fhir+json" }, signal: new AbortController().signal }),
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
  const shape = (result) => (Array.isArray(result) ? result.map(shape) : [result.resourceType, result.id ?? result.entry?.map(({ resource }) => resource.id)]);
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
    .request(address, { pageLimit: 0, flat: true, onPage: (page) => { seen.push(page.length); throw new Error("enough"); } })
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
  };
});

asPatient("references are resolved where they stand, or beside", async (client) => {
  const encounter = (await client.patient.request("Encounter?_count=1", { flat: true }))[0];
  const address = `Encounter/${encounter.id}`;
  const observations = "Observation?_count=3";
  const copy = () => structuredClone(encounter);
  const resolved = copy();
  await client.resolveReferences(resolved, ["subject", "participant..individual"]);
  return {
    one: await client.request(address, { resolveReferences: "subject" }),
    several: await client.request(address, { resolveReferences: ["serviceProvider", "participant.0.individual", "serviceProvider", " "] }),
    inEach: await client.request(address, { resolveReferences: "participant..individual" }),
    array: await client.request("Patient/1", { resolveReferences: "generalPractitioner" }),
    index: await client.request("Patient/1", { resolveReferences: "generalPractitioner.0" }),
    nested: (await client.request("Observation/1-o317", { resolveReferences: ["encounter.serviceProvider", "encounter"] })).encounter.serviceProvider,
    missing: await client.request(address, { resolveReferences: ["nowhere", "status", "subject.nowhere"] }),
    pages: await client.patient.request(observations, { resolveReferences: ["encounter", "performer"], pageLimit: 2 }),
    flat: await client.patient.request(observations, { resolveReferences: "encounter", pageLimit: 2, flat: true }),
    beside: await client.request(address, { resolveReferences: ["subject", "serviceProvider"], graph: false }),
    pagesBeside: await client.patient.request(observations, { resolveReferences: "encounter", pageLimit: 2, flat: true, graph: false }),
    resolved,
    references: await client.getReferences(copy(), ["subject", "serviceProvider"]),
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

asPatient("an error tells the status, and a 404 for a reference leaves it", async (client) => {
  const told = (error) => [error instanceof Error, error.status, error.statusCode];
  return {
    read: await client.request("Patient/of-nobody").catch(told),
    patient: await client.request({ url: "Condition/of-nobody" }).catch(told),
    nothing: await client.request("").catch((error) => error instanceof Error),
  };
});

withEither("what is written is sent as it is, and its answer comes back", async (page, library) => {
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
    requested: await client.request({ url: "Patient/9", method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ resourceType: "Patient", id: "9" }) }),
    posted: await client.request({ url: "Condition", method: "POST", headers: { "content-type": "application/fhir+json" }, body: JSON.stringify({ resourceType: "Condition" }) }),
    notAPatch: await client.patch("Patient/9", []).catch((error) => error instanceof Error),
  }));
  return { sent, answers };
});

withEither("what a server keeps back of a new resource is read from where it is", async (page, library) => {
  const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "Location" };
  await page.route(`${iss}/Observation`, (route) => route.fulfill({ status: 201, headers: { ...headers, location: `${iss}/Observation/1-o317` } }));
  await connect(page, library);
  return withClient(page, (client) => client.create({ resourceType: "Observation", status: "final" }));
});

withEither("a reload brings the client back, without asking the server again", async (page, library) => {
  await connect(page, library);
  const before = await withClient(page, (client) => client.patient.id);
  const asked = [];
  page.on("request", (request) => asked.push(request.method()));
  await page.reload();
  await isLoaded(page);
  const after = await withClient(page, (client) => client.patient.read());
  return { before, after, posts: asked.filter((method) => method === "POST"), clean: page.url() };
});

withEither("an app of one page launches, comes back and stays by init()", async (page, library) => {
  const scripts = { [launchPage]: calling("init"), [home]: calling("init") };
  await connect(page, library, scripts);
  const first = await withClient(page, (client) => client.patient.read());
  await page.reload();
  await isLoaded(page);
  return [first, await withClient(page, (client) => client.patient.read())];
});

withEither("a chart launches the app about its patient", async (page, library) => {
  const parameters = { clientId: "MIE-localhost-launch", scope: "launch openid fhirUser patient/*.rs", redirectUri: chartPage, trustedIssuers: [iss] };
  await serveApp(page, library, { [chartPage]: calling("init", parameters) });
  const chart = new Chart(page);
  // The second tab finds the provider logged in.
  if (library === "fhirclient") await chart.logIn(providerLogin);
  else await page.goto(ehr);
  await chart.openPatient(2);
  await chart.launch("smartrust launcher");
  await page.waitForURL((address) => address.href.startsWith(chartPage) && !address.searchParams.has("launch"));
  await isLoaded(page);
  const launched = await withClient(page, async (client) => [await client.patient.read(), client.user.resourceType, client.encounter.id]);
  return { launched, clean: page.url() };
});

withEither("authorize() with noRedirect gives the address and stays", async (page, library) => {
  await serveApp(page, library, { [launchPage]: calling("authorize", { ...registration, noRedirect: true }) });
  await page.goto(launchPage);
  await isLoaded(page);
  const address = new URL(await page.evaluate(() => window.connected));
  const names = ["response_type", "client_id", "scope", "redirect_uri", "aud", "code_challenge_method"];
  return [page.url(), address.origin + address.pathname, names.map((name) => address.searchParams.get(name))];
});

withEither("observations are sorted and quantities converted alike", async (page, library) => {
  await serveApp(page, library, { [home]: 'window.connected = Promise.resolve(FHIR.client("https://ehr.example/fhir"));' });
  await page.goto(home);
  await isLoaded(page);
  return withClient(page, (client) => {
    const coded = (id, ...codes) => ({ resourceType: "Observation", id, code: { coding: codes.map((code) => ({ code })) } });
    const categorised = { ...coded("4", "a"), category: [{ coding: [{ code: "x" }] }, { coding: [{ code: "y" }, {}] }, { text: "none" }] };
    const observations = [coded("1", "a"), coded("2", "b", "a"), { resourceType: "Patient", id: "3", code: { coding: [{ code: "a" }] } }, categorised, { resourceType: "Observation" }];
    const whole = { a: [{ b: 1, c: { d: [true] } }, { b: 2 }], none: null, zero: 0 };
    const thrown = (work) => {
      try {
        return [work()];
      } catch (error) {
        return error instanceof Error;
      }
    };
    const chosen = client.byCodes(observations, "code");
    return {
      byCode: [client.byCode(observations, "code"), client.byCode(observations, "category"), client.byCode(observations[0], "code"), client.byCode(observations, "none")],
      byCodes: [chosen("a"), chosen("b", "a"), chosen("c"), chosen()],
      paths: ["", "a", "a.0.b", "a..b", "a.0.c.d.0", "a.7.b", "none.x", "zero", "zero.x", " a.1.b "].map((path) => client.getPath(whole, path) ?? "nothing"),
      cm: ["cm", "m", "in", "[in_us]", "[in_i]", "ft", "[ft_us]", "km", undefined].map((code) => thrown(() => client.units.cm({ code, value: 3 }))),
      kg: ["kg", "g", "lb", "[lb_av]", "oz", "[oz_av]", "t"].map((code) => thrown(() => client.units.kg({ code, value: 3 }))),
      any: [thrown(() => client.units.any({ code: "x", value: 3 })), thrown(() => client.units.any({ value: "3" }))],
    };
  });
});

const open = `${ehrOrigin}/open`;

/** A server that asks for no token, and what it was sent. */
async function openServer(page) {
  const asked = [];
  const resources = {
    "/Patient/7": { resourceType: "Patient", id: "7", generalPractitioner: [{ reference: "Practitioner/1" }] },
    "/Practitioner/1": { resourceType: "Practitioner", id: "1" },
    "/Condition?patient=7": { resourceType: "Bundle", type: "searchset", entry: [{ resource: { resourceType: "Condition", id: "1" } }] },
    "/metadata": {
      resourceType: "CapabilityStatement",
      fhirVersion: "4.0.1",
      rest: [{ resource: [{ type: "Condition", searchParam: [{ name: "patient" }] }] }],
    },
  };
  await page.route(`${open}/**`, (route) => {
    const request = route.request();
    const place = request.url().slice(open.length);
    asked.push([request.method(), place, request.headers().authorization]);
    const headers = { "access-control-allow-origin": "*", "content-type": "application/fhir+json" };
    if (request.method() !== "GET") return route.fulfill({ status: 201, headers, body: request.postData() });
    const outcome = { resourceType: "OperationOutcome", issue: [] };
    const body = JSON.stringify(resources[place] ?? outcome);
    return route.fulfill({ status: resources[place] ? 200 : 404, headers, body });
  });
  return asked;
}

withEither("an open server is asked without a token", async (page, library) => {
  const asked = await openServer(page);
  await serveApp(page, library, { [home]: `window.connected = Promise.resolve(FHIR.client(${JSON.stringify(open)}));` });
  await page.goto(home);
  await isLoaded(page);
  const came = await withClient(page, async (client) => ({
    ids: [client.patient.id, client.encounter.id, client.user.id, client.getAuthorizationHeader(), client.getIdToken()],
    read: await client.request("Patient/7", { resolveReferences: "generalPractitioner" }),
    version: [await client.getFhirVersion(), await client.getFhirRelease()],
    created: await client.create({ resourceType: "Patient" }),
    missing: await client.request("Patient/8").catch(({ status, statusCode }) => [status, statusCode]),
    noPatient: await client.patient.read().catch((error) => error instanceof Error),
    narrowed: await window.FHIR.client({ serverUrl: client.state.serverUrl, tokenResponse: { patient: "7" } }).patient.request("Condition", { flat: true }),
    noAddress: (() => { try { window.FHIR.client("nowhere"); return false; } catch (error) { return error instanceof Error; } })(),
  }));
  return { came, writes: asked.filter(([method]) => method !== "GET"), tokens: asked.map(([, , token]) => token).filter(Boolean) };
});

withEither("fhirServiceUrl leads to an open server, with the context of the app's own", async (page, library) => {
  await openServer(page);
  const parameters = { fhirServiceUrl: open, patientId: "7", encounterId: "8", redirectUri: "./", fakeTokenResponse: { need_patient_banner: true } };
  await serveApp(page, library, { [launchPage]: calling("authorize", parameters), [home]: beingReady });
  await page.goto(launchPage);
  await page.waitForURL((address) => address.pathname === new URL(home).pathname);
  await isLoaded(page);
  const context = (client) => [client.patient.id, client.encounter.id, client.state.tokenResponse];
  const first = await withClient(page, async (client) => ({ patient: await client.patient.read() }));
  const states = [await withClient(page, context)];
  await page.reload();
  await isLoaded(page);
  states.push(await withClient(page, context));
  return { first, states };
});
