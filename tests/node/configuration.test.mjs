// What is wrong with a configuration, by the name of the member that was written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SmartApp } from "../../pkg/node.js";

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

test("D9 trusted issuers that are no array of strings are named as they were written", async () => {
  for (const trustedIssuers of [fhirBase, 7, {}, [fhirBase, 7], [{ fhirBase }]]) {
    assert.match(await refusal({ ...shared, trustedIssuers }), /trustedIssuers is wrong: it is not an array of strings/);
  }
});

test("D9 members by fhirclient's names are named, with the right ones", async () => {
  assert.match(await refusal({ client_id: "app", scope: "openid", iss: fhirBase }), /client_id is wrong: .*clientId/);
  assert.match(await refusal({ clientId: "app", scope: "openid", iss: fhirBase }), /iss is wrong: .*fhirBase/);
  assert.match(await refusal({ ...shared, fhirBase, redirect_uri: "x" }), /redirect_uri is wrong: .*redirectUri/);
  assert.match(await refusal({ server: { ...shared, fhirBase }, clientId: "app" }), /clientId is wrong: it stands beside server/);
  assert.match(await refusal({ ...shared }), /fhirBase is wrong: it is missing/);
  assert.match(await refusal({}), /server is wrong: it is missing/);
});

test("A11 a page that is a file is told to be served", async () => {
  assert.match(await refusal({ ...shared, fhirBase, redirectUri: "file:///home/me/index.html" }), /file:\/\/.*http:\/\/localhost/);
});
