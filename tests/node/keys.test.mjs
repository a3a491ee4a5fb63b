// A client's key in Node: `Keys` is accepted wherever a key is.

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { BackendClient, Keys, SmartApp, register } from "../../pkg/node.js";
import { serverOf, startServer, storeOf } from "./support.mjs";

let server;
const registrations = [];
const registry = createServer(async (request, response) => {
  let text = "";
  for await (const piece of request) text += piece;
  response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" });
  if (request.method !== "POST") {
    const { origin } = new URL(`http://${request.headers.host}`);
    return response.end(JSON.stringify({ token_endpoint: `${origin}/token`, registration_endpoint: `${origin}/register` }));
  }
  registrations.push(JSON.parse(text));
  return response.end(JSON.stringify({ ...JSON.parse(text), client_id: "given" }));
});

before(async () => {
  server = await startServer({
    files: {
      "/fhir/Patient/1": (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ resourceType: "Patient", id: "1" }));
      },
    },
  });
  await new Promise((resolve) => registry.listen(0, "127.0.0.1", resolve));
});

after(async () => {
  await server.stop();
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
});

/** Whether the last form that came in is signed by a key. */
function isSignedBy(keys, hash) {
  const [header, claims, signature] = server.forms.at(-1).client_assertion.split(".");
  const key = { key: createPublicKey({ key: keys.publicJwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  return verify(hash, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
}

test("K8 the guide's example creates an app with a generated key, and the key signs", async () => {
  const guide = await readFile(new URL("../../docs/guide/keys.md", import.meta.url), "utf8");
  const [, example] = /## In a browser\n+```js\n([^]*?)```/.exec(guide);
  assert.match(example, /key = await Keys\.generate\("ES384"\)/);
  const key = await Keys.generate("ES384");
  const config = { ...serverOf(server.fhirBase), tokenEndpointAuthMethod: "private_key_jwt", key };
  const url = new URL(await new SmartApp({ store: "memory", server: config }).authorizationUrl());
  assert.equal(url.searchParams.get("client_id"), "app");

  const store = storeOf(server.fhirBase, {
    expiresAt: 1,
    refreshToken: "refresh-1",
    endpoints: { authorization: `${server.origin}/authorize`, token: `${server.origin}/token`, issuerInRedirect: false },
  });
  const session = await new SmartApp({ store, server: config }).resume();
  assert.equal((await session.read("Patient/1")).id, "1");
  assert.equal(server.forms.at(-1).grant_type, "refresh_token");
  assert.ok(isSignedBy(key, "sha384"));
});

test("K8 a service accepts the same object", async () => {
  const key = await Keys.generate("ES256");
  const service = new BackendClient({ fhirBase: server.fhirBase, clientId: "service", scope: "system/*.rs", key });
  assert.equal((await service.read("Patient/1")).id, "1");
  assert.equal(server.forms.at(-1).grant_type, "client_credentials");
  assert.ok(isSignedBy(key, "sha256"));
});

test("K8 G6 a registration accepts the same object and sends its public key, and empty lists are sent", async () => {
  const key = await Keys.generate("ES384");
  const fhirBase = `http://127.0.0.1:${registry.address().port}/fhir`;
  const metadata = { token_endpoint_auth_method: "private_key_jwt", grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };
  const { document } = await register(fhirBase, { ...metadata, jwks: key });
  assert.deepEqual(registrations.at(-1), { ...metadata, jwks: key.jwks });
  assert.equal(document.client_id, "given");
  assert.ok(!JSON.stringify(registrations.at(-1)).includes('"d"'));
});

test("K8 an invalid key is named in the error", async () => {
  for (const key of [{}, { privateKey: "text" }, new Date(), [], "key"]) {
    const app = new SmartApp({ store: "memory", server: { ...serverOf(server.fhirBase), key } });
    await assert.rejects(app.authorizationUrl(), ({ code, message }) => code === "invalid_configuration" && /key/.test(message));
  }
});

test("D10 a service with a configured token endpoint requests no document", async () => {
  const asked = server.requests.length;
  const key = await Keys.generate("ES384");
  const tokenEndpoint = `${server.origin}/token`;
  const service = new BackendClient({ fhirBase: server.fhirBase, clientId: "service", scope: "system/*.rs", key, tokenEndpoint });
  await service.read("Patient/1");
  assert.deepEqual(server.requests.slice(asked).map(({ url }) => url), ["/token", "/fhir/Patient/1"]);
});
