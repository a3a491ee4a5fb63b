// smartrust/testing: the package itself against a server in the test's own process.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { SmartApp } from "../../pkg/node.js";
import { fakeSession, scriptedServer } from "../../pkg/testing.js";

const original = globalThis.fetch;
const errors = mock.method(console, "error", () => {});
afterEach(() => {
  globalThis.fetch = original;
  errors.mock.resetCalls();
});

const ada = { resourceType: "Patient", id: "1" };
const lab = { resourceType: "Observation", id: "2" };

/** A server that answers all requests, and an app that uses it. */
function start(options = {}, settings = {}) {
  const server = scriptedServer({ patient: "1", resources: [ada, lab], ...options });
  globalThis.fetch = server.fetch;
  const scope = "launch/patient openid fhirUser offline_access patient/*.rs";
  const app = new SmartApp({ clientId: "my-app", scope, redirectUri: "https://app.test/", trustedIssuers: [server.fhirBase], ...settings });
  return { server, app };
}

/** The code of an authorization request with the challenge of RFC 7636, Appendix B. */
function authorize(server) {
  const client = { response_type: "code", client_id: "x", redirect_uri: "https://x.test/", state: "s", scope: "a", aud: server.fhirBase };
  const pkce = { code_challenge_method: "S256", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" };
  const redirect = server.authorize(`https://ehr.test/authorize?${new URLSearchParams({ ...client, ...pkce })}`);
  return new URL(redirect).searchParams.get("code");
}

/** The response of the token endpoint to a code, by default with the verifier of RFC 7636, Appendix B. */
function exchange(server, form) {
  const code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const expected = { grant_type: "authorization_code", client_id: "x", redirect_uri: "https://x.test/", code_verifier };
  return server.fetch("https://ehr.test/token", { method: "POST", body: new URLSearchParams({ ...expected, ...form }) });
}

const pathsOf = ({ requests }) => requests.map(({ method, url }) => `${method} ${url.replace("https://ehr.test", "")}`);

test("a launch has context, identity and FHIR requests, and leaves no trace in the process", async () => {
  const { server, app } = start({ fhirUser: "Practitioner/7", encounter: "3", context: { intent: "review" } });
  const session = await server.launch(app);
  assert.deepEqual([session.patient.id, session.encounter.id, session.fhirUser.reference, session.context.intent], ["1", "3", "Practitioner/7", "review"]);
  const checked = new Promise((resolve) => session.addEventListener("identitychecked", resolve));
  assert.deepEqual([await session.patient.read(), await session.patient.search("Observation").toArray()], [ada, [lab]]);
  await checked;
  assert.equal(session.identity.signature, "verified");
  assert.deepEqual(await session.findings(), []);
  const first = ["GET /fhir/.well-known/smart-configuration", "POST /token"];
  assert.deepEqual(pathsOf(server).slice(0, 2), first);
  assert.ok(pathsOf(server).includes("GET /fhir/Observation?patient=1"));
  assert.deepEqual(["location" in globalThis, "history" in globalThis], [false, false]);
  server.verify();
});

test("an EHR launch passes on the launch parameter", async () => {
  const { server, app } = start();
  const page = new URL(server.launchLink("https://app.test/?a=b"));
  assert.deepEqual([page.searchParams.get("iss"), page.searchParams.get("a")], [server.fhirBase, "b"]);
  globalThis.location = page;
  try {
    const url = new URL(await app.authorizationUrl());
    assert.equal(url.searchParams.get("launch"), page.searchParams.get("launch"));
    assert.match(server.authorize(url.href), /^https:\/\/app\.test\/\?state=[^&]+&code=[^&]+$/);
    url.searchParams.set("launch", "another");
    assert.throws(() => server.authorize(url.href), { code: "authorization_failed", message: /launch is "another"/ });
  } finally {
    delete globalThis.location;
  }
});

test("requests and errors contain no access token", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  await session.patient.read();
  await assert.rejects(session.read("Patient/2"));
  const { access_token } = await (await exchange(server, { code: authorize(server) })).json();
  const [kind] = access_token.match(/^test-access-token/);
  const shown = JSON.stringify([server.requests, errors.mock.calls.map(({ arguments: texts }) => texts)]);
  assert.equal(shown.includes(kind), false);
});

test("the token endpoint checks the code, the redirect URI and the PKCE verifier (RFC 7636, Appendix B)", async () => {
  const { server } = start();
  const token = async (form) => {
    const response = await exchange(server, form);
    return [response.status, (await response.json()).error];
  };
  const code = authorize(server);
  assert.deepEqual(await token({ code }), [200, undefined]);
  assert.deepEqual(await token({ code }), [400, "invalid_grant"]);
  assert.deepEqual(await token({ code: authorize(server), code_verifier: "another-verifier-of-a-sufficient-length-000" }), [400, "invalid_grant"]);
  assert.deepEqual(await token({ code: authorize(server), redirect_uri: "https://y.test/" }), [400, "invalid_grant"]);
  assert.deepEqual(await token({ code: authorize(server), client_id: "y" }), [400, "invalid_grant"]);
});

test("an authorization request that does not fit the registration is refused with the reason", async () => {
  const { server, app } = start({ clientId: "registered", redirectUri: "https://app.test/" });
  await assert.rejects(server.launch(app), { code: "authorization_failed", message: /client_id is "my-app" instead of "registered"/ });
  const other = start({ redirectUri: "https://app.test/callback" });
  await assert.rejects(other.server.launch(other.app), { message: /redirect_uri is "https:\/\/app.test\/" instead of/ });
  const withoutPkce = start({}, { pkce: "disabled" });
  await assert.rejects(withoutPkce.server.launch(withoutPkce.app), { message: /code_challenge_method is "" instead of "S256"/ });
  assert.throws(() => server.authorize("https://other.test/authorize"), { message: /its URL is not https:\/\/ehr.test\/authorize/ });
});

test("a refusal of the user rejects resume()", async () => {
  const { server, app } = start();
  globalThis.location = new URL(server.authorize(await app.authorizationUrl(), { deny: true }));
  globalThis.history = { state: null, replaceState() {} };
  try {
    await assert.rejects(app.resume(), { code: "access_denied" });
  } finally {
    delete globalThis.location;
    delete globalThis.history;
  }
});

test("the granted scopes are those that the test sets", async () => {
  const { server, app } = start({ scope: "launch/patient patient/Patient.rs" });
  const session = await server.launch(app);
  assert.deepEqual([session.mayRead("Patient"), session.mayRead("Observation"), session.identity, session.canRefresh], [true, false, undefined, false]);
});

test("an invalid access token is refreshed once, and after sign-out nothing is valid", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  server.invalidateAccessTokens();
  assert.deepEqual(await Promise.all([session.patient.read(), session.read("Observation/2")]), [ada, lab]);
  assert.equal(server.requests.filter(({ parameters }) => parameters.get("grant_type") === "refresh_token").length, 1);
  assert.equal((await session.signOut()).revocation, "revoked");
  assert.equal((await server.fetch(`${server.fhirBase}/Patient/1`)).status, 401);
});

test("a refresh token that the server refuses ends the session", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  server.invalidateAccessTokens();
  server.reply("POST", "/token", { status: 400, body: { error: "invalid_grant" } });
  await assert.rejects(session.patient.read(), { code: "invalid_grant" });
  assert.equal(session.active, false);
});

test("replies are matched by method and path, the newest first, as often as the test says", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  const codes = async () => (await session.search("Observation", {}, { retry: false }).toArray().catch(({ code, status }) => [code, status]));
  server.reply("GET", "Observation", { status: 503 }, { times: 1 });
  server.reply("GET", "Observation", { offline: true }, { times: 1 });
  assert.deepEqual([await codes(), await codes(), await codes()], [["network", undefined], ["fhir_error", 503], [lab]]);
  server.reply("GET", "Observation?code=x", []);
  assert.deepEqual([await session.search("Observation", { code: "x" }).toArray(), await codes()], [[], [lab]]);
  server.reply("POST", "Observation", ({ body }) => ({ status: 201, headers: { ETag: 'W/"1"' }, body: { ...JSON.parse(body), id: "3" } }));
  const { status, etag, resource } = await session.create({ resourceType: "Observation" });
  assert.deepEqual([status, etag, resource], [201, 'W/"1"', { resourceType: "Observation", id: "3" }]);
  server.verify();
});

test("an unscripted request is answered with 501, is reported, and fails verify()", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  const text = /no response for GET https:\/\/ehr.test\/fhir\/Condition\?patient=1: .*server\.reply\("GET", …\).*It has Patient, Observation\.$/;
  const { code, status, message } = await session.patient.search("Condition").toArray().catch((error) => error);
  assert.deepEqual([code, status], ["fhir_error", 501]);
  assert.match(message, text);
  assert.match(errors.mock.calls[0].arguments[0], text);
  assert.equal(server.requests.filter(({ url }) => url.includes("Condition")).length, 1);
  assert.throws(() => server.verify(), { code: "unscripted_request", message: text });
  server.verify();
});

test("a request to another server is reported without its parameters", async () => {
  const { server } = start();
  await server.fetch("https://other.test/path?secret=value");
  const isHelpful = ({ message }) => message.includes("GET https://other.test/path: its FHIR base is https://ehr.test/fhir.") && !message.includes("value");
  assert.throws(() => server.verify(), isHelpful);
});

test("a launch without the server's fetch is an error that says so", async () => {
  const { server, app } = start();
  globalThis.fetch = async () => new Response("", { status: 404 });
  await assert.rejects(server.launch(app), { code: "invalid_configuration", message: /set globalThis.fetch = server.fetch/ });
});

test("a session that is a fake is refused by the package's own app", async () => {
  const { app } = start();
  await assert.rejects(app.launchAgain(fakeSession()), { name: "SmartError", code: "invalid_configuration", message: /not a session of this app/ });
});

test("a wrong reply of the test fails verify(), and is no network error", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  for (const [reply, message] of [
    [() => missing.member, /missing is not defined/],
    [7, /The reply to GET https:\/\/ehr.test\/fhir\/Patient\/1 is not usable: return a resource/],
  ]) {
    server.reply("GET", "Patient/1", reply, { times: 1 });
    await assert.rejects(session.patient.read(), { code: "fhir_error", status: 501 });
    assert.throws(() => server.verify(), { message });
  }
});

test("an aborted request rejects", async () => {
  const { server, app } = start();
  const session = await server.launch(app);
  server.reply("GET", "Patient/1", () => new Promise(() => {}));
  const controller = new AbortController();
  const pending = session.patient.read({ signal: controller.signal });
  controller.abort();
  await assert.rejects(pending, { code: "aborted" });
});

test("an unknown option is refused", () => {
  assert.throws(() => scriptedServer({ fhirbase: "https://ehr.test" }), { code: "invalid_configuration", message: /no option "fhirbase"/ });
});
