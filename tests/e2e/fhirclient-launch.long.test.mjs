// Launches that fhirclient 2 handles incorrectly, with smartrust/fhirclient.

import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { Chart } from "./pages/chart.mjs";
import { startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import {
  allow,
  scriptCalling,
  chartPage,
  connect,
  outcomeOf,
  home,
  waitForApp,
  iss,
  launchPage,
  registration,
  serveApp,
  withClient,
} from "./support/fhirclient.mjs";
import { historyUrls } from "./support/history.mjs";
import { ehr, providerLogin } from "./support/servers.mjs";

const elsewhere = await startAttacker();

test("a launch from a chart opens that chart's patient, even after another patient's session", async ({ page, traffic }) => {
  const parameters = {
    clientId: "MIE-localhost-launch",
    scope: "launch/patient openid fhirUser patient/*.rs",
    redirectUri: chartPage,
    iss,
  };
  await serveApp(page, "smartrust", { [chartPage]: scriptCalling("init", parameters) });
  const chart = new Chart(page);
  await chart.logIn(providerLogin);
  const patients = [];
  const granted = [];
  for (const index of [1, 3]) {
    if (index === 3) await page.goto(ehr);
    await chart.openPatient(index);
    await chart.launch("smartrust launcher");
    await page.waitForURL((url) => url.href === chartPage);
    await waitForApp(page);
    patients.push(await withClient(page, (client) => client.patient.id));
    const response = await traffic.tokenRequests("authorization_code").at(-1).response();
    granted.push((await response.json()).patient);
  }
  assert.equal(new Set(patients).size, 2);
  assert.deepEqual(patients, granted);
  const requested = new URL(
    traffic
      .to(`${ehr}/oauth/`)
      .find((request) => request.isNavigationRequest())
      .url(),
  );
  assert.ok(requested.searchParams.get("scope").split(" ").includes("launch"), "the scope launch is not requested");
});

test("an app that a chart opens in a popup stays in the popup", async ({ page, context }) => {
  const parameters = {
    clientId: "MIE-localhost-launch",
    scope: "launch openid fhirUser patient/*.rs",
    redirectUri: chartPage,
    iss,
  };
  await serveApp(context, "smartrust", { [chartPage]: scriptCalling("init", parameters) });
  const chart = new Chart(page);
  await chart.logIn(providerLogin);
  await chart.openPatient(1);
  const popup = await chart.launchInPopup("smartrust launcher");
  await popup.waitForURL(chartPage);
  await waitForApp(popup);
  assert.equal((await withClient(popup, (client) => client.patient.read())).resourceType, "Patient");
});

test("ready() on a launch link does not return an earlier session", async ({ page }) => {
  await connect(page, "smartrust");
  await page.goto(`${home}?${new URLSearchParams({ iss, launch: "x" })}`);
  await waitForApp(page);
  assert.equal((await outcomeOf(page)).code, "no_launch");
});

test("a launch link does not change the configuration", async ({ page, traffic }) => {
  await serveApp(page, "smartrust", { [launchPage]: scriptCalling("authorize", { ...registration, noRedirect: true }) });
  const others = { clientId: "of-the-attacker", fhirServiceUrl: elsewhere.origin, patientId: "2", redirectUri: elsewhere.origin };
  await page.goto(`${launchPage}?${new URLSearchParams(others)}`);
  await waitForApp(page);
  const url = new URL(await page.evaluate(() => window.connected));
  assert.equal(url.searchParams.get("client_id"), "plain-html");
  assert.equal(url.searchParams.get("redirect_uri"), home);
  for (const unknown of [`${elsewhere.origin}/fhir`, `${iss}/../evil`, `${iss}?x=1`, "https://ehr.example/fhir"]) {
    await page.goto(`${launchPage}?${new URLSearchParams({ iss: unknown, launch: "x" })}`);
    await waitForApp(page);
    const { name, code, message } = await outcomeOf(page);
    assert.deepEqual([name, code], ["SmartError", "untrusted_issuer"], unknown);
    assert.match(message, /trustedIssuers/);
  }
  await page.goto(`${launchPage}?iss=${encodeURIComponent(iss)}&iss=${encodeURIComponent(elsewhere.origin)}&launch=x`);
  await waitForApp(page);
  assert.equal((await outcomeOf(page)).code, "invalid_launch_link");
  assert.deepEqual(elsewhere.received, []);
  assert.ok(traffic.to("https://ehr.example").length === 0);
});

test("an iss without a launch selects one of the app's trusted servers", async ({ page }) => {
  const { iss: _, ...parameters } = registration;
  const shared = JSON.stringify(parameters);
  const other = `{ ...${shared}, client_id: "other", issMatch: "https://ehr.example/fhir" }`;
  const own = String.raw`{ ...${shared}, issMatch: /http:\/\/localhost:\d+\/webchart\.cgi\/fhir/ }`;
  const source = `[${other}, ${own}]`;
  await serveApp(page, "smartrust", { [launchPage]: scriptCalling("authorize", source) });
  for (const [server, code] of [
    ["", "invalid_configuration"],
    [`http://evil.example/?${iss}`, "untrusted_issuer"],
  ]) {
    await page.goto(`${launchPage}${server && `?${new URLSearchParams({ iss: server })}`}`);
    await waitForApp(page);
    assert.equal((await outcomeOf(page)).code, code, server);
  }
  await page.goto(`${launchPage}?${new URLSearchParams({ iss })}`);
  await allow(page);
  await waitForApp(page);
  assert.equal(await withClient(page, (client) => client.state.serverUrl), iss);
  const chosen = `${launchPage}?${new URLSearchParams({ iss })}`;
  assert.deepEqual(await historyUrls(page, (url) => url.startsWith(launchPage)), [
    launchPage,
    `${launchPage}?${new URLSearchParams({ iss: `http://evil.example/?${iss}` })}`,
    chosen,
  ]);
});

test("init() with another configuration starts a new launch, even if there is a session", async ({ page }) => {
  await connect(page, "smartrust", { [home]: scriptCalling("init") });
  assert.equal(await withClient(page, (client) => client.patient.id), "1");
  for (const [member, value] of Object.entries({ client_id: "another", iss: `${elsewhere.origin}/fhir` })) {
    const outcome = page.evaluate(
      (parameters) =>
        window.FHIR.oauth2.init(parameters).then(
          () => "a client",
          ({ code }) => code,
        ),
      {
        ...registration,
        [member]: value,
        target: "nowhere",
      },
    );
    assert.equal(await outcome, "unsupported_option", member);
  }
});

test("concurrent calls of ready() send the code once", async ({ page, traffic }) => {
  const twice = "window.both = [FHIR.oauth2.ready(), FHIR.oauth2.ready()]; window.connected = window.both[0];";
  await connect(page, "smartrust", { [home]: twice });
  const [one, other] = await page.evaluate(async () => (await Promise.all(window.both)).map(({ patient }) => patient.id));
  assert.ok(one);
  assert.equal(other, one);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("ready() and init() reject if the user denied access, even if there is a session", async ({ page }) => {
  await connect(page, "smartrust");
  const pending = await page.evaluate(
    async (parameters) => new URL(await window.FHIR.oauth2.authorize(parameters)).searchParams.get("state"),
    { ...registration, noRedirect: true },
  );
  await page.goto(`${home}?${new URLSearchParams({ error: "access_denied", error_description: "No.", state: pending })}`);
  await waitForApp(page);
  const { name, code } = await outcomeOf(page);
  assert.deepEqual([name, code], ["SmartError", "access_denied"]);
  assert.equal(page.url(), home);
  const again = await page.evaluate(async (parameters) => {
    const state = new URL(await window.FHIR.oauth2.authorize({ ...parameters, noRedirect: true })).searchParams.get("state");
    history.replaceState(null, "", `?${new URLSearchParams({ error: "access_denied", state })}`);
    return window.FHIR.oauth2.init(parameters).catch(({ code }) => code);
  }, registration);
  assert.equal(again, "access_denied");
});

test("a client secret is not stored between the pages, and ready() requires it", async ({ page, traffic }) => {
  const secret = "must-not-be-stored-0123456789";
  await serveApp(page, "smartrust", { [launchPage]: scriptCalling("authorize", { ...registration, clientSecret: secret }) });
  await page.goto(launchPage);
  await allow(page);
  await waitForApp(page);
  const { code, message } = await outcomeOf(page);
  assert.equal(code, "invalid_configuration");
  assert.match(message, /ready\(\)/);
  assert.equal(traffic.tokenRequests("authorization_code").length, 0);
  assert.ok(!JSON.stringify(await page.evaluate(() => ({ ...sessionStorage, ...localStorage }))).includes(secret));
});

/** Rewrites token requests to those of a public client, and records what the client sent. */
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

test("a client secret that is passed to ready() authenticates the client", async ({ page }) => {
  const secret = { clientSecret: "a secret: 1" };
  const sent = await asPublicClient(page);
  await connect(page, "smartrust", {
    [launchPage]: scriptCalling("authorize", { ...registration, ...secret }),
    [home]: `window.connected = FHIR.oauth2.ready(${JSON.stringify(secret)}); window.connected.catch(() => {});`,
  });
  assert.equal(await withClient(page, (client) => client.patient.id), "1");
  const [name, encoded] = Buffer.from(sent[0].authorization.replace("Basic ", ""), "base64").toString().split(":");
  assert.deepEqual([name, new URLSearchParams(`x=${encoded}`).get("x")], [registration.client_id, secret.clientSecret]);
});

for (const [alg, kind, options, verified] of [
  ["ES384", "ec", { namedCurve: "P-384" }, { dsaEncoding: "ieee-p1363" }],
  ["RS384", "rsa", { modulusLength: 2048 }, {}],
]) {
  test(`a private JWK for ${alg} that is passed to ready() authenticates the client`, async ({ page }) => {
    const { publicKey, privateKey } = generateKeyPairSync(kind, options);
    const jwk = { ...privateKey.export({ format: "jwk" }), alg, kid: "key-1", key_ops: ["sign"] };
    const sent = await asPublicClient(page);
    await connect(page, "smartrust", {
      [launchPage]: scriptCalling("authorize", {
        ...registration,
        clientPrivateJwk: jwk,
        clientPublicKeySetUrl: "https://app.example/jwks",
      }),
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

test("corrupt data in sessionStorage is not used", async ({ page }) => {
  await connect(page, "smartrust");
  const server = { fhirBase: iss, clientId: "plain-html", scope: "openid", redirectUri: `${elsewhere.origin}/` };
  for (const corrupt of [
    "{",
    "null",
    "[]",
    JSON.stringify({ server: 1 }),
    JSON.stringify({ server }),
    JSON.stringify({ state: { serverUrl: "javascript:1" } }),
  ]) {
    await page.evaluate((text) => sessionStorage.setItem("smartrust.fhirclient", text), corrupt);
    await page.goto(home);
    await waitForApp(page);
    assert.equal((await outcomeOf(page)).code, "no_launch", corrupt);
  }
});

test("a launch in a popup opens the session in the page that opened the popup", async ({ page, context }) => {
  const launch = scriptCalling("authorize", { ...registration, target: "popup" });
  const scripts = { [launchPage]: `document.body.onclick = () => { ${launch} };` };
  await serveApp(context, "smartrust", scripts);
  await page.goto(launchPage);
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.locator("body").click({ position: { x: 5, y: 5 } })]);
  const closed = popup.waitForEvent("close");
  await allow(popup).catch((error) => {
    if (!popup.isClosed()) throw error;
  });
  await closed;
  await page.waitForURL(home);
  await waitForApp(page);
  assert.equal((await withClient(page, (client) => client.patient.read())).resourceType, "Patient");
});

test("ready() accepts callbacks, as in fhirclient 1", async ({ page }) => {
  const script = "window.connected = FHIR.oauth2.ready((client) => ({ client }), (error) => ({ error }));";
  await connect(page, "smartrust", { [home]: script });
  assert.equal(await page.evaluate(async () => typeof (await window.connected).client.patient.id), "string");
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await waitForApp(page);
  assert.equal(await page.evaluate(async () => (await window.connected).error.code), "no_launch");
});
