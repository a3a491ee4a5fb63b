// ID tokens that are forged, each in one way, by a server or by who stands between.

import assert from "node:assert/strict";
import { startAttacker } from "../support/attacker.mjs";
import { test } from "../support/browser.mjs";
import { whileDeviating } from "../support/control.mjs";
import { removePageScript, authorizeAtPortal, outcome, server, withApp } from "../support/package.mjs";
import { ehr, iss } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";

const elsewhere = await startAttacker();

/** A check that a sign-in with claims that are wrong in this way opens nothing and leaves no token. */
function opensNothing(deviation) {
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

/** A check that a sign-in with a signature that is wrong in this way ends, with its tokens gone. */
function endsByItself(...deviations) {
  return async ({ page, context, traffic }) => {
    await removePageScript(context);
    await whileDeviating(deviations, async () => {
      await authorizeAtPortal(page);
      const code = await withApp(page, { server }, async ({ app }) => {
        try {
          const session = await app.resume();
          const ended = new Promise((resolve) => session.addEventListener("signedout", ({ detail }) => resolve(detail)));
          // Keys that could not be fetched once are fetched again at the next use (I13).
          const uses = setInterval(() => session.read("Patient/1").catch(() => {}), 500);
          const reason = session.active ? await ended : await session.read("Patient/1").catch((error) => error);
          clearInterval(uses);
          return reason.code;
        } catch (error) {
          return error.code;
        }
      });
      assert.equal(code, "invalid_id_token");
      // Keys are fetched once more for one that is not among them.
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

test("I1 an ID token of another issuer opens nothing", opensNothing("id-token-wrong-issuer"));
test("I1 an ID token for another client opens nothing", opensNothing("id-token-wrong-audience"));
test("I1 an ID token for somebody else besides opens nothing", opensNothing("id-token-extra-audience"));
test("I1 an ID token about nobody opens nothing", opensNothing("id-token-no-subject"));
test("I1 an ID token that has expired opens nothing", opensNothing("id-token-expired"));
test("I12 an ID token that is not valid yet opens nothing", opensNothing("id-token-not-yet-valid"));
test("I12 an ID token that a key of 1024 bits signed ends the session", endsByItself("id-token-short-key", "keys-short"));
test("I12 a key that is not for verifying verifies nothing", endsByItself("keys-not-for-verifying"));
test("I2 an ID token of another log-in opens nothing", opensNothing("id-token-wrong-nonce"));
test("I2 an ID token without the nonce opens nothing", opensNothing("id-token-no-nonce"));
test("I3 an ID token without a signature opens nothing", opensNothing("id-token-alg-none"));
test("I3 an ID token that the public key signed as a shared secret opens nothing", opensNothing("id-token-hmac"));
test("I9 an ID token with a header that must be understood opens nothing", opensNothing("id-token-unknown-crit"));
test("I4 I10 an ID token that another key signed ends the session", endsByItself("id-token-bad-signature"));

test("I9 an ID token that brings its own key ends the session, and the key is not fetched", async (check) => {
  await endsByItself("id-token-own-key")(check);
  assert.deepEqual(elsewhere.received, []);
}, { bypassCSP: true });

test("I5 keys that the server changed are fetched once more, and the session stands", async ({ page, context, traffic }) => {
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
