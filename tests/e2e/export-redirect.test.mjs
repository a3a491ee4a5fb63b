// Bulk exports in a browser, with redirects of the status or the files to another origin.

import assert from "node:assert/strict";
import { startAttacker } from "./support/attacker.mjs";
import { test } from "./support/browser.mjs";
import { home } from "./support/package.mjs";

const redirect = (location) => ({ status: 302, headers: { Location: location } });
const json = (body) => ({ body: JSON.stringify(body) });
const lines = { headers: { "Content-Type": "application/fhir+ndjson" }, body: '{"id":"a"}\n{"id":"é"}\n' };

/** A server with one export job, and a file server of another origin. `responses` replaces `/status` or `/file` of the first. */
async function startServers(responses) {
  const manifest = ({ origin }, requiresAccessToken) =>
    json({ requiresAccessToken, output: [{ type: "Patient", url: `${origin}/file`, count: 2 }] });
  const storage = await startAttacker({ "/file": () => lines, "/manifest": () => manifest(storage, false) });
  const server = await startAttacker({
    "/fhir/.well-known/smart-configuration": () =>
      json({ token_endpoint: `${server.origin}/token`, token_endpoint_auth_signing_alg_values_supported: ["ES384"] }),
    "/token": () => json({ access_token: "the-token", token_type: "bearer", expires_in: 300 }),
    "/fhir/Patient/$export": () => ({
      status: 202,
      headers: { "Content-Location": `${server.origin}/status`, "Access-Control-Expose-Headers": "Content-Location" },
    }),
    "/status": () => manifest(server, true),
    "/file": () => lines,
    ...responses(storage.origin),
  });
  return { server, storage };
}

/** Exports in the page. Returns the ids of the resources, and the contents of a downloaded file. */
async function exportIn(page, fhirBase) {
  await page.goto(home);
  return page.evaluate(async (fhirBase) => {
    const { BackendClient, Keys } = await import("/pkg/backend.js");
    const key = await Keys.generate("ES384");
    const client = new BackendClient({ fhirBase, clientId: "service", scope: "system/*.rs", key });
    const job = await client.startExport();
    const ids = [];
    for await (const { id } of job.resources()) ids.push(id);
    const [file] = (await job.wait()).output;
    return { ids, saved: await new Response(await job.download(file)).text() };
  }, fhirBase);
}

const tokensAt = ({ received }, wanted) =>
  received.filter(({ path, method }) => path === wanted && method === "GET").map(({ headers }) => headers.authorization);

test("B4 a browser follows a file's redirect to another origin without the token", async ({ page }) => {
  const { server, storage } = await startServers((other) => ({ "/file": () => redirect(`${other}/file`) }));
  assert.deepEqual(await exportIn(page, `${server.origin}/fhir`), { ids: ["a", "é"], saved: lines.body });
  assert.deepEqual(tokensAt(server, "/file"), ["Bearer the-token", "Bearer the-token"]);
  assert.deepEqual(tokensAt(storage, "/file"), [undefined, undefined]);
}, { bypassCSP: true });

test("B4 a browser follows a status redirect to another origin, and neither that request nor its files get the token", async ({ page }) => {
  const { server, storage } = await startServers((other) => ({ "/status": () => redirect(`${other}/manifest`) }));
  assert.deepEqual(await exportIn(page, `${server.origin}/fhir`), { ids: ["a", "é"], saved: lines.body });
  assert.deepEqual(tokensAt(server, "/status"), ["Bearer the-token"]);
  assert.deepEqual(tokensAt(storage, "/manifest"), [undefined]);
  assert.deepEqual(tokensAt(storage, "/file"), [undefined, undefined]);
}, { bypassCSP: true });

test("B4 a browser keeps the token in a redirect to the same origin", async ({ page }) => {
  const { server } = await startServers(() => ({ "/file": () => redirect("/fhir/file"), "/fhir/file": () => lines }));
  assert.deepEqual(await exportIn(page, `${server.origin}/fhir`), { ids: ["a", "é"], saved: lines.body });
  assert.deepEqual(tokensAt(server, "/fhir/file"), ["Bearer the-token", "Bearer the-token"]);
}, { bypassCSP: true });
