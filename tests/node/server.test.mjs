// The npm package in Node: functions that need no client.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Registration, Scopes, SmartError, diagnose, discover, register } from "../../pkg/node.js";

const running = [];
after(() => Promise.all(running.map((server) => new Promise((closed) => server.close(closed)))));

/** A server whose paths are answered by `[status, body]`, or by a function of the request and its body that gives them. */
async function serverWith(paths) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    const { method, url, headers } = request;
    asked.push({ method, url, authorization: headers.authorization, body: text && JSON.parse(text) });
    const answer = paths[url]?.(`http://127.0.0.1:${server.address().port}`, asked.at(-1)) ?? [404, { resourceType: "OperationOutcome" }];
    response.writeHead(answer[0], { "content-type": "application/json", connection: "close" });
    response.end(answer[1] && JSON.stringify(answer[1]));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  running.push(server);
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { fhirBase: `${origin}/fhir`, origin, asked };
}

const configuration = (origin) => [
  200,
  {
    issuer: origin,
    authorization_endpoint: "/authorize",
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    capabilities: "launch-ehr",
    code_challenge_methods_supported: ["S256"],
  },
];
const wellKnown = "/fhir/.well-known/smart-configuration";

const metadata = {
  client_name: "Growth chart",
  redirect_uris: ["https://app.example/"],
  scope: "launch/patient patient/*.rs",
  token_endpoint_auth_method: "none",
};

async function errorOf(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  assert.ok(error instanceof SmartError, String(error));
  return error;
}

test("D3 discover returns a server's endpoints as absolute URLs, and the document unchanged", async () => {
  const { fhirBase, origin } = await serverWith({ [wellKnown]: configuration });
  const found = await discover(fhirBase);
  assert.equal(found.token_endpoint, `${origin}/token`);
  assert.equal(new URL(found.authorization_endpoint).origin, origin);
  assert.deepEqual(found.code_challenge_methods_supported, ["S256"]);
  assert.equal(found.document.authorization_endpoint, "/authorize");
  assert.equal((await errorOf(discover((await serverWith({})).fhirBase))).code, "discovery_failed");
});

test("D7 diagnose returns the problems of a server's documents, each with its section", async () => {
  const { fhirBase } = await serverWith({ [wellKnown]: configuration });
  const findings = await diagnose({ fhirBase });
  assert.ok(findings.some(({ code }) => code === "string_for_array"), JSON.stringify(findings));
  assert.ok(findings.some(({ code, message }) => code === "missing_document" && message.includes("openid-configuration")));
  assert.ok(findings.every(({ message, section }) => message.length > 20 && section.length > 5));
});

test("G1 a client is registered, read, updated and deleted, with an object that can be stored as JSON", async () => {
  const registered = (origin, { body }) => [
    201,
    { ...body, scope: "patient/*.rs", client_id: "abc", registration_access_token: "r-1", registration_client_uri: `${origin}/register/abc` },
  ];
  const managed = (origin, { method, body }) =>
    method === "DELETE" ? [204] : [200, { ...(body || metadata), client_id: "abc" }];
  const server = await serverWith({ [wellKnown]: configuration, "/register": registered, "/register/abc": managed });
  const made = await register(server.fhirBase, metadata, { initialAccessToken: "first" });
  assert.equal(made.clientId, "abc");
  assert.deepEqual(made.changes, [{ member: "scope", sent: metadata.scope, registered: "patient/*.rs" }]);

  const kept = new Registration(JSON.parse(JSON.stringify(made)));
  const renamed = await kept.update({ ...metadata, client_name: "Growth" });
  assert.equal(renamed.document.client_name, "Growth");
  assert.equal(renamed.document.registration_access_token, "r-1", "what the answer left out stays");
  assert.equal((await renamed.read()).document.client_name, metadata.client_name);
  await renamed.delete();

  const calls = server.asked.filter(({ url }) => url.startsWith("/register"));
  assert.deepEqual(
    calls.map(({ method, authorization }) => [method, authorization]),
    [["POST", "Bearer first"], ["PUT", "Bearer r-1"], ["GET", "Bearer r-1"], ["DELETE", "Bearer r-1"]],
  );
});

test("a server without registration causes an error", async () => {
  const { fhirBase } = await serverWith({ [wellKnown]: (origin) => [200, { ...configuration(origin)[1], registration_endpoint: undefined }] });
  assert.equal((await errorOf(register(fhirBase, metadata))).code, "registration_off");
});

test("P1 scopes are compared, reduced and explained", async () => {
  const scopes = await Scopes.parse("openid patient/Observation.r patient/Observation.s patient/Condition.read");
  assert.equal(scopes.covers("patient/Observation.rs openid"), true);
  assert.equal(scopes.covers(["patient/Condition.cud"]), false);
  assert.equal(scopes.allows("Condition"), true);
  assert.equal(scopes.allows("Condition", "c"), false);
  assert.deepEqual([...scopes.reduced()].sort(), ["openid", "patient/Condition.read", "patient/Observation.rs"]);
  assert.equal(String(scopes.union(await Scopes.parse("openid fhirUser"))).split(" ").length, 5);
  const [, { scope, sentence }] = scopes.sentences();
  assert.equal(scope, "patient/Observation.r");
  assert.equal(sentence, "See your lab results and vital signs");
});
