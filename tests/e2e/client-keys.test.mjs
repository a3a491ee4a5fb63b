// A client's key in a page, with the example of the documentation.

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import { removePageScript, home } from "./support/package.mjs";

const json = (body, status = 200) => ({ status, body: JSON.stringify(body) });
const guide = await readFile(new URL("../../docs/guide/keys.md", import.meta.url), "utf8");
const [, example] = /## In a browser\n+```js\n([^]*?)```/.exec(guide);

/** A server with a token endpoint and a registration endpoint. */
async function startServer() {
  const server = await startAttacker({
    "/fhir/.well-known/smart-configuration": () =>
      json({
        authorization_endpoint: `${server.origin}/authorize`,
        token_endpoint: `${server.origin}/token`,
        registration_endpoint: `${server.origin}/register`,
        token_endpoint_auth_signing_alg_values_supported: ["ES384"],
      }),
    "/token": () => json({ access_token: "the-token", token_type: "bearer", scope: "launch/patient patient/*.rs", patient: "1" }),
    "/register": () => {
      const { body } = server.received.find(({ path, method }) => path === "/register" && method === "POST");
      return json({ ...JSON.parse(body), client_id: "assigned" }, 201);
    },
  });
  return server;
}

/** Runs the guide's example in the page against a server, and then a function with its `app` and `key`. */
function withExample(page, { origin }, body) {
  const script = example
    .replace('import { Keys, SmartApp } from "smartrust";', 'const { Keys, SmartApp, register } = await import("/pkg/index.js");')
    .replace("https://ehr.example/fhir", `${origin}/fhir`);
  return page.evaluate(`(async () => { ${script}; return (${body})({ app, key, register }); })()`);
}

test("K8 the guide's example launches and authenticates with its key", async ({ page, context }) => {
  await removePageScript(context);
  await page.goto(home);
  const server = await startServer();
  const { url, jwk } = await withExample(page, server, "async ({ app, key }) => ({ url: await app.authorizationUrl(), jwk: key.publicJwk })");
  await page.goto(`${home}?code=the-code&state=${new URL(url).searchParams.get("state")}`);
  assert.equal(await withExample(page, server, "async ({ app }) => (await app.resume()).patient.id"), "1");

  const { body } = server.received.find(({ path, method }) => path === "/token" && method === "POST");
  const form = new URLSearchParams(body);
  assert.equal(form.get("client_id"), null);
  const [header, claims, signature] = form.get("client_assertion").split(".");
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  assert.ok(verify("sha384", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url")));
  assert.equal(JSON.parse(Buffer.from(header, "base64url")).kid, jwk.kid);
}, { bypassCSP: true });

test("K8 G6 a registration accepts the same key and sends its public key and empty lists", async ({ page, context }) => {
  await removePageScript(context);
  await page.goto(home);
  const server = await startServer();
  const { document, jwks } = await withExample(
    page,
    server,
    `async ({ key, register }) => {
      const metadata = {
        token_endpoint_auth_method: "private_key_jwt",
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        jwks: key,
      };
      const { document } = await register("${server.origin}/fhir", metadata);
      return { document, jwks: key.jwks };
    }`,
  );
  const { body } = server.received.find(({ path, method }) => path === "/register" && method === "POST");
  const sent = JSON.parse(body);
  assert.deepEqual(sent.jwks, jwks);
  assert.deepEqual([sent.response_types, sent.redirect_uris], [[], []]);
  assert.deepEqual([document.client_id, document.jwks], ["assigned", jwks]);
  assert.ok(!body.includes('"d"'), "the private key is sent");
}, { bypassCSP: true });
