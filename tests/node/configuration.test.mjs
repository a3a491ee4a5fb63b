// Errors of a configuration name the member that the app wrote.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SmartApp as LaunchPage } from "../../pkg/node-launch.js";
import { SmartApp, discover } from "../../pkg/node.js";

const fhirBase = "https://ehr.example/fhir";
const shared = { clientId: "app", scope: "openid", redirectUri: "https://app.example/" };

/** The message with which an app of this configuration refuses to launch. */
async function refusal(config) {
  const error = await new SmartApp(config).authorizationUrl().then(
    () => assert.fail("it was not refused"),
    (error) => error,
  );
  assert.equal(error.code, "invalid_configuration", error.message);
  return error.message;
}

test("D9 trusted issuers that are not an array of strings are named in the error", async () => {
  for (const trustedIssuers of [fhirBase, 7, {}, [fhirBase, 7], [{ fhirBase }]]) {
    assert.match(await refusal({ ...shared, trustedIssuers }), /trustedIssuers is wrong: it is not an array of strings/);
  }
});

test("D9 a wrong URL in the shorthand is reported with the member that the app wrote", async () => {
  const insecure = "http://ehr.example/fhir";
  assert.match(await refusal({ ...shared, trustedIssuers: ["ehr.example"] }), /configuration's trustedIssuers\[0\] is wrong/);
  assert.match(await refusal({ ...shared, trustedIssuers: [fhirBase, insecure] }), /configuration's trustedIssuers\[1\] is wrong/);
  assert.match(await refusal({ ...shared, trustedIssuers: [] }), /configuration's trustedIssuers is wrong/);
  assert.match(await refusal({ ...shared, trustedIssuers: [fhirBase], fhirBase }), /configuration's fhirBase is wrong: .*trustedIssuers/);
  assert.match(await refusal({ ...shared, fhirBase: "ehr.example" }), /configuration's fhirBase is wrong/);
  await assert.rejects(discover("ehr.example"), { code: "invalid_configuration", message: /configuration's server is wrong/ });
  await assert.rejects(discover({ fhirBase: "ehr.example" }), { code: "invalid_configuration", message: /configuration's fhirBase is wrong/ });
});

test("D9 members with fhirclient's names are named in the error, with the correct names", async () => {
  assert.match(await refusal({ client_id: "app", scope: "openid", iss: fhirBase }), /client_id is wrong: .*clientId/);
  assert.match(await refusal({ clientId: "app", scope: "openid", iss: fhirBase }), /iss is wrong: .*fhirBase/);
  assert.match(await refusal({ ...shared, fhirBase, redirect_uri: "x" }), /redirect_uri is wrong: .*redirectUri/);
  assert.match(await refusal({ server: { ...shared, fhirBase }, clientId: "app" }), /clientId is wrong: it must be within server/);
  assert.match(await refusal({ ...shared }), /fhirBase is wrong: it is missing/);
  assert.match(await refusal({}), /server is wrong: it is missing/);
});

test("A11 a page that is a local file causes an error that says to serve it", async () => {
  assert.match(await refusal({ ...shared, fhirBase, redirectUri: "file:///home/me/index.html" }), /file:\/\/.*http:\/\/localhost/);
});

const server = { ...shared, fhirBase };

test("an app without a page has no sessions", async () => {
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

test("a server of null differs from one with a key", async () => {
  const isTold = { code: "invalid_configuration" };
  await assert.rejects(new SmartApp({ server: null }).resume(), isTold);
  await assert.rejects(new SmartApp({ servers: [null] }).resume(), isTold);
  await assert.rejects(new SmartApp(null).resume(), isTold);
});

test("a launch page does not read the client's key or callback", async () => {
  const fixed = { ...server, authorizationEndpoint: "https://ehr.example/authorize", tokenEndpoint: "https://ehr.example/token" };
  for (const authentication of [{ key: { privateKey: "a text" }, tokenEndpointAuthMethod: "private_key_jwt" }, { authenticate() {} }]) {
    const page = new LaunchPage({ server: { ...fixed, ...authentication }, store: "memory" });
    assert.equal(new URL(await page.authorizationUrl()).origin, "https://ehr.example");
  }
});
