// A trust community at a sandbox EHR of its own, and an app's certificate in it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openssl, startSandbox } from "../../node/sandbox.mjs";

const APP = "https://app.example/udap";

/** Writes the app's key and certificate and the community's anchor to a folder, and calls `work` with the FHIR base of its server. */
export async function inCommunity(folder, work) {
  const ehr = await startSandbox("tefca");
  try {
    const [key, request] = ["app.key", "app.csr"].map((name) => join(folder, name));
    const subject = ["-subj", "/CN=app", "-addext", `subjectAltName=URI:${APP}`];
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", ...subject, "-keyout", key, "-out", request);
    const write = async (name, response) => writeFileSync(join(folder, name), await (await response).text());
    await write("app.pem", fetch(`${ehr.base}/community/certificates`, { method: "POST", body: readFileSync(request) }));
    await write("community.pem", fetch(`${ehr.base}/community/anchors.pem`));
    work(ehr.fhirBase);
  } finally {
    await ehr.stop();
  }
}

/** Checks the report of community-program.mjs. */
export function checkCommunityReport(report) {
  assert.deepEqual(JSON.parse(report), {
    uri: APP,
    change: "registered",
    id: "1",
    birthDate: "1969-07-16",
    refusal: { code: "udap_untrusted", check: "the certificate chain" },
  });
}
