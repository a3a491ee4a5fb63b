// What goes wrong with fhirclient 2, and does not with smartrust/fhirclient.

import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { Chart } from "./pages/chart.mjs";
import { startAttacker } from "./support/attacker.mjs";
import { forEveryOrigin } from "./support/answers.mjs";
import { test } from "./support/browser.mjs";
import { allow, beingReady, calling, chartPage, connect, ending, home, isLoaded, iss, launchPage, registration, serveApp, withClient } from "./support/fhirclient.mjs";
import { ehr, providerLogin } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const json = { ...forEveryOrigin, "content-type": "application/fhir+json" };
const elsewhere = await startAttacker();
const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "forbidden", diagnostics: "Not shared." }] };

/** Answers one address with a resource. */
function answer(page, address, resource, { status = 200 } = {}) {
  return page.route(address, (route) => route.fulfill({ status, headers: json, body: JSON.stringify(resource) }));
}

test("the token goes to no host that a reference, a link or the app names", async ({ page }) => {
  await connect(page, "smartrust");
  const next = { relation: "next", url: `${elsewhere.origin}/fhir?page=2` };
  await answer(page, `${iss}/Encounter/far`, { resourceType: "Encounter", subject: { reference: `${elsewhere.origin}/fhir/Patient/1` } });
  await answer(page, `${iss}/Encounter?far=1`, { resourceType: "Bundle", type: "searchset", link: [next], entry: [] });
  const came = await withClient(
    page,
    async (client, origin) => ({
      reference: await client.request("Encounter/far", { resolveReferences: "subject" }),
      link: await client.request("Encounter?far=1", { pageLimit: 0 }).catch(({ code }) => code),
      read: await client.request(`${origin}/fhir/Patient/1`).catch(({ code }) => code),
      write: await client.request({ url: `${origin}/fhir/Patient`, method: "POST", body: { resourceType: "Patient" } }).catch(({ code }) => code),
      user: await client.request({ url: "Patient/1", headers: { authorization: "Bearer mine" } }).catch(({ code }) => code),
    }),
    elsewhere.origin,
  );
  assert.equal(came.reference.subject.reference, `${elsewhere.origin}/fhir/Patient/1`);
  assert.deepEqual([came.link, came.read, came.write, came.user], ["foreign_url", "foreign_url", "foreign_url", "reserved_parameter"]);
  assert.deepEqual(elsewhere.received, []);
});

test("a chart's launch is about its own patient, whoever was there before", async ({ page, traffic }) => {
  const parameters = { clientId: "MIE-localhost-launch", scope: "launch/patient openid fhirUser patient/*.rs", redirectUri: chartPage, iss };
  await serveApp(page, "smartrust", { [chartPage]: calling("init", parameters) });
  const chart = new Chart(page);
  await chart.logIn(providerLogin);
  const patients = [];
  const granted = [];
  for (const index of [1, 3]) {
    if (index === 3) await page.goto(ehr);
    await chart.openPatient(index);
    await chart.launch("smartrust launcher");
    await page.waitForURL((address) => address.href === chartPage);
    await isLoaded(page);
    patients.push(await withClient(page, (client) => client.patient.id));
    const answer = await traffic.tokenRequests("authorization_code").at(-1).response();
    granted.push((await answer.json()).patient);
  }
  assert.equal(new Set(patients).size, 2);
  assert.deepEqual(patients, granted);
  const asked = new URL(traffic.to(`${ehr}/oauth/`).find((request) => request.isNavigationRequest()).url());
  assert.ok(asked.searchParams.get("scope").split(" ").includes("launch"), "launch is asked for");
});

test("ready() on a page that a chart opened gives no old session", async ({ page }) => {
  await connect(page, "smartrust");
  await page.goto(`${home}?${new URLSearchParams({ iss, launch: "x" })}`);
  await isLoaded(page);
  assert.equal((await ending(page)).code, "no_launch");
});

test("an answer to a refresh that fails leaves the session as it was", async ({ page }) => {
  await connect(page, "smartrust");
  let failures = 0;
  const isRefresh = (route) => new URLSearchParams(route.request().postData() ?? "").get("grant_type") === "refresh_token";
  const fail = (route) => {
    if (!isRefresh(route)) return route.fallback();
    failures += 1;
    return route.fulfill({ status: 503, headers: forEveryOrigin, body: "" });
  };
  await page.route(/\/oauth\/token/, fail);
  const failed = await withClient(page, (client) => client.refresh().then(() => "refreshed", ({ name }) => name));
  assert.ok(failures > 0, "a refresh was asked for");
  assert.equal(failed, "SmartError");
  await page.unroute(/\/oauth\/token/, fail);
  const after = await withClient(page, async (client) => [(await client.refresh()).tokenResponse.patient, (await client.patient.read()).id]);
  assert.equal(after[0], after[1]);
});

test("a 401 for a token that can be replaced is no end of the session", async ({ page, traffic }) => {
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
  await isLoaded(page);
  assert.equal(await withClient(page, (client) => client.patient.id), patient.id);
});

test("a launch link changes nothing of the configuration", async ({ page, traffic }) => {
  await serveApp(page, "smartrust", { [launchPage]: calling("authorize", { ...registration, noRedirect: true }) });
  const others = { clientId: "of-the-attacker", fhirServiceUrl: elsewhere.origin, patientId: "2", redirectUri: elsewhere.origin };
  await page.goto(`${launchPage}?${new URLSearchParams(others)}`);
  await isLoaded(page);
  const address = new URL(await page.evaluate(() => window.connected));
  assert.equal(address.searchParams.get("client_id"), "plain-html");
  assert.equal(address.searchParams.get("redirect_uri"), home);
  for (const unknown of [`${elsewhere.origin}/fhir`, `${iss}/../evil`, `${iss}?x=1`, "https://ehr.example/fhir"]) {
    await page.goto(`${launchPage}?${new URLSearchParams({ iss: unknown, launch: "x" })}`);
    await isLoaded(page);
    const { name, code, message } = await ending(page);
    assert.deepEqual([name, code], ["SmartError", "untrusted_issuer"], unknown);
    assert.match(message, /trustedIssuers/);
  }
  await page.goto(`${launchPage}?iss=${encodeURIComponent(iss)}&iss=${encodeURIComponent(elsewhere.origin)}&launch=x`);
  await isLoaded(page);
  assert.equal((await ending(page)).code, "invalid_launch_link");
  assert.deepEqual(elsewhere.received, []);
  assert.ok(traffic.to("https://ehr.example").length === 0);
});

test("an issuer without a launch is the user's choice among those that the app trusts", async ({ page }) => {
  const { iss: _, ...parameters } = registration;
  const several = [
    { ...parameters, client_id: "other", issMatch: "https://ehr.example/fhir" },
    { ...parameters, issMatch: /http:\/\/localhost:\d+\/webchart\.cgi\/fhir/ },
  ];
  const source = `[${several.map(({ issMatch, ...one }) => `{ ...${JSON.stringify(one)}, issMatch: ${issMatch instanceof RegExp ? issMatch : JSON.stringify(issMatch)} }`)}]`;
  await serveApp(page, "smartrust", { [launchPage]: calling("authorize", source) });
  for (const [address, code] of [["", "invalid_configuration"], [`http://evil.example/?${iss}`, "untrusted_issuer"]]) {
    await page.goto(`${launchPage}${address && `?${new URLSearchParams({ iss: address })}`}`);
    await isLoaded(page);
    assert.equal((await ending(page)).code, code, address);
  }
  await page.goto(`${launchPage}?${new URLSearchParams({ iss })}`);
  await allow(page);
  await isLoaded(page);
  assert.equal(await withClient(page, (client) => client.state.serverUrl), iss);
});

test("two calls of ready() at once send the code once", async ({ page, traffic }) => {
  const twice = `window.connected = Promise.all([FHIR.oauth2.ready(), FHIR.oauth2.ready()]).then(([one, other]) => (other.patient.id === one.patient.id ? one : null));`;
  await connect(page, "smartrust", { [home]: twice });
  assert.ok(await withClient(page, (client) => client.patient.id));
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("what the user denied rejects ready(), with a session there as without", async ({ page }) => {
  await connect(page, "smartrust");
  const pending = await page.evaluate(async (parameters) => new URL(await window.FHIR.oauth2.authorize(parameters)).searchParams.get("state"), { ...registration, noRedirect: true });
  await page.goto(`${home}?${new URLSearchParams({ error: "access_denied", error_description: "No.", state: pending })}`);
  await isLoaded(page);
  const { name, code } = await ending(page);
  assert.deepEqual([name, code], ["SmartError", "access_denied"]);
  assert.equal(page.url(), home);
});

test("headers of the app stay through all pages", async ({ page }) => {
  await connect(page, "smartrust");
  const headers = [];
  page.on("request", (request) => request.url().startsWith(iss) && request.method() === "GET" && headers.push(request.headers()["x-app"]));
  await withClient(page, (client) => client.patient.request({ url: "Encounter?_count=5", headers: { "X-App": "mine" } }, { pageLimit: 2 }));
  assert.deepEqual(headers, ["mine", "mine"]);
});

test("a reference that cannot be had stays, and the others come", async ({ page }) => {
  await connect(page, "smartrust");
  const practitioner = { resourceType: "Practitioner", id: "here" };
  await answer(page, `${iss}/Procedure/1`, {
    resourceType: "Procedure",
    contained: [practitioner],
    subject: { reference: "Patient/1" },
    encounter: { reference: "Encounter/secret" },
    recorder: { reference: "#here" },
    asserter: { reference: "urn:uuid:00000000-0000-0000-0000-000000000001" },
  });
  await answer(page, `${iss}/Encounter/secret`, outcome, { status: 403 });
  await withClient(page, () => "is signed in");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const procedure = await withClient(page, (client) =>
    client.request("Procedure/1", { resolveReferences: ["subject", "encounter", "recorder", "asserter"] }),
  );
  assert.equal(procedure.subject.resourceType, "Patient");
  assert.deepEqual(procedure.recorder, practitioner);
  assert.deepEqual(procedure.encounter, { reference: "Encounter/secret" });
  assert.match(procedure.asserter.reference, /^urn:uuid:/);
  const fhir = asked.filter((address) => !address.endsWith("/jwks/"));
  assert.deepEqual(fhir.sort(), ["Encounter/secret", "Patient/1", "Procedure/1"].map((place) => `${iss}/${place}`));
});

test("what each of many resources contains is its own", async ({ page }) => {
  await connect(page, "smartrust");
  const entry = ["a", "b"].map((family) => ({
    resource: { resourceType: "Procedure", id: family, contained: [{ resourceType: "Practitioner", id: "p", name: [{ family }] }], recorder: { reference: "#p" } },
  }));
  await answer(page, `${iss}/Procedure?own=1`, { resourceType: "Bundle", type: "searchset", entry });
  const found = await withClient(page, (client) => client.request("Procedure?own=1", { flat: true, resolveReferences: "recorder" }));
  assert.deepEqual(found.map(({ recorder }) => recorder.name[0].family), ["a", "b"]);
});

test("references of all entries are asked for side by side", async ({ page }) => {
  await connect(page, "smartrust");
  const names = ["a", "b", "c", "d", "e"];
  const entry = names.map((name) => ({ resource: { resourceType: "Procedure", recorder: { reference: `Organization/${name}` } } }));
  await answer(page, `${iss}/Procedure?each=1`, { resourceType: "Bundle", type: "searchset", entry });
  const waiting = [];
  await page.route(`${iss}/Organization/*`, (route) => {
    waiting.push(route);
    // Nobody is answered before everybody has asked.
    if (waiting.length === names.length) {
      for (const one of waiting) one.fulfill({ headers: json, body: JSON.stringify({ resourceType: "Organization", id: one.request().url().at(-1) }) });
    }
  });
  const found = await withClient(page, (client) => client.request("Procedure?each=1", { flat: true, resolveReferences: "recorder" }));
  assert.deepEqual(found.map(({ recorder }) => recorder.id), names);
});

test("references in a circle make no circular object", async ({ page }) => {
  await connect(page, "smartrust");
  await answer(page, `${iss}/Organization/a`, { resourceType: "Organization", id: "a", partOf: { reference: "Organization/b" } });
  await answer(page, `${iss}/Organization/b`, { resourceType: "Organization", id: "b", partOf: { reference: "Organization/a" } });
  const found = await withClient(page, async (client) =>
    JSON.stringify(await client.request("Organization/a", { resolveReferences: ["partOf", "partOf.partOf"] })),
  );
  assert.equal(JSON.parse(found).partOf.partOf.id, "a");
});

test("pages in a circle end with an error", async ({ page }) => {
  await connect(page, "smartrust");
  const link = [{ relation: "next", url: `${iss}/Encounter?circle=1` }];
  await answer(page, `${iss}/Encounter?circle=1`, { resourceType: "Bundle", type: "searchset", link, entry: [] });
  assert.equal(await withClient(page, (client) => client.request("Encounter?circle=1", { pageLimit: 0 }).catch(({ code }) => code)), "page_cycle");
});

test("an error carries the OperationOutcome as it came", async ({ page }) => {
  await connect(page, "smartrust");
  await answer(page, `${iss}/Encounter/secret`, outcome, { status: 403 });
  const error = await withClient(page, (client) =>
    client.request("Encounter/secret").catch(({ name, code, status, statusCode, operationOutcome }) => ({ name, code, status, statusCode, operationOutcome })),
  );
  assert.deepEqual(error, { name: "SmartError", code: "forbidden", status: 403, statusCode: 403, operationOutcome: outcome });
});

test("a signal of the app's own stops its request, and no other", async ({ page }) => {
  await connect(page, "smartrust");
  const came = await withClient(page, async (client) => {
    const controller = new AbortController();
    const stopped = client.request({ url: "Patient/1", signal: controller.signal }).catch(({ code }) => code);
    const other = client.request("Patient/1");
    controller.abort();
    return [await stopped, (await other).id];
  });
  assert.deepEqual(came, ["aborted", "1"]);
});

test("the release of R4B and R5 servers is known", async ({ page }) => {
  await serveApp(page, "smartrust", { [home]: beingReady });
  for (const [version, release] of [["4.3.0", 4], ["5.0.0", 5], ["4.0.1", 4], ["3.0.2", 3], ["1.0.2", 2]]) {
    await answer(page, `${iss}/metadata`, { resourceType: "CapabilityStatement", fhirVersion: version });
    await page.goto(home);
    await isLoaded(page);
    assert.equal(await page.evaluate((base) => window.FHIR.client(base).getFhirRelease(), iss), release, version);
  }
});

test("tokens and secrets of the client stay where no page can read them", async ({ page, traffic }) => {
  const secret = "not-to-be-kept-0123456789";
  await serveApp(page, "smartrust", { [launchPage]: calling("authorize", { ...registration, clientSecret: secret }) });
  await page.goto(launchPage);
  await allow(page);
  await isLoaded(page);
  const { code, message } = await ending(page);
  assert.equal(code, "invalid_configuration");
  assert.match(message, /ready\(\)/);
  assert.equal(traffic.tokenRequests("authorization_code").length, 0);
  assert.ok(!JSON.stringify(await page.evaluate(() => ({ ...sessionStorage, ...localStorage }))).includes(secret));
});

/** Lets the token endpoint see a public client, and tells what the client sent. */
async function asPublicClient(page) {
  const sent = [];
  await page.route(/\/oauth\/token/, async (route) => {
    const request = route.request();
    const form = new URLSearchParams(request.postData() ?? "");
    const { authorization, ...headers } = request.headers();
    sent.push({ authorization, form: Object.fromEntries(form) });
    for (const name of ["client_assertion", "client_assertion_type"]) form.delete(name);
    form.set("client_id", registration.client_id);
    await route.continue({ headers, postData: form.toString() });
  });
  return sent;
}

test("a secret that the page of the redirect gives authenticates the client", async ({ page }) => {
  const secret = { clientSecret: "a secret: 1" };
  const sent = await asPublicClient(page);
  await connect(page, "smartrust", {
    [launchPage]: calling("authorize", { ...registration, ...secret }),
    [home]: `window.connected = FHIR.oauth2.ready(${JSON.stringify(secret)}); window.connected.catch(() => {});`,
  });
  assert.equal(await withClient(page, (client) => client.patient.id), "1");
  const [name, given] = Buffer.from(sent[0].authorization.replace("Basic ", ""), "base64").toString().split(":");
  assert.deepEqual([name, new URLSearchParams(`x=${given}`).get("x")], [registration.client_id, secret.clientSecret]);
});

for (const [alg, kind, options, verified] of [
  ["ES384", "ec", { namedCurve: "P-384" }, { dsaEncoding: "ieee-p1363" }],
  ["RS384", "rsa", { modulusLength: 2048 }, {}],
]) {
  test(`a private JWK of ${alg} that the page of the redirect gives authenticates the client`, async ({ page }) => {
    const { publicKey, privateKey } = generateKeyPairSync(kind, options);
    const jwk = { ...privateKey.export({ format: "jwk" }), alg, kid: "key-1", key_ops: ["sign"] };
    const sent = await asPublicClient(page);
    await connect(page, "smartrust", {
      [launchPage]: calling("authorize", { ...registration, clientPrivateJwk: jwk, clientPublicKeySetUrl: "https://app.example/jwks" }),
      [home]: `window.connected = FHIR.oauth2.ready({ privateKey: ${JSON.stringify(jwk)} }); window.connected.catch(() => {});`,
    });
    assert.equal(await withClient(page, (client) => client.patient.id), "1");
    const [head, claims, signature] = sent[0].form.client_assertion.split(".");
    const read = (part) => JSON.parse(Buffer.from(part, "base64url"));
    assert.deepEqual(read(head), { alg, kid: "key-1", typ: "JWT", jku: "https://app.example/jwks" });
    assert.deepEqual([read(claims).iss, read(claims).sub], [registration.client_id, registration.client_id]);
    const signed = Buffer.from(`${head}.${claims}`);
    assert.ok(verify("sha384", signed, { key: publicKey, ...verified }, Buffer.from(signature, "base64url")));
    assert.ok(!JSON.stringify(await page.evaluate(() => ({ ...sessionStorage }))).includes(jwk.d));
  });
}

test("a token is asked of the client in vain, with a word on what to do", async ({ page }) => {
  await connect(page, "smartrust");
  const came = await withClient(page, (client) => {
    const code = (work) => {
      try {
        return [work()];
      } catch (error) {
        return error.code;
      }
    };
    const names = ["access_token", "refresh_token", "id_token"];
    return {
      thrown: [...names.map((name) => code(() => client.state.tokenResponse[name])), code(() => client.getAuthorizationHeader()), code(() => client.getState("tokenResponse.access_token"))],
      written: JSON.stringify(client.state),
    };
  });
  assert.deepEqual(new Set(came.thrown), new Set(["unsupported_option"]));
  assert.doesNotMatch(came.written, /token"/);
});

test("what cannot be followed says so, and what to do", async ({ page }) => {
  await connect(page, "smartrust");
  const codes = await page.evaluate(
    async ({ parameters, base }) => {
      const { FHIR, connected } = window;
      const client = await connected;
      const code = async (work) => {
        try {
          return await work();
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
        code(() => client.connect(() => {})),
        code(() => (FHIR.oauth2.settings.refreshTokenWithCredentials = "include")),
        code(() => FHIR.client({ serverUrl: base, tokenResponse: { access_token: "x" } })),
        code(() => FHIR.client({ serverUrl: base, username: "x", password: "y" })),
      ]);
    },
    { parameters: registration, base: iss },
  );
  assert.deepEqual(new Set(codes), new Set(["unsupported_option"]), codes.join());
});

test("what was kept between the pages and is no longer sound is not used", async ({ page }) => {
  await connect(page, "smartrust");
  const server = { fhirBase: iss, clientId: "plain-html", scope: "openid", redirectUri: `${elsewhere.origin}/` };
  for (const damaged of ["{", "null", "[]", JSON.stringify({ server: 1 }), JSON.stringify({ server }), JSON.stringify({ state: { serverUrl: "javascript:1" } })]) {
    await page.evaluate((text) => sessionStorage.setItem("smartrust.fhirclient", text), damaged);
    await page.goto(home);
    await isLoaded(page);
    assert.equal((await ending(page)).code, "no_launch", damaged);
  }
});

test("a launch in a popup signs the page in that opened it", async ({ page }) => {
  const script = `document.body.onclick = () => { window.connected = FHIR.oauth2.authorize(${JSON.stringify({ ...registration, target: "popup" })}); window.connected.catch(() => {}); };`;
  await serveApp(page, "smartrust", { [launchPage]: script });
  const scripts = { [launchPage]: script };
  await page.goto(launchPage);
  page.context().on("page", (popup) => serveApp(popup, "smartrust", scripts));
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.locator("body").click({ position: { x: 5, y: 5 } })]);
  const closed = popup.waitForEvent("close");
  await allow(popup).catch((error) => {
    if (!popup.isClosed()) throw error;
  });
  await closed;
  await page.waitForURL(home);
  await isLoaded(page);
  assert.equal((await withClient(page, (client) => client.patient.read())).resourceType, "Patient");
});

test("ready() in the manner of fhirclient's first version calls a function", async ({ page }) => {
  const script = "window.connected = FHIR.oauth2.ready((client) => ({ client }), (error) => ({ error }));";
  await connect(page, "smartrust", { [home]: script });
  assert.equal(await page.evaluate(async () => typeof (await window.connected).client.patient.id), "string");
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await isLoaded(page);
  assert.equal(await page.evaluate(async () => (await window.connected).error.code), "no_launch");
});

test("a refresh without a refresh token says what to ask for", async ({ page }) => {
  const scope = "launch/patient patient/*.rs";
  await connect(page, "smartrust", { [launchPage]: calling("authorize", { ...registration, scope }) });
  const error = await withClient(page, (client) => client.refresh().catch(({ code, message }) => ({ code, message })));
  assert.equal(error.code, "refresh_unavailable");
  assert.match(error.message, /offline_access/);
  assert.equal(await withClient(page, async (client) => (await client.refreshIfNeeded()).serverUrl), iss);
  await until("the user is not known", () => withClient(page, (client) => client.user.id === null));
});
