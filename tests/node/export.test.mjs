// Bulk exports through the npm package in Node: pages, header rows, counts, a cancellation, long lines.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BackendClient, SmartError } from "../../pkg/node-backend.js";
import { startServer } from "./support.mjs";

const running = [];
after(() => Promise.all(running.map((server) => server.stop())));

/** A job of a server with this script. */
async function jobOf(script, request) {
  const server = await startServer(script);
  running.push(server);
  const client = new BackendClient({ fhirBase: server.fhirBase, clientId: "service", clientSecret: "s", scope: "system/*.rs" });
  return { server, job: await client.startExport(request) };
}

const text = (body) => (_, response) => response.end(body);
const json = (body) => (_, response, origin) => response.end(JSON.stringify(body(origin)));

async function idsOf(resources) {
  const ids = [];
  for await (const { id } of resources) ids.push(id);
  return ids;
}

/** The error that something rejects with. */
async function errorOf(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  assert.ok(error instanceof SmartError, String(error));
  return error;
}

test("B7 a manifest of several pages is read to its end", async () => {
  const page = (origin, number, next) => ({
    requiresAccessToken: true,
    transactionTime: "2026-01-01T00:00:00Z",
    output: [{ type: "Patient", url: `${origin}/${number}`, count: 1 }],
    ...(next && { link: [{ relation: "next", url: `${origin}/page-${next}` }] }),
  });
  const { server, job } = await jobOf(
    {
      manifest: (origin) => page(origin, 1, 2),
      files: {
        "/page-2": json((origin) => page(origin, 2, 3)),
        "/page-3": json((origin) => ({ ...page(origin, 3), error: [{ type: "OperationOutcome", url: `${origin}/e` }] })),
        ...Object.fromEntries([1, 2, 3].map((number) => [`/${number}`, text(`{"id":"${number}"}\n`)])),
      },
    },
    { allowPartialManifests: true, organizeOutputBy: "Patient" },
  );
  const begun = server.requests.find(({ url }) => url.includes("$export"));
  assert.match(begun.url, /organizeOutputBy=Patient&allowPartialManifests=true$/);
  const manifest = await job.wait();
  assert.deepEqual([manifest.output.length, manifest.error.length, manifest.documents.length], [3, 1, 3]);
  assert.equal(manifest.document.link.length, 1);
  assert.deepEqual((await idsOf(job.resources())).sort(), ["1", "2", "3"]);
  assert.ok(server.requests.filter(({ url }) => url.startsWith("/page-")).every(({ hasToken }) => hasToken));
});

test("B9 batches contain their header row, checking counts is optional, and an OperationOutcome among resources is an error", async () => {
  const header = (id) =>
    JSON.stringify({ resourceType: "Parameters", parameter: [{ name: "header", valueReference: { reference: `Patient/${id}` } }] });
  const body = `${header(1)}\n{"id":"1"}\n{"id":"a"}\n${header(2)}\n{"id":"2"}\n`;
  const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "fatal", code: "exception", diagnostics: "out of disk" }] };
  const { job } = await jobOf({
    manifest: (origin) => ({ requiresAccessToken: true, output: [{ url: `${origin}/f`, count: 9 }, { url: `${origin}/broken` }] }),
    files: { "/f": text(body), "/broken": text(`{"id":"b"}\n${JSON.stringify(outcome)}\n`) },
  });
  const { output: [organized, broken] } = await job.wait();
  assert.equal((await errorOf(idsOf(job.resources({ files: [organized] })))).code, "count_mismatch");
  const seen = [];
  for await (const { header, resources } of job.batches({ files: [organized], checkCounts: false })) {
    seen.push([header.parameter[0].valueReference.reference, ...resources.map(({ id }) => id)]);
  }
  assert.deepEqual(seen, [["Patient/1", "1", "a"], ["Patient/2", "2"]]);
  const error = await errorOf(idsOf(job.resources({ files: [broken] })));
  assert.deepEqual([error.code, error.operationOutcome], ["file_failed", outcome]);
  assert.match(error.message, /Line 2 of .*out of disk/);
});

test("B10 a cancellation ends a pending wait, and no request follows", async () => {
  const statuses = Array.from({ length: 5 }, () => ({ "retry-after": "60" }));
  const { server, job } = await jobOf({ manifest: () => ({ output: [] }), statuses });
  const waiting = job.wait({ onProgress: () => job.cancel() });
  assert.equal((await errorOf(waiting)).code, "export_cancelled");
  await job.cancel();
  const sent = server.requests.map(({ method, url }) => `${method} ${url}`);
  assert.deepEqual(sent.filter((line) => line.endsWith("/job")), ["GET /job", "DELETE /job", "DELETE /job"]);
});

test("B11 a line that is too long is an error even before it ends, and is skipped on request", async () => {
  const long = `{"id":"${"x".repeat(3_000_000)}"}`;
  const endless = (_, response) => {
    response.write('{"id":"a"}\n');
    response.write(long);
  };
  const { job } = await jobOf({
    manifest: (origin) => ({ requiresAccessToken: true, output: [{ url: `${origin}/endless` }, { url: `${origin}/f`, count: 3 }] }),
    files: { "/endless": endless, "/f": text(`{"id":"a"}\n${long}\n\n{"id":"b"}\n`) },
  });
  const { output: [stuck, file] } = await job.wait();
  const bounded = { maxLineBytes: 1_000_000 };
  const error = await errorOf(idsOf(job.resources({ files: [stuck], ...bounded })));
  assert.deepEqual([error.code, /Line 2 of .*longer than 1000000 bytes/.test(error.message)], ["bad_line", true]);
  assert.deepEqual(await idsOf(job.resources({ files: [file], skipBadLines: true, ...bounded })), ["a", "b"]);
  assert.equal((await idsOf(job.resources({ files: [file] }))).length, 3, "by default it is none of those");
  for (const maxLineBytes of [0, -1, "many", NaN]) {
    assert.equal((await errorOf(idsOf(job.resources({ maxLineBytes })))).code, "invalid_configuration");
  }
});
