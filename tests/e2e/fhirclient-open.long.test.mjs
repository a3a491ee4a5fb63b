// An app that was written for fhirclient 2 and needs no sign-in, with fhirclient and smartrust/fhirclient. Both return the same.

import { readyScript, scriptCalling, home, waitForApp, launchPage, serveApp, withClient, withBothLibraries } from "./support/fhirclient.mjs";
import { ehrOrigin } from "./support/servers.mjs";

withBothLibraries("observations are grouped by code, and quantities are converted", async (page, library) => {
  await serveApp(page, library, { [home]: 'window.connected = Promise.resolve(FHIR.client("https://ehr.example/fhir"));' });
  await page.goto(home);
  await waitForApp(page);
  return withClient(page, (client) => {
    const coded = (id, ...codes) => ({ resourceType: "Observation", id, code: { coding: codes.map((code) => ({ code })) } });
    const categorised = {
      ...coded("4", "a"),
      category: [{ coding: [{ code: "x" }] }, { coding: [{ code: "y" }, {}] }, { text: "none" }],
    };
    const observations = [
      coded("1", "a"),
      coded("2", "b", "a"),
      { resourceType: "Patient", id: "3", code: { coding: [{ code: "a" }] } },
      categorised,
      { resourceType: "Observation" },
    ];
    const whole = { a: [{ b: 1, c: { d: [true] } }, { b: 2 }], none: null, zero: 0 };
    const resultOf = (call) => {
      try {
        return [call()];
      } catch (error) {
        return error instanceof Error;
      }
    };
    const chosen = client.byCodes(observations, "code");
    return {
      byCode: [
        client.byCode(observations, "code"),
        client.byCode(observations, "category"),
        client.byCode(observations[0], "code"),
        client.byCode(observations, "none"),
      ],
      byCodes: [chosen("a"), chosen("b", "a"), chosen("c"), chosen()],
      paths: ["", "a", "a.0.b", "a..b", "a.0.c.d.0", "a.7.b", "none.x", "zero", "zero.x", " a.1.b "].map(
        (path) => client.getPath(whole, path) ?? "nothing",
      ),
      cm: ["cm", "m", "in", "[in_us]", "[in_i]", "ft", "[ft_us]", "km", undefined].map((code) =>
        resultOf(() => client.units.cm({ code, value: 3 })),
      ),
      kg: ["kg", "g", "lb", "[lb_av]", "oz", "[oz_av]", "t"].map((code) => resultOf(() => client.units.kg({ code, value: 3 }))),
      any: [resultOf(() => client.units.any({ code: "x", value: 3 })), resultOf(() => client.units.any({ value: "3" }))],
    };
  });
});

const open = `${ehrOrigin}/open`;

/** Simulates a server without authorization, and records its requests. */
async function openServer(page) {
  const requests = [];
  const resources = {
    "/Patient/7": { resourceType: "Patient", id: "7", generalPractitioner: [{ reference: "Practitioner/1" }] },
    "/Practitioner/1": { resourceType: "Practitioner", id: "1" },
    "/Condition?patient=7": {
      resourceType: "Bundle",
      type: "searchset",
      entry: [{ resource: { resourceType: "Condition", id: "1" } }],
    },
    "/metadata": {
      resourceType: "CapabilityStatement",
      fhirVersion: "4.0.1",
      rest: [{ resource: [{ type: "Condition", searchParam: [{ name: "patient" }] }] }],
    },
  };
  await page.route(`${open}/**`, (route) => {
    const request = route.request();
    const path = request.url().slice(open.length);
    requests.push([request.method(), path, request.headers().authorization]);
    const headers = { "access-control-allow-origin": "*", "content-type": "application/fhir+json" };
    if (request.method() !== "GET") return route.fulfill({ status: 201, headers, body: request.postData() });
    const outcome = { resourceType: "OperationOutcome", issue: [] };
    const body = JSON.stringify(resources[path] ?? outcome);
    return route.fulfill({ status: resources[path] ? 200 : 404, headers, body });
  });
  return requests;
}

withBothLibraries("requests to an open server have no token", async (page, library) => {
  const requests = await openServer(page);
  await serveApp(page, library, { [home]: `window.connected = Promise.resolve(FHIR.client(${JSON.stringify(open)}));` });
  await page.goto(home);
  await waitForApp(page);
  const results = await withClient(page, async (client) => ({
    ids: [client.patient.id, client.encounter.id, client.user.id, client.getAuthorizationHeader(), client.getIdToken()],
    read: await client.request("Patient/7", { resolveReferences: "generalPractitioner" }),
    version: [await client.getFhirVersion(), await client.getFhirRelease()],
    created: await client.create({ resourceType: "Patient" }),
    missing: await client.request("Patient/8").catch(({ status, statusCode }) => [status, statusCode]),
    noPatient: await client.patient.read().catch((error) => error instanceof Error),
    narrowed: await window.FHIR.client({ serverUrl: client.state.serverUrl, tokenResponse: { patient: "7" } }).patient.request(
      "Condition",
      { flat: true },
    ),
    invalidUrl: (() => {
      try {
        window.FHIR.client("nowhere");
        return false;
      } catch (error) {
        return error instanceof Error;
      }
    })(),
  }));
  return {
    results,
    writes: requests.filter(([method]) => method !== "GET"),
    tokens: requests.map(([, , token]) => token).filter(Boolean),
  };
});

withBothLibraries("fhirServiceUrl connects to an open server with the app's own context", async (page, library) => {
  await openServer(page);
  const parameters = {
    fhirServiceUrl: open,
    patientId: "7",
    encounterId: "8",
    redirectUri: "./",
    fakeTokenResponse: { need_patient_banner: true },
  };
  await serveApp(page, library, { [launchPage]: scriptCalling("authorize", parameters), [home]: readyScript });
  await page.goto(launchPage);
  await page.waitForURL((url) => url.pathname === new URL(home).pathname);
  await waitForApp(page);
  const context = (client) => [client.patient.id, client.encounter.id, client.state.tokenResponse];
  const first = await withClient(page, async (client) => ({ patient: await client.patient.read() }));
  const states = [await withClient(page, context)];
  await page.reload();
  await waitForApp(page);
  states.push(await withClient(page, context));
  return { first, states };
});
