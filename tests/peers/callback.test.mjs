// Callbacks from oidc-provider: modified, opened twice, and with errors.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { interceptCallback, inApp, waitForRedirect, launch, logIn, openApp, openCallback } from "./support/flows.mjs";
import { startPeer } from "./support/provider.mjs";

const peer = await startPeer();
after(() => peer.stop());
const app = peer.app("public");

const modifications = [
  ["C5 a callback with another issuer is refused", "invalid_callback", (query) => query.set("iss", `${peer.issuer}.example`)],
  ["C5 a callback without an issuer is refused if the provider says that it sends one", "invalid_callback", (query) => query.delete("iss")],
  ["C1 a callback with an unknown state is refused", "state_mismatch", (query) => query.set("state", "unknown")],
];

for (const [title, code, change] of modifications) {
  test(title, async ({ page, traffic }) => {
    const callback = await interceptCallback(page, app);
    assert.equal(callback.searchParams.get("iss"), peer.issuer);
    const modified = new URL(callback);
    change(modified.searchParams);
    const { error, isSignedIn } = await openCallback(page, modified);
    assert.equal(error.code, code);
    assert.equal(isSignedIn, false);
    assert.equal(traffic.tokenRequests("authorization_code").length, 0, "the code was sent");
  });
}

test("C2 opening a callback again returns to the session without a second exchange", async ({ page, traffic }) => {
  const callback = await interceptCallback(page, app);
  assert.equal((await openCallback(page, callback)).isSignedIn, true);
  assert.equal((await openCallback(page, callback)).isSignedIn, true);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
  // The provider revokes the grant if a code is exchanged twice.
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
});

test("C2 opening a callback after sign-out sends no code", async ({ page, traffic }) => {
  const callback = await interceptCallback(page, app);
  await openCallback(page, callback);
  await inApp(page, ({ session }) => session.signOut());
  const { error } = await openCallback(page, callback);
  assert.equal(error.code, "state_mismatch");
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("T4 a code that an attacker used first is sent only once", async ({ page, traffic }) => {
  const callback = await interceptCallback(page, app);
  const theft = await peer.post("/token", app.registration, {
    grant_type: "authorization_code",
    code: callback.searchParams.get("code"),
    redirect_uri: app.record.redirectUri,
    code_verifier: await verifierIn(page),
  });
  assert.equal(theft.status, 200);
  const { error, isSignedIn } = await openCallback(page, callback);
  assert.deepEqual({ code: error.code, isSignedIn }, { code: "invalid_grant", isSignedIn: false });
  const { body } = await peer.post("/token/introspection", app.registration, { token: theft.body.access_token });
  assert.equal(body.active, false, "the provider did not revoke the grant of a code that was sent twice");

  assert.equal((await openCallback(page, callback)).isSignedIn, false);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

/** The verifier of the pending launch in the page's tab. */
async function verifierIn(page) {
  const stored = await page.evaluate(() => Object.values(sessionStorage).join());
  return /"verifier":"([^"]+)"/.exec(stored)[1];
}

test("C3 a cancelled consent rejects with access_denied, and the launch is deleted", async ({ page, traffic }) => {
  await openApp(page, app);
  await launch(page);
  await logIn(page);
  await page.getByRole("link", { name: "Cancel" }).click();
  await waitForRedirect(page, app);
  const error = await inApp(page, ({ error }) => error);
  assert.equal(error.code, "access_denied");
  assert.equal(error.errorDescription, "End-User aborted interaction");
  assert.equal(await page.evaluate(() => Object.keys(sessionStorage).some((key) => key.startsWith("smartrust.launch."))), false);
  assert.equal(traffic.tokenRequests("authorization_code").length, 0);
});
