// ID tokens of oidc-provider: unchanged ones are accepted, and modified ones are refused.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { idTokenAlgorithms } from "./support/apps.mjs";
import { checkedIdentity, signOutCodes, inApp, launch, logIn, consent, waitForRedirect, openApp, signIn } from "./support/flows.mjs";
import { startPeer } from "./support/provider.mjs";
import { modifyTokens, headerOf, withWrongSignature } from "./support/tokens.mjs";

const peer = await startPeer();
after(() => peer.stop());
const app = peer.app("public");
const rotating = peer.app("signed-ES256");

/** Signs in to another app in the same browser. The person is already logged in at the provider. */
async function signInAgain(page, app) {
  await openApp(page, app);
  await launch(page);
  await consent(page);
  await waitForRedirect(page, app);
}

test(`I4 signatures with ${idTokenAlgorithms.join(", ")} are verified, each with its at_hash`, async ({ page, traffic }) => {
  const [first, ...others] = idTokenAlgorithms.map((algorithm) => peer.app(`signed-${algorithm}`));
  const found = [];
  for (const app of [first, ...others]) {
    await (app === first ? signIn(page, app) : signInAgain(page, app));
    const { signature, accessTokenHashChecked } = await checkedIdentity(page);
    const response = await traffic.tokenRequests("authorization_code").at(-1).response();
    found.push([headerOf((await response.json()).id_token).alg, signature, accessTokenHashChecked]);
  }
  assert.deepEqual(found, idTokenAlgorithms.map((algorithm) => [algorithm, "verified", true]));
});

test("I8 an ID token without at_hash is accepted, and the session reports what was checked", async ({ page }) => {
  await signIn(page, app);
  const identity = await checkedIdentity(page);
  const { claims, signatureReason, ...rest } = identity;
  assert.equal(signatureReason, undefined);
  assert.equal(claims.aud, "public");
  assert.deepEqual(rest, {
    issuer: peer.issuer,
    subject: "ada",
    issuerChecked: true,
    nonceChecked: true,
    accessTokenHashChecked: false,
    signature: "verified",
  });
});

test("I4 a signature with one flipped bit ends the session", async ({ page }) => {
  await modifyTokens(page, peer, (response) => ({ ...response, id_token: withWrongSignature(response.id_token) }));
  await signIn(page, rotating);
  assert.deepEqual(await signOutCodes(page), ["invalid_id_token"]);
});

/** The app's error after a sign-in, and the number of requests to the FHIR server. */
async function refusal(page, traffic) {
  const error = await inApp(page, ({ error, session }) => ({ ...error, isSignedIn: session !== null }));
  const requests = traffic.to(peer.fhirBase).filter((request) => !request.url().includes("/.well-known/"));
  return { code: error.code, check: /nonce|at_hash/.exec(error.message)?.[0], isSignedIn: error.isSignedIn, requests: requests.length };
}

test("I6 an access token that does not match at_hash is refused before it is used", async ({ page, traffic }) => {
  await modifyTokens(page, peer, (response) => ({ ...response, access_token: `${response.access_token}x` }));
  await signIn(page, peer.app("signed-ES384"));
  assert.deepEqual(await refusal(page, traffic), { code: "invalid_id_token", check: "at_hash", isSignedIn: false, requests: 0 });
});

test("I2 a signed ID token with another nonce is refused", async ({ page, traffic }) => {
  // The route stays: removing it during the redirect can make the page hang.
  await page.route(`${peer.issuer}/auth?*`, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("nonce", "another-sign-in");
    return route.fulfill({ status: 303, headers: { location: url.href } });
  });
  await signIn(page, app);
  assert.deepEqual(await refusal(page, traffic), { code: "invalid_id_token", check: "nonce", isSignedIn: false, requests: 0 });
});

test("R7 the ID token of a refresh is checked like the first one", async ({ page, traffic }) => {
  await signIn(page, app);
  await checkedIdentity(page);
  await inApp(page, ({ session }) => session.refresh());
  const { id_token: renewed } = await traffic.tokenResponse("refresh_token");
  assert.ok(renewed, "the provider sent no ID token");
  assert.equal((await checkedIdentity(page)).signature, "verified");
  await modifyTokens(page, peer, (response) => ({ ...response, id_token: withWrongSignature(response.id_token) }));
  await inApp(page, ({ session }) => session.refresh());
  assert.deepEqual(await signOutCodes(page), ["invalid_id_token"]);
});

test("I5 keys that are rotated after the sign-in are fetched once more, for the first token that they sign", async ({ page, traffic }) => {
  await signIn(page, rotating);
  assert.equal((await checkedIdentity(page)).signature, "verified");
  const { id_token: first } = await traffic.tokenResponse("authorization_code");
  peer.rotateKeys({ keepOld: false });
  await page.clock.setFixedTime(Date.now() + 5 * 60_000);
  for (let count = 0; count < 2; count += 1) {
    await inApp(page, ({ session }) => session.refresh());
    assert.equal((await checkedIdentity(page)).signature, "verified");
  }
  const { id_token: renewed } = await traffic.tokenResponse("refresh_token");
  assert.notEqual(headerOf(renewed).kid, headerOf(first).kid);
  assert.equal(traffic.to(`${peer.issuer}/jwks`).length, 2);
});

test("I5 a token is verified if keys are rotated before its check and the old key is still published", async ({ page }) => {
  await page.route(`${peer.issuer}/jwks`, (route) => {
    peer.rotateKeys({ keepOld: true });
    return route.continue();
  }, { times: 1 });
  await signIn(page, rotating);
  assert.equal((await checkedIdentity(page)).signature, "verified");
});

test("I4 a token whose key is no longer published is refused", async ({ page }) => {
  await page.route(`${peer.issuer}/jwks`, (route) => {
    peer.rotateKeys({ keepOld: false });
    return route.continue();
  });
  await signIn(page, rotating);
  assert.deepEqual(await signOutCodes(page), ["invalid_id_token"]);
});

test("I5 a token is verified if keys are rotated between the launch and the exchange", async ({ page }) => {
  await openApp(page, rotating);
  await launch(page);
  await logIn(page);
  peer.rotateKeys({ keepOld: false });
  await consent(page);
  await waitForRedirect(page, rotating);
  assert.equal((await checkedIdentity(page)).signature, "verified");
});
