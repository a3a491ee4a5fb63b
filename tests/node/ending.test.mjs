// A completed call leaves nothing that keeps the process alive.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const here = (name) => JSON.stringify(new URL(name, import.meta.url));
const program = `
  import { SmartApp } from ${here("../../pkg/node.js")};
  import { serverOf, storeOf } from ${here("support.mjs")};
  const fhirBase = "https://ehr.example/fhir";
  globalThis.fetch = async () => new Response('{"resourceType":"Patient","id":"1"}', { headers: { "content-type": "application/fhir+json" } });
  const session = await new SmartApp({ store: storeOf(fhirBase), server: serverOf(fhirBase) }).resume();
  console.log((await session.read("Patient/1")).id);
`;

// A request has a timeout of a minute. Its timer must not keep the process alive.
test("a process ends after its last read", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
  assert.equal(stdout, "1\n");
});
