// How an app registers itself at oidc-provider, and lives by it.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { Registration, SmartError, register } from "../../pkg/node.js";
import { inApp, signIn } from "./support/flows.mjs";
import { startPeer } from "./support/provider.mjs";

const peer = await startPeer();
after(() => peer.stop());

/** What a browser app asks to be registered as. */
const metadataOf = ({ record }) => ({
  client_name: "Growth chart",
  redirect_uris: [record.redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
  token_endpoint_auth_method: "none",
});

test("G1 an app registers itself, and signs a patient in by the client id that it got", async ({ page }) => {
  const app = peer.addApp("registered");
  const metadata = metadataOf(app);
  const made = await register(peer.fhirBase, metadata);
  assert.match(made.clientId, /\S/);
  Object.assign(app.record, { clientId: made.clientId, scope: metadata.scope });
  await signIn(page, app);
  const { patient, error } = await inApp(page, ({ session, error }) => ({ patient: session?.patient.id, error }));
  assert.equal(error, null);
  assert.equal(patient, "ada-1815");
});

test("G1 a registration is read, changed by its own token, and removed", async () => {
  const metadata = metadataOf(peer.addApp("changing"));
  const made = await register(peer.fhirBase, metadata);
  assert.equal((await made.read()).document.client_name, metadata.client_name);

  const kept = new Registration(JSON.parse(JSON.stringify(made)));
  const changed = await kept.update({ ...metadata, client_name: "Growth" });
  assert.equal(changed.clientId, made.clientId);
  assert.equal((await changed.read()).document.client_name, "Growth");

  await changed.delete();
  const error = await changed.read().catch((error) => error);
  assert.ok(error instanceof SmartError, String(error));
});

test("a registration that the provider refuses says why", async () => {
  const metadata = { ...metadataOf(peer.addApp("refused")), response_types: ["code", "no-such-type"] };
  const error = await register(peer.fhirBase, metadata).catch((error) => error);
  assert.equal(error.code, "registration_failed");
  assert.equal(error.error, "invalid_client_metadata");
});
