// Invalid and forged ID tokens.

import assert from "node:assert/strict";
import { startAttacker } from "../support/attacker.mjs";
import { test } from "../support/browser.mjs";
import { whileDeviating } from "../support/control.mjs";
import { removePageScript, authorizeAtPortal, outcome, server, withApp } from "../support/package.mjs";
import { ehr, iss } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";

const elsewhere = await startAttacker();

/** A test that a sign-in with invalid claims opens no session and leaves no token. */
function opensNoSession(deviation) {
  return async ({ page, context, traffic }) => {
    await removePageScript(context);
    await whileDeviating([deviation], async () => {
      await authorizeAtPortal(page);
      assert.equal(await outcome(page), "invalid_id_token");
    });
    const tokens = await traffic.tokenResponse("authorization_code");
    const stored = await everythingStored(page);
    for (const kind of ["access_token", "refresh_token", "id_token"]) assert.ok(!stored.includes(tokens[kind]), kind);
    assert.deepEqual(withToken(traffic), []);
    assert.equal(await outcome(page), "none");
  };
}

/** A test that a session with an invalid signature ends, and that its tokens are removed. */
function endsSession(...deviations) {
  return async ({ page, context, traffic }) => {
    await removePageScript(context);
    await whileDeviating(deviations, async () => {
      await authorizeAtPortal(page);
      const code = await withApp(page, { server }, async ({ app }) => {
        try {
          const session = await app.resume();
          const ended = new Promise((resolve) => session.addEventListener("signedout", ({ detail }) => resolve(detail)));
          // Keys that could not be fetched are fetched again at the next use (I13).
          const uses = setInterval(() => session.read("Patient/1").catch(() => {}), 500);
          const reason = session.active ? await ended : await session.read("Patient/1").catch((error) => error);
          clearInterval(uses);
          return reason.code;
        } catch (error) {
          return error.code;
        }
      });
      assert.equal(code, "invalid_id_token");
      // Keys are fetched once more if the key id is not among them.
    }, { to: elsewhere.origin, count: 2 });
    const tokens = await traffic.tokenResponse("authorization_code");
    const stored = await everythingStored(page);
    for (const kind of ["access_token", "refresh_token", "id_token"]) assert.ok(!stored.includes(tokens[kind]), kind);
    assert.equal(await outcome(page), "none");
  };
}

function withToken(traffic) {
  return traffic.to(`${iss}/`).filter((request) => request.headers().authorization).map((request) => request.url());
}

test("I1 an ID token of another issuer opens no session", opensNoSession("id-token-wrong-issuer"));
test("I1 an ID token for another client opens no session", opensNoSession("id-token-wrong-audience"));
test("I1 an ID token with an additional audience opens no session", opensNoSession("id-token-extra-audience"));
test("I1 an ID token without a subject opens no session", opensNoSession("id-token-no-subject"));
test("I1 an expired ID token opens no session", opensNoSession("id-token-expired"));
test("I12 an ID token that is not valid yet opens no session", opensNoSession("id-token-not-yet-valid"));
test("I12 an ID token that is signed with a 1024-bit key ends the session", endsSession("id-token-short-key", "keys-short"));
test("I12 a key that is not for verification verifies no ID token, and the session ends", endsSession("keys-not-for-verifying"));
test("I2 an ID token with another nonce opens no session", opensNoSession("id-token-wrong-nonce"));
test("I2 an ID token without a nonce opens no session", opensNoSession("id-token-no-nonce"));
test("I3 an ID token without a signature opens no session", opensNoSession("id-token-alg-none"));
test("I3 an ID token that is signed with the public key as an HMAC secret opens no session", opensNoSession("id-token-hmac"));
test("I9 an ID token with a critical extension opens no session", opensNoSession("id-token-unknown-crit"));
test("I4 I10 an ID token that is signed with another key ends the session", endsSession("id-token-bad-signature"));

test("I9 an ID token that refers to its own key ends the session, and the key is not fetched", async (check) => {
  await endsSession("id-token-own-key")(check);
  assert.deepEqual(elsewhere.received, []);
}, { bypassCSP: true });

test("I5 rotated keys are fetched once more, and the session continues", async ({ page, context, traffic }) => {
  await removePageScript(context);
  const signature = async () => {
    await authorizeAtPortal(page);
    return withApp(page, { server }, async ({ app }) => {
      const session = await app.resume();
      while (session.identity.signature === "pending") await new Promise((resolve) => setTimeout(resolve, 20));
      return session.identity.signature;
    });
  };
  assert.equal(await signature(), "verified");
  const before = traffic.to(`${ehr}/jwks`).length;
  await whileDeviating(["keys-rotated"], async () => assert.equal(await signature(), "verified"));
  assert.ok(traffic.to(`${ehr}/jwks`).length > before);
});
