// The life of a session at oidc-provider, with the npm package in Chromium.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { everythingStored } from "../e2e/support/storage.mjs";
import { signOutCodes, checkedIdentity, inApp, waitForPage, launch, openApp, signIn, logIn, consent, waitForRedirect } from "./support/flows.mjs";
import { grace, observations } from "./support/people.mjs";
import { startPeer } from "./support/provider.mjs";

const peer = await startPeer();
after(() => peer.stop());
const app = peer.app("public");

/** What the provider says of a token. */
async function isActive(token) {
  const { status, body } = await peer.post("/token/introspection", app.registration, { token });
  assert.equal(status, 200);
  return body.active;
}

/** The last token response of the page. */
async function tokensOf(traffic, kind) {
  const response = await traffic.tokenRequests(kind).at(-1).response();
  return response.json();
}

test("a patient signs in, reads the own resource and walks through the pages of a search", async ({ page }) => {
  await signIn(page, app);
  const { patient, fhirUser, read, found } = await inApp(page, async ({ session }) => ({
    patient: session.patient?.id,
    fhirUser: session.fhirUser?.reference,
    read: await session.read(`Patient/${session.patient}`),
    found: await session.search("Observation", { patient: session.patient }).toArray(),
  }));
  assert.equal(patient, "ada-1815");
  assert.equal(fhirUser, "Patient/ada-1815");
  assert.equal(read.name[0].family, "Lovelace");
  assert.deepEqual(found, observations.filter(({ subject }) => subject.reference === "Patient/ada-1815"));
});

test("A3 an EHR launch sends launch and aud back byte for byte, and opens the chart's patient", async ({ page, traffic }) => {
  const query = `?${new URLSearchParams({ iss: peer.fhirBase, launch: peer.launchFor("mary-1780") })}`;
  await signIn(page, app, { person: grace, query });
  const asked = new URL(traffic.to(`${peer.issuer}/auth?`)[0].url()).searchParams;
  assert.equal(asked.get("launch"), new URLSearchParams(query).get("launch"));
  assert.equal(asked.get("aud"), peer.fhirBase);
  assert.ok(asked.get("scope").split(" ").includes("launch"), asked.get("scope"));
  const family = await inApp(page, async ({ session }) => (await session.read(`Patient/${session.patient}`)).name[0].family);
  assert.equal(family, "Somerville");
  assert.equal(await inApp(page, ({ session }) => session.fhirUser.reference), "Practitioner/grace-1906");
});

test("R3 a rotated refresh token replaces the old one, and the session goes on", async ({ page, traffic }) => {
  await signIn(page, app);
  const first = await tokensOf(traffic, "authorization_code");
  await checkedIdentity(page);
  await inApp(page, ({ session }) => session.refresh());
  const second = await tokensOf(traffic, "refresh_token");
  assert.notEqual(second.refresh_token, first.refresh_token);
  const stored = await everythingStored(page);
  assert.ok(stored.includes(second.refresh_token) && stored.includes(second.access_token));
  assert.ok(!stored.includes(first.refresh_token), "the old refresh token is still stored");
  await inApp(page, ({ session }) => session.refresh());
  assert.equal(traffic.tokenRequests("refresh_token").length, 2);
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
});

test("R1 ten refreshes at once are one request, which a provider that detects reuse forgives", async ({ page, traffic }) => {
  await signIn(page, app);
  await inApp(page, ({ session }) => Promise.all(Array.from({ length: 10 }, () => session.refresh())));
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
});

test("R2 two tabs that hold the same session refresh it once", async ({ page, context, traffic }) => {
  await signIn(page, app);
  await checkedIdentity(page);
  const [other] = await Promise.all([context.waitForEvent("page"), page.evaluate(() => void window.open(location.href))]);
  await waitForPage(other);
  await Promise.all([page, other].map((tab) => inApp(tab, ({ session }) => session.refresh())));
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
  for (const tab of [page, other]) {
    assert.equal(await inApp(tab, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
  }
});

test("R5 a refresh token that was used by somebody else ends the session, once, and leaves no token", async ({ page, traffic }) => {
  await signIn(page, app);
  const stolen = await tokensOf(traffic, "authorization_code");
  await inApp(page, ({ session }) => session.refresh());
  const current = await tokensOf(traffic, "refresh_token");
  assert.ok(await isActive(current.access_token));

  const theft = await peer.post("/token", app.registration, { grant_type: "refresh_token", refresh_token: stolen.refresh_token });
  assert.equal(theft.body.error, "invalid_grant");
  assert.ok(!(await isActive(current.access_token)), "the provider did not end the grant");

  const code = await inApp(page, ({ session }) => session.refresh().catch((error) => error.code));
  assert.equal(code, "invalid_grant");
  assert.deepEqual(await signOutCodes(page), ["invalid_grant"]);
  const stored = await everythingStored(page);
  for (const secret of [current.access_token, current.refresh_token]) assert.ok(!stored.includes(secret));
  assert.equal(traffic.tokenRequests("refresh_token").length, 2);
});

test("R6 a dead access token is replaced once, and the read goes through", async ({ page, traffic }) => {
  await signIn(page, app);
  const refused = page.waitForResponse((response) => response.status() === 401);
  await page.route(`${peer.fhirBase}/Patient/*`, (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization: "Bearer dead" } }), { times: 1 });
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
  await refused;
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
});

test("R8 less can be asked for in a refresh, and more is refused here", async ({ page, traffic }) => {
  await signIn(page, app);
  const { granted, mayRead, code } = await inApp(page, async ({ session }) => {
    await session.refresh({ scope: "openid launch/patient" });
    const { granted } = session.scopes;
    const code = await session.refresh({ scope: "patient/*.cruds" }).catch((error) => error.code);
    return { granted, mayRead: session.mayRead("Observation"), code };
  });
  assert.deepEqual(granted.sort(), ["launch/patient", "openid"]);
  assert.equal(mayRead, false);
  assert.equal(code, "invalid_scope");
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
});

test("R10 without offline access the session works, says so, and cannot be refreshed", async ({ page }) => {
  await openApp(page, app);
  await launch(page, {});
  await logIn(page);
  await consent(page);
  await waitForRedirect(page, app);
  const { canRefresh, missing, code } = await inApp(page, async ({ session }) => ({
    canRefresh: session.canRefresh,
    missing: session.scopes.missing,
    code: await session.refresh().catch((error) => error.code),
  }));
  assert.equal(canRefresh, false);
  assert.deepEqual(missing, ["offline_access"]);
  assert.equal(code, "session_expired");
});

test("a reload keeps the session, with its identity as it was checked", async ({ page, traffic }) => {
  await signIn(page, app);
  const before = await checkedIdentity(page);
  await page.reload();
  await waitForPage(page);
  assert.deepEqual(await inApp(page, ({ session }) => session.identity), before);
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("G4 the provider says of the session's token what it is, in the client's name", async ({ page }) => {
  await signIn(page, app);
  const { asked, refused, active } = await inApp(page, async ({ session }) => ({
    asked: await session.introspect({ asClient: true }),
    refused: await session.introspect().catch(({ code, error }) => ({ code, error })),
    active: session.active,
  }));
  assert.equal(asked.active, true);
  assert.equal(asked.client_id, "public");
  assert.equal(asked.sub, "ada");
  assert.equal(asked.patient, "ada-1815");
  assert.deepEqual(refused, { code: "introspection_failed", error: "invalid_request" }, "it takes no token as authentication");
  assert.ok(active);
});

test("G4 signing out takes both tokens back, and leaves nothing to come back to", async ({ page, traffic }) => {
  await signIn(page, app);
  const tokens = await tokensOf(traffic, "authorization_code");
  assert.deepEqual(await Promise.all([tokens.access_token, tokens.refresh_token].map(isActive)), [true, true]);
  assert.equal(await inApp(page, async ({ session }) => (await session.signOut()).revocation), "revoked");
  assert.deepEqual(await signOutCodes(page), ["signed_out"]);
  assert.deepEqual(await Promise.all([tokens.access_token, tokens.refresh_token].map(isActive)), [false, false]);
  const read = await fetch(`${peer.fhirBase}/Patient/ada-1815`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.equal(read.status, 401);
  const stored = await everythingStored(page);
  for (const secret of [tokens.access_token, tokens.refresh_token, tokens.id_token]) assert.ok(!stored.includes(secret));
  await page.reload();
  await waitForPage(page);
  assert.equal(await inApp(page, ({ session }) => session), null);
});

test("S2 where the provider cannot be reached, signing out leaves no token behind either", async ({ page, traffic }) => {
  await signIn(page, app);
  const tokens = await tokensOf(traffic, "authorization_code");
  await page.route(`${peer.issuer}/token/revocation`, (route) => route.abort());
  const { revocation, code } = await inApp(page, async ({ session }) => {
    const { revocation, error } = await session.signOut();
    return { revocation, code: error.code };
  });
  assert.deepEqual({ revocation, code }, { revocation: "failed", code: "network" });
  const stored = await everythingStored(page);
  for (const secret of [tokens.access_token, tokens.refresh_token, tokens.id_token]) assert.ok(!stored.includes(secret));
});
