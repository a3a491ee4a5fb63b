// Dynamic client registration at oidc-provider.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { Registration, SmartError, register } from "../../pkg/node.js";
import { inApp, signIn } from "./support/flows.mjs";
import { startPeer } from "./support/provider.mjs";

const peer = await startPeer();
after(() => peer.stop());

/** The client metadata of a browser app. */
const metadataOf = ({ record }) => ({
  client_name: "Growth chart",
  redirect_uris: [record.redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
  token_endpoint_auth_method: "none",
});

test("G1 an app registers itself and signs a patient in with the new client id", async ({ page }) => {
  const app = peer.addApp("registered");
  const metadata = metadataOf(app);
  const registration = await register(peer.fhirBase, metadata);
  assert.match(registration.clientId, /\S/);
  Object.assign(app.record, { clientId: registration.clientId, scope: metadata.scope });
  await signIn(page, app);
  const { patient, error } = await inApp(page, ({ session, error }) => ({ patient: session?.patient.id, error }));
  assert.equal(error, null);
  assert.equal(patient, "ada-1815");
});

test("G1 a registration can be read, updated and deleted with its access token", async () => {
  const metadata = metadataOf(peer.addApp("changing"));
  const registration = await register(peer.fhirBase, metadata);
  assert.equal((await registration.read()).document.client_name, metadata.client_name);

  const restored = new Registration(JSON.parse(JSON.stringify(registration)));
  const updated = await restored.update({ ...metadata, client_name: "Growth" });
  assert.equal(updated.clientId, registration.clientId);
  assert.equal((await updated.read()).document.client_name, "Growth");

  await updated.delete();
  const error = await updated.read().catch((error) => error);
  assert.ok(error instanceof SmartError, String(error));
});

test("the error of a refused registration has the provider's error code", async () => {
  const metadata = { ...metadataOf(peer.addApp("refused")), response_types: ["code", "no-such-type"] };
  const error = await register(peer.fhirBase, metadata).catch((error) => error);
  assert.equal(error.code, "registration_failed");
  assert.equal(error.error, "invalid_client_metadata");
});
