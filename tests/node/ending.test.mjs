// What a call leaves behind: nothing that a program would have to wait for.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const program = `
  import { SmartApp } from ${JSON.stringify(new URL("../../pkg/node.js", import.meta.url))};
  const fhirBase = "https://ehr.example/fhir";
  const record = {
    server: "app " + fhirBase,
    clientId: "app",
    fhirBase,
    endpoints: { authorization: "https://ehr.example/authorize", token: "https://ehr.example/token", issuerInRedirect: false },
    requestedScope: "user/*.rs",
    accessToken: "made for this test",
    context: {},
  };
  const texts = new Map([["smartrust.session.one", JSON.stringify(record)], ["smartrust.current", "one"]]);
  const store = {
    get: (key) => texts.get(key),
    set: (key, text) => void texts.set(key, text),
    remove: (key) => void texts.delete(key),
    keys: () => [...texts.keys()],
  };
  globalThis.fetch = async () => new Response('{"resourceType":"Patient","id":"1"}', { headers: { "content-type": "application/fhir+json" } });
  const session = await new SmartApp({ store, server: { fhirBase, clientId: "app", scope: "user/*.rs", redirectUri: "https://app.example/" } }).resume();
  console.log((await session.read("Patient/1")).id);
`;

// A request may take a minute; the timer for it must not hold the program up for as long.
test("a program ends when its last read has ended", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
  assert.equal(stdout, "1\n");
});
