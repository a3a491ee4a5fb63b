// The npm package in Node: bulk exports of a service.

import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { BackendClient, Keys, SmartError } from "../../pkg/node-backend.js";
import { startServer } from "./support.mjs";

const running = [];
after(() => Promise.all(running.map((server) => server.stop())));

async function serverWith(script) {
  const server = await startServer(script);
  running.push(server);
  return server;
}

const oneFile = (count) => (origin) => ({
  requiresAccessToken: true,
  output: [{ type: "Patient", url: `${origin}/file`, ...(count && { count }) }],
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = rsa.privateKey.export({ type: "pkcs1", format: "pem" });

async function serviceAt(server, options) {
  const key = await Keys.importPem(pem);
  return new BackendClient({ fhirBase: server.fhirBase, clientId: "service", scope: "system/*.rs", key, ...options });
}

/** The error that something rejects with. */
async function errorOf(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  assert.ok(error instanceof SmartError, String(error));
  return error;
}

async function idsOf(resources) {
  const ids = [];
  for await (const { id } of resources) ids.push(id);
  return ids;
}

test("B1 a service in Node authenticates with an assertion that its public key verifies", async () => {
  const server = await serverWith({ manifest: oneFile() });
  const job = await (await serviceAt(server)).startExport();
  await job.wait();
  const [form] = server.forms;
  assert.equal(form.grant_type, "client_credentials");
  const [header, claims, signature] = form.client_assertion.split(".");
  const signed = Buffer.from(`${header}.${claims}`);
  const publicKey = createPublicKey(rsa.privateKey);
  assert.ok(verify("sha384", signed, publicKey, Buffer.from(signature, "base64url")));
  assert.equal(JSON.parse(Buffer.from(claims, "base64url")).aud, `${server.origin}/token`);
});

test("K5 the error message of a failed callback names an error of this package, and no other", async () => {
  const server = await serverWith({ manifest: oneFile() });
  const messages = [];
  for (const thrown of [new SmartError("udap_untrusted", "The certificate has expired."), new Error("the secret is 1234")]) {
    const authenticate = () => Promise.reject(thrown);
    const service = new BackendClient({ fhirBase: server.fhirBase, clientId: "service", scope: "system/*.rs", authenticate });
    const { code, message } = await errorOf(service.startExport());
    assert.equal(code, "client_authentication_failed");
    messages.push(message);
  }
  assert.match(messages[0], /udap_untrusted: The certificate has expired/);
  assert.doesNotMatch(messages[1], /1234/);
  assert.deepEqual(server.forms, []);
});

test("K4 a PEM of other software is imported, and only its public key is published", async () => {
  const keys = await Keys.importPem(rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
  const { kid, use, ...bare } = keys.publicJwk;
  assert.deepEqual(bare, rsa.publicKey.export({ format: "jwk" }));
  assert.deepEqual([kid, use], [keys.thumbprint, "sig"]);
  assert.equal(await keys.publicPem(), rsa.publicKey.export({ type: "spki", format: "pem" }));
  await assert.rejects(crypto.subtle.exportKey("jwk", keys.privateKey[0]));
  assert.equal((await errorOf(Keys.importPem("no key"))).code, "invalid_configuration");
  assert.equal((await errorOf(Keys.load("x"))).code, "storage_unavailable");
});

test("B3 progress is reported, and a job is resumed with its status URL", async () => {
  const server = await serverWith({ manifest: oneFile(), statuses: [{ "retry-after": "1", "x-progress": "half" }] });
  const service = await serviceAt(server);
  const { statusUrl } = await service.startExport({ group: "g", types: ["Patient"], since: new Date(0) });
  const heard = [];
  const job = await service.exportAt(statusUrl);
  assert.equal((await job.wait({ onProgress: (progress) => heard.push(progress) })).output.length, 1);
  assert.deepEqual(heard, [{ text: "half", pause: 1 }]);
  const { url } = server.requests.find(({ url }) => url.includes("$export"));
  assert.equal(url, "/fhir/Group/g/$export?_type=Patient&_since=1970-01-01T00%3A00%3A00.000Z");
});

test("B2 an export since an invalid Date is refused before any request", async () => {
  const server = await serverWith({ manifest: oneFile() });
  const service = await serviceAt(server);
  const { code, message } = await errorOf(service.startExport({ group: "g", since: new Date("yesterday") }));
  assert.equal(code, "invalid_configuration");
  assert.match(message, /since/);
  assert.ok(server.requests.every(({ url }) => !url.includes("$export")));
});

test("B1 a service searches page by page, reports progress, and stops at a limit", async () => {
  const bundle = (ids, next) => (_, response, origin) => {
    response.writeHead(200, { "content-type": "application/fhir+json" });
    const link = next ? [{ relation: "next", url: `${origin}${next}` }] : [];
    const entry = ids.map((id) => ({ resource: { resourceType: "Group", id } }));
    response.end(JSON.stringify({ resourceType: "Bundle", total: 3, entry, link }));
  };
  const pages = { "/fhir/Group": bundle(["é", "b"], "/fhir/more/2"), "/fhir/more/2": bundle(["c"]), "/fhir/Device": bundle(["d"], "/beside") };
  const server = await serverWith({ files: pages });
  const service = await serviceAt(server);
  const progress = [];
  const options = { headers: { "X-Trace": "7" }, onProgress: (told) => progress.push(told) };
  const groups = service.search("Group", { name: ["x", "y z"], _count: 2 }, options);
  assert.equal(server.requests.length, 0, "nothing is sent before the first step");
  assert.deepEqual(await idsOf(groups), ["é", "b", "c"]);
  const asked = server.requests.filter(({ url }) => url.startsWith("/fhir/") && !url.includes(".well-known"));
  assert.deepEqual(asked.map(({ url, hasToken }) => [url, hasToken]), [
    ["/fhir/Group?name=x&name=y%20z&_count=2", true],
    ["/fhir/more/2", true],
  ]);
  assert.deepEqual(progress.map(({ pages, resources, total }) => [pages, resources, total]), [[1, 2, 3], [2, 3, 3]]);
  assert.ok(progress[0].bytes > 100 && progress[1].bytes > progress[0].bytes, JSON.stringify(progress));
  assert.deepEqual((await service.search("Group", {}, { limit: 1 }).toArray()).map(({ id }) => id), ["é"]);

  assert.equal((await errorOf(service.search("Device").toArray())).code, "foreign_url");
  assert.ok(server.requests.every(({ url }) => url !== "/beside"));
  assert.equal((await errorOf(service.search("Nothing").toArray())).status, 404);
  assert.equal((await errorOf(service.search("Group", {}, { signal: AbortSignal.abort() }).toArray())).code, "aborted");
});

test("B4 a redirect to another origin is followed without the token", async () => {
  const seen = [];
  const storage = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"id":"a"}\n');
  });
  await new Promise((resolve) => storage.listen(0, "127.0.0.1", resolve));
  running.push({ stop: () => new Promise((resolve) => storage.close(resolve)) });
  const away = `http://127.0.0.1:${storage.address().port}/file`;
  const redirect = (_, response) => response.writeHead(302, { location: away }).end();
  const server = await serverWith({ manifest: oneFile(1), files: { "/file": redirect } });
  const job = await (await serviceAt(server)).startExport();
  assert.deepEqual(await idsOf(job.resources()), ["a"]);
  assert.equal(server.requests.find(({ url }) => url === "/file").hasToken, true);
  assert.deepEqual(seen, [undefined]);
});

test("B5 lines are correct however the bytes are split, and a broken connection loses none", async () => {
  const body = Buffer.from('\ufeff{"id":"é€𝄞"}\r\n\n{"id":"b"}\n{"id":"c"}');
  let tries = 0;
  const broken = async (_, response) => {
    tries += 1;
    // The first connection breaks off after the second resource, in the middle of the third.
    const end = tries === 1 ? body.length - 4 : body.length;
    for (const byte of body.subarray(0, end)) {
      response.write(Buffer.of(byte));
      await new Promise((sent) => setImmediate(sent));
    }
    if (tries === 1) response.destroy();
    else response.end();
  };
  const server = await serverWith({ manifest: oneFile(3), files: { "/file": broken } });
  const job = await (await serviceAt(server)).startExport();
  const progress = [];
  assert.deepEqual(await idsOf(job.resources({ onProgress: (told) => progress.push(told) })), ["é€𝄞", "b", "c"]);
  assert.equal(tries, 2);
  assert.equal(progress.at(-1).resources, 3);
  assert.equal(progress.at(-1).totalResources, 3);
});

test("B5 a bad line is an error with its file and number, or is skipped and counted", async () => {
  const files = { "/file": (_, response) => response.end('{"id":"a"}\n{broken\n{"id":"b"}\n') };
  const server = await serverWith({ manifest: oneFile(), files });
  const job = await (await serviceAt(server)).startExport();
  const error = await errorOf(idsOf(job.resources()));
  assert.deepEqual([error.code, error.message.includes(`Line 2 of ${server.origin}/file`)], ["bad_line", true]);
  let skipped;
  const options = { skipBadLines: true, onProgress: (progress) => (skipped = progress.skipped) };
  assert.deepEqual(await idsOf(job.resources(options)), ["a", "b"]);
  assert.equal(skipped, 1);
});

test("B6 a file that is too short is an error, a file is downloaded unchanged, and a job is cancelled", async () => {
  const text = '{"id":"a"}\n{"id":"b"}\n';
  const server = await serverWith({ manifest: oneFile(3), files: { "/file": (_, response) => response.end(text) } });
  const job = await (await serviceAt(server)).startExport();
  assert.equal((await errorOf(idsOf(job.resources()))).code, "count_mismatch");
  const [file] = (await job.wait()).output;
  assert.equal(await new Response(await job.download(file)).text(), text);
  await job.cancel();
  assert.deepEqual(server.requests.at(-1), { method: "DELETE", url: "/job", host: new URL(server.origin).host, hasToken: true });
});

test("F7 a signal stops an export, and nothing is fetched after it", async () => {
  const endless = (_, response) => response.write('{"id":"a"}\n');
  const server = await serverWith({ manifest: oneFile(), files: { "/file": endless } });
  const job = await (await serviceAt(server)).startExport();
  const controller = new AbortController();
  const reading = idsOf(job.resources({ signal: controller.signal, onProgress: () => controller.abort() }));
  assert.equal((await errorOf(reading)).code, "aborted");
  const asked = server.requests.length;
  assert.equal((await errorOf(idsOf(job.resources({ signal: controller.signal })))).code, "aborted");
  assert.equal(server.requests.length, asked);
});
