// Documents that the npm package reads as bytes.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { clearFaults, injectFault } from "./support/control.mjs";
import { signIn, withSession } from "./support/package.mjs";
import { ehrOrigin } from "./support/servers.mjs";

/** Reads the patient's first document that is an XML Binary, and returns its properties. */
async function readDocument({ session }) {
  const documents = await session.patient.search("DocumentReference").toArray();
  const attachments = documents.map(({ content }) => content[0].attachment);
  const { url, contentType } = attachments.find((attachment) => attachment.url && attachment.contentType === "application/xml");
  const progress = [];
  const blob = await session.readBlob(url, { accept: contentType, onProgress: ({ bytes }) => progress.push(bytes) });
  const elsewhere = await session.readBlob("https://files.example/7.pdf").catch(({ code }) => code);
  const aborted = await session.readBlob(url, { signal: AbortSignal.abort() }).catch(({ code }) => code);
  return { url, type: blob.type, contentType, size: blob.size, text: await blob.text(), progress, elsewhere, aborted };
}

test("F14 a document is read as bytes, even if the server refuses the first media type", async ({ page, traffic }) => {
  await signIn(page);
  const plain = await withSession(page, readDocument);
  assert.equal(plain.type, plain.contentType);
  assert.match(plain.text, /<ClinicalDocument/);
  assert.equal(plain.progress.at(-1), plain.size);
  assert.deepEqual([plain.elsewhere, plain.aborted], ["foreign_url", "aborted"]);
  assert.equal(traffic.to("https://files.example").length, 0);
  for (const status of [404, 406]) {
    await injectFault({ path: "/webchart.cgi/fhir/Binary", method: "GET", status });
    try {
      // The second media type is FHIR JSON, for which the server returns the Binary as a resource.
      assert.deepEqual({ ...(await withSession(page, readDocument)), progress: [] }, { ...plain, progress: [] }, String(status));
    } finally {
      await clearFaults();
    }
  }
  const sent = traffic.to(`${ehrOrigin}/webchart.cgi/fhir/Binary`);
  assert.ok(sent.length >= 5, `${sent.length} requests`);
});
