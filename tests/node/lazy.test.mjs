// What the package loads at its first use, in Node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SmartApp } from "../../pkg/node.js";

const server = { fhirBase: "https://ehr.example/fhir", clientId: "app", scope: "openid", redirectUri: "https://app.example/" };

test("an app without a page has no sessions, and says so by the code that is loaded at its first use", async () => {
  assert.deepEqual(await new SmartApp({ server, store: "memory" }).sessions(), []);
});

for (const [member, value, problem] of [
  ["authenticate", "a text", /authenticate is wrong: it is not a function/],
  ["key", { privateKey: "a text" }, /key\.privateKey is wrong: it is not a CryptoKey/],
]) {
  for (const configuration of [{ server: { ...server, [member]: value } }, { servers: [server, { ...server, name: "other", [member]: value }] }]) {
    test(`a wrong ${member} in ${Object.keys(configuration)} rejects each call`, async () => {
      const app = new SmartApp(configuration);
      for (const call of [() => app.resume(), () => app.sessions()]) {
        await assert.rejects(call, ({ code, message }) => code === "invalid_configuration" && problem.test(message));
      }
    });
  }
}

test("a server of null is told apart from one with a key", async () => {
  const isTold = { code: "invalid_configuration" };
  await assert.rejects(new SmartApp({ server: null }).resume(), isTold);
  await assert.rejects(new SmartApp({ servers: [null] }).resume(), isTold);
  await assert.rejects(new SmartApp(null).resume(), isTold);
});
