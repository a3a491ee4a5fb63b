// Requests that fhirclient 2 handles incorrectly, with smartrust/fhirclient.

import assert from "node:assert/strict";
import { startAttacker } from "./support/attacker.mjs";
import { forEveryOrigin } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import {
  readyScript,
  scriptCalling,
  connect,
  home,
  waitForApp,
  iss,
  launchPage,
  registration,
  serveApp,
  withClient,
} from "./support/fhirclient.mjs";

const json = { ...forEveryOrigin, "content-type": "application/fhir+json" };
const elsewhere = await startAttacker();
const outcome = {
  resourceType: "OperationOutcome",
  issue: [{ severity: "error", code: "forbidden", diagnostics: "Not shared." }],
};

/** Responds to one URL with a resource. */
function respond(page, url, resource, { status = 200 } = {}) {
  return page.route(url, (route) => route.fulfill({ status, headers: json, body: JSON.stringify(resource) }));
}

test("the token is not sent to another host in a reference, a link or a request of the app", async ({ page }) => {
  await connect(page, "smartrust");
  const next = { relation: "next", url: `${elsewhere.origin}/fhir?page=2` };
  await respond(page, `${iss}/Encounter/far`, {
    resourceType: "Encounter",
    subject: { reference: `${elsewhere.origin}/fhir/Patient/1` },
  });
  await respond(page, `${iss}/Encounter?far=1`, { resourceType: "Bundle", type: "searchset", link: [next], entry: [] });
  const results = await withClient(
    page,
    async (client, origin) => ({
      reference: await client.request("Encounter/far", { resolveReferences: "subject" }),
      link: await client.request("Encounter?far=1", { pageLimit: 0 }).catch(({ code }) => code),
      read: await client.request(`${origin}/fhir/Patient/1`).catch(({ code }) => code),
      write: await client
        .request({ url: `${origin}/fhir/Patient`, method: "POST", body: { resourceType: "Patient" } })
        .catch(({ code }) => code),
      user: await client.request({ url: "Patient/1", headers: { authorization: "Bearer mine" } }).catch(({ code }) => code),
    }),
    elsewhere.origin,
  );
  assert.equal(results.reference.subject.reference, `${elsewhere.origin}/fhir/Patient/1`);
  assert.deepEqual(
    [results.link, results.read, results.write, results.user],
    ["foreign_url", "foreign_url", "foreign_url", "reserved_parameter"],
  );
  assert.deepEqual(elsewhere.received, []);
});

test("a failed refresh does not change the session", async ({ page }) => {
  await connect(page, "smartrust");
  let failures = 0;
  const isRefresh = (route) => new URLSearchParams(route.request().postData() ?? "").get("grant_type") === "refresh_token";
  const fail = (route) => {
    if (!isRefresh(route)) return route.fallback();
    failures += 1;
    return route.fulfill({ status: 503, headers: forEveryOrigin, body: "" });
  };
  await page.route(/\/oauth\/token/, fail);
  const failed = await withClient(page, (client) =>
    client.refresh().then(
      () => "refreshed",
      ({ name }) => name,
    ),
  );
  assert.ok(failures > 0, "no refresh was requested");
  assert.equal(failed, "SmartError");
  await page.unroute(/\/oauth\/token/, fail);
  const after = await withClient(page, async (client) => [
    (await client.refresh()).tokenResponse.patient,
    (await client.patient.read()).id,
  ]);
  assert.equal(after[0], after[1]);
});

test("a 401 does not end the session if the token can be refreshed", async ({ page, traffic }) => {
  await connect(page, "smartrust");
  let refused = 0;
  const refuse = (route) => {
    if (refused > 0) return route.fallback();
    refused += 1;
    return route.fulfill({ status: 401, headers: json, body: JSON.stringify(outcome) });
  };
  await page.route(`${iss}/Patient/*`, refuse);
  const patient = await withClient(page, (client) => client.patient.read());
  assert.equal(refused, 1);
  assert.equal(patient.resourceType, "Patient");
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
  await page.reload();
  await waitForApp(page);
  assert.equal(await withClient(page, (client) => client.patient.id), patient.id);
});

test("headers of the app are sent for all pages", async ({ page }) => {
  await connect(page, "smartrust");
  const headers = [];
  page.on(
    "request",
    (request) => request.url().startsWith(iss) && request.method() === "GET" && headers.push(request.headers()["x-app"]),
  );
  await withClient(page, (client) =>
    client.patient.request({ url: "Encounter?_count=5", headers: { "X-App": "mine" } }, { pageLimit: 2 }),
  );
  assert.deepEqual(headers, ["mine", "mine"]);
});

test("a reference that fails to load is kept as it is, and the others are resolved", async ({ page }) => {
  await connect(page, "smartrust");
  const practitioner = { resourceType: "Practitioner", id: "here" };
  await respond(page, `${iss}/Procedure/1`, {
    resourceType: "Procedure",
    contained: [practitioner],
    subject: { reference: "Patient/1" },
    encounter: { reference: "Encounter/secret" },
    recorder: { reference: "#here" },
    asserter: { reference: "urn:uuid:00000000-0000-0000-0000-000000000001" },
  });
  await respond(page, `${iss}/Encounter/secret`, outcome, { status: 403 });
  await withClient(page, () => "is signed in");
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const procedure = await withClient(page, (client) =>
    client.request("Procedure/1", { resolveReferences: ["subject", "encounter", "recorder", "asserter"] }),
  );
  assert.equal(procedure.subject.resourceType, "Patient");
  assert.deepEqual(procedure.recorder, practitioner);
  assert.deepEqual(procedure.encounter, { reference: "Encounter/secret" });
  assert.match(procedure.asserter.reference, /^urn:uuid:/);
  const fhir = requests.filter((url) => url.startsWith(iss));
  assert.deepEqual(
    fhir.sort(),
    ["Encounter/secret", "Patient/1", "Procedure/1"].map((path) => `${iss}/${path}`),
  );
});

test("a contained reference is resolved in its own resource, even if ids repeat", async ({ page }) => {
  await connect(page, "smartrust");
  const entry = ["a", "b"].map((family) => ({
    resource: {
      resourceType: "Procedure",
      id: family,
      contained: [{ resourceType: "Practitioner", id: "p", name: [{ family }] }],
      recorder: { reference: "#p" },
    },
  }));
  await respond(page, `${iss}/Procedure?own=1`, { resourceType: "Bundle", type: "searchset", entry });
  const found = await withClient(page, (client) =>
    client.request("Procedure?own=1", { flat: true, resolveReferences: "recorder" }),
  );
  assert.deepEqual(
    found.map(({ recorder }) => recorder.name[0].family),
    ["a", "b"],
  );
});

test("references of all entries are requested in parallel", async ({ page }) => {
  await connect(page, "smartrust");
  const names = ["a", "b", "c", "d", "e"];
  const entry = names.map((name) => ({
    resource: { resourceType: "Procedure", recorder: { reference: `Organization/${name}` } },
  }));
  await respond(page, `${iss}/Procedure?each=1`, { resourceType: "Bundle", type: "searchset", entry });
  const waiting = [];
  await page.route(`${iss}/Organization/*`, (route) => {
    waiting.push(route);
    // No response is sent before all requests have arrived.
    if (waiting.length === names.length) {
      for (const one of waiting) {
        one.fulfill({ headers: json, body: JSON.stringify({ resourceType: "Organization", id: one.request().url().at(-1) }) });
      }
    }
  });
  const found = await withClient(page, (client) =>
    client.request("Procedure?each=1", { flat: true, resolveReferences: "recorder" }),
  );
  assert.deepEqual(
    found.map(({ recorder }) => recorder.id),
    names,
  );
});

test("circular references cause no circular object", async ({ page }) => {
  await connect(page, "smartrust");
  await respond(page, `${iss}/Organization/a`, { resourceType: "Organization", id: "a", partOf: { reference: "Organization/b" } });
  await respond(page, `${iss}/Organization/b`, { resourceType: "Organization", id: "b", partOf: { reference: "Organization/a" } });
  const found = await withClient(page, async (client) =>
    JSON.stringify(await client.request("Organization/a", { resolveReferences: ["partOf", "partOf.partOf"] })),
  );
  assert.equal(JSON.parse(found).partOf.partOf.id, "a");
});

test("a cycle of pages ends with an error", async ({ page }) => {
  await connect(page, "smartrust");
  const link = [{ relation: "next", url: `${iss}/Encounter?circle=1` }];
  await respond(page, `${iss}/Encounter?circle=1`, { resourceType: "Bundle", type: "searchset", link, entry: [] });
  assert.equal(
    await withClient(page, (client) => client.request("Encounter?circle=1", { pageLimit: 0 }).catch(({ code }) => code)),
    "page_cycle",
  );
});

test("an error has the OperationOutcome of the response", async ({ page }) => {
  await connect(page, "smartrust");
  await respond(page, `${iss}/Encounter/secret`, outcome, { status: 403 });
  const error = await withClient(page, (client) =>
    client
      .request("Encounter/secret")
      .catch(({ name, code, status, statusCode, operationOutcome }) => ({ name, code, status, statusCode, operationOutcome })),
  );
  assert.deepEqual(error, { name: "SmartError", code: "forbidden", status: 403, statusCode: 403, operationOutcome: outcome });
});

test("a signal of the app only aborts its own request", async ({ page }) => {
  await connect(page, "smartrust");
  const results = await withClient(page, async (client) => {
    const controller = new AbortController();
    const stopped = client.request({ url: "Patient/1", signal: controller.signal }).catch(({ code }) => code);
    const other = client.request("Patient/1");
    controller.abort();
    return [await stopped, (await other).id];
  });
  assert.deepEqual(results, ["aborted", "1"]);
});

test("getFhirRelease() knows R4B and R5", async ({ page }) => {
  await serveApp(page, "smartrust", { [home]: readyScript });
  for (const [version, release] of [
    ["4.3.0", 4],
    ["5.0.0", 5],
    ["4.0.1", 4],
    ["3.0.2", 3],
    ["1.0.2", 2],
  ]) {
    await respond(page, `${iss}/metadata`, { resourceType: "CapabilityStatement", fhirVersion: version });
    await page.goto(home);
    await waitForApp(page);
    assert.equal(await page.evaluate((base) => window.FHIR.client(base).getFhirRelease(), iss), release, version);
  }
});

test("reading a token from the client throws unsupported_option", async ({ page }) => {
  await connect(page, "smartrust");
  const results = await withClient(page, (client) => {
    const code = (call) => {
      try {
        return [call()];
      } catch (error) {
        return error.code;
      }
    };
    const names = ["access_token", "refresh_token", "id_token"];
    return {
      thrown: [
        ...names.map((name) => code(() => client.state.tokenResponse[name])),
        code(() => client.getAuthorizationHeader()),
        code(() => client.getState("tokenResponse.access_token")),
      ],
      serialized: JSON.stringify(client.state),
    };
  });
  assert.deepEqual(new Set(results.thrown), new Set(["unsupported_option"]));
  assert.doesNotMatch(results.serialized, /token"/);
});

test("unsupported options and calls reject with unsupported_option", async ({ page }) => {
  await connect(page, "smartrust");
  const codes = await page.evaluate(
    async ({ parameters, base }) => {
      const { FHIR, connected } = window;
      const client = await connected;
      const code = async (call) => {
        try {
          return await call();
        } catch (error) {
          return error.code;
        }
      };
      const authorize = (more) => code(() => FHIR.oauth2.authorize({ ...parameters, ...more }));
      return Promise.all([
        authorize({ stateKey: "mine" }),
        authorize({ launch: "mine" }),
        authorize({ patientId: "1" }),
        authorize({ target: "some-frame" }),
        authorize({ target: "popup", completeInTarget: true }),
        code(() => FHIR.oauth2.ready({ code: "1" })),
        code(() => client.request("Patient/1", { useRefreshToken: false })),
        code(() => client.request("Patient/1", { paging: true })),
        code(() => client.request({ url: "Patient/1", credentials: "include" })),
        code(() => client.request({ url: "Patient/1", method: "HEAD" })),
        code(() => client.request({ url: "Patient", method: "POST", body: "<Patient/>" })),
        code(() => client.create({ resourceType: "Patient" }, { headers: { accept: "application/fhir+xml" } })),
        code(() => client.connect(() => {})),
        code(() => (FHIR.oauth2.settings.refreshTokenWithCredentials = "include")),
        code(() => FHIR.client({ serverUrl: base, tokenResponse: { access_token: "x", refresh_token: "y" } })),
        code(() => FHIR.client({ serverUrl: base, username: "x", password: "y" })),
      ]);
    },
    { parameters: registration, base: iss },
  );
  assert.deepEqual(new Set(codes), new Set(["unsupported_option"]), codes.join());
});

test("the error of a refresh without a refresh token names the missing scope", async ({ page }) => {
  const scope = "launch/patient patient/*.rs";
  await connect(page, "smartrust", { [launchPage]: scriptCalling("authorize", { ...registration, scope }) });
  const error = await withClient(page, (client) => client.refresh().catch(({ code, message }) => ({ code, message })));
  assert.equal(error.code, "refresh_unavailable");
  assert.match(error.message, /offline_access/);
  assert.equal(await withClient(page, async (client) => (await client.refreshIfNeeded()).serverUrl), iss);
  assert.equal(await withClient(page, (client) => client.user.id), null);
});
