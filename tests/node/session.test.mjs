// Sessions without a page: from a pasted token or a store, and their requests.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SmartApp } from "../../pkg/node.js";
import { serverOf, startServer, storeOf } from "./support.mjs";

let server;
const answers = (status, body) => (_request, response) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

const redirects = (location) => (_request, response) => {
  response.writeHead(307, { location });
  response.end();
};

before(async () => {
  server = await startServer({
    files: {
      "/fhir/Patient/1": answers(200, { resourceType: "Patient", id: "1" }),
      "/fhir/Patient/moved": redirects("/fhir/Patient/1"),
      "/fhir/Patient/gone-out": redirects("/other/Patient/1"),
      "/other/Patient/1": answers(200, { resourceType: "Patient", id: "of-another-practice" }),
      "/fhir/Binary/1": (_request, response) => {
        response.writeHead(200, { "content-type": "application/pdf" });
        response.end(Buffer.from([0x25, 0x50, 0x44, 0x46, 0xff, 0x00]));
      },
      "/userinfo": answers(200, { sub: "u1", name: "Ada" }),
      "/somebody-else": answers(200, { sub: "u2" }),
    },
  });
});

after(() => server.stop());

const appWith = (store) => new SmartApp({ store, server: serverOf(server.fhirBase) });

test("A10 a pasted token creates a session that reads, reports what was not checked, and ends only in this process", async () => {
  const app = appWith("memory");
  const session = await app.sessionFromToken(" made-for-this-test\n", { patient: "1", scope: "patient/*.rs", expiresIn: 60 });
  assert.equal((await session.patient.read()).id, "1");
  assert.deepEqual([session.identity, session.canRefresh, session.scopes.requested], [undefined, false, ["patient/*.rs"]]);
  assert.ok(session.expiresAt > new Date() && session.expiresAt <= new Date(Date.now() + 60_000));
  assert.equal(session.managementEndpoint, `${server.origin}/manage`);
  const [finding, ...others] = await session.findings();
  assert.deepEqual([finding.code, others], ["pasted_token", []]);
  assert.equal(await app.resume(), session);
  assert.equal((await session.signOut()).revocation, "notoffered");
  assert.equal(await app.resume(), null);
});

for (const [what, token, options, code] of [
  ["no token", "  ", {}, "invalid_access_token"],
  ["two tokens", "one two", {}, "invalid_access_token"],
  ["an id that is none", "token", { patient: "a/b" }, "invalid_reference"],
  ["a time that is none", "token", { expiresIn: -1 }, "invalid_configuration"],
  ["an unknown server", "token", { server: "nobody" }, "unknown_server"],
]) {
  test(`A10 ${what} creates no session, and sends no request`, async () => {
    const asked = server.requests.length;
    await assert.rejects(appWith("memory").sessionFromToken(token, options), { code });
    assert.equal(server.requests.length, asked);
  });
}

const identity = { claims: { iss: "https://ehr.example", sub: "u1" }, signature: "verified" };
const endpoints = (userInfo) => ({
  authorization: `${server.origin}/authorize`,
  token: `${server.origin}/token`,
  userInfo: `${server.origin}${userInfo}`,
  issuerInRedirect: false,
});

test("I11 the UserInfo endpoint is requested, and a response about another user is rejected", async () => {
  const about = async (userInfo) => (await appWith(storeOf(server.fhirBase, { identity, endpoints: endpoints(userInfo) })).resume()).userInfo();
  assert.deepEqual(await about("/userinfo"), { sub: "u1", name: "Ada" });
  await assert.rejects(about("/somebody-else"), { code: "invalid_user_info" });
});

test("I11 without an ID token, the UserInfo endpoint is not requested", async () => {
  const asked = server.requests.length;
  const session = await appWith(storeOf(server.fhirBase)).resume();
  await assert.rejects(session.userInfo(), { code: "not_offered" });
  assert.equal(server.requests.length, asked);
});

test("F16 a redirect is followed within the base, and outside it neither the token is sent nor the response returned", async () => {
  const session = await appWith("memory").sessionFromToken("made-for-this-test");
  const headers = { "X-Practice": "north" };
  assert.equal((await session.read("Patient/moved", { headers })).id, "1");
  const refused = await session.read("Patient/gone-out", { headers }).catch((error) => error);
  assert.deepEqual([refused.code, refused.message.includes(`${server.origin}/other/Patient/1`)], ["redirected", true]);
  assert.deepEqual(server.requests.filter(({ url }) => url.startsWith("/other")), []);
  await assert.rejects(session.delete("Patient/moved"), { code: "redirected" });
});

test("F14 a Binary is read as bytes", async () => {
  const session = await appWith("memory").sessionFromToken("made-for-this-test");
  const blob = await session.readBlob("Binary/1");
  assert.deepEqual([blob.type, [...new Uint8Array(await blob.arrayBuffer())]], ["application/pdf", [0x25, 0x50, 0x44, 0x46, 0xff, 0]]);
});

test("R13 R10 an expired session has ended, and is not resumed", async () => {
  const app = appWith("memory");
  const session = await app.sessionFromToken("made-for-this-test", { patient: "1", expiresIn: 0 });
  const heard = new Promise((resolve) => session.addEventListener("signedout", ({ detail }) => resolve(detail.code)));
  assert.equal(session.active, false);
  await assert.rejects(session.patient.read(), { code: "session_expired" });
  assert.equal(await heard, "session_expired");
  assert.deepEqual([session.active, await app.resume(), await app.sessions()], [false, null, []]);
});

test("S9 a process resumes the only session of its store, and none of several", async () => {
  const store = storeOf(server.fhirBase);
  assert.equal((await appWith(store).resume()).id, "one");
  store.set("smartrust.session.two", store.get("smartrust.session.one"));
  assert.equal(await appWith(store).resume(), null);
});

test("A6 a URL without options causes no POST, and an unknown method is an error", async () => {
  const app = appWith("memory");
  for (const method of ["POST", "PUT"]) {
    await assert.rejects(app.authorizationUrl({ method }), ({ code, message }) => code === "invalid_configuration" && /method/.test(message));
  }
  const url = new URL(await app.authorizationUrl({ method: "GET" }));
  assert.equal(url.origin + url.pathname, `${server.origin}/authorize`);
});

test("a store whose keys() returns no strings rejects calls that need them", async () => {
  const app = new SmartApp({ store: { ...storeOf(server.fhirBase), keys: () => undefined }, server: serverOf(server.fhirBase) });
  await assert.rejects(app.authorizationUrl(), { name: "SmartError", code: "storage_unavailable" });
});

test("a body that JSON cannot represent is sent as empty, and the server's error is returned", async () => {
  const session = await appWith("memory").sessionFromToken("made-for-this-test");
  await assert.rejects(session.create({ toJSON: () => undefined }), { name: "SmartError" });
});

test("N1 a process without IndexedDB has no connections, and says that none can be kept", async () => {
  const app = new SmartApp({ server: { ...serverOf(server.fhirBase), softwareId: "app" } });
  assert.deepEqual(await app.connections(), []);
  await assert.rejects(app.authorizationUrl({ keep: true }), { code: "keep_unsupported", message: /cannot create keys/ });
  await assert.rejects(app.authorizationUrl({ keep: "yes" }), { code: "invalid_configuration", message: /keep/ });
});
