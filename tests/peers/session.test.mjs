// Sessions at oidc-provider, with the npm package in Chromium.

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

/** Whether a token is active at the provider. */
async function isActive(token) {
  const { status, body } = await peer.post("/token/introspection", app.registration, { token });
  assert.equal(status, 200);
  return body.active;
}

/** The page's last token response for a `grant_type`. */
async function tokensOf(traffic, kind) {
  const response = await traffic.tokenRequests(kind).at(-1).response();
  return response.json();
}

test("a patient signs in, reads their Patient resource and loads all pages of a search", async ({ page }) => {
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

test("A3 an EHR launch sends launch and aud back unchanged, and opens the chart's patient", async ({ page, traffic }) => {
  const query = `?${new URLSearchParams({ iss: peer.fhirBase, launch: peer.launchFor("mary-1780") })}`;
  await signIn(page, app, { person: grace, query });
  const requested = new URL(traffic.to(`${peer.issuer}/auth?`)[0].url()).searchParams;
  assert.equal(requested.get("launch"), new URLSearchParams(query).get("launch"));
  assert.equal(requested.get("aud"), peer.fhirBase);
  assert.ok(requested.get("scope").split(" ").includes("launch"), requested.get("scope"));
  const family = await inApp(page, async ({ session }) => (await session.read(`Patient/${session.patient}`)).name[0].family);
  assert.equal(family, "Somerville");
  assert.equal(await inApp(page, ({ session }) => session.fhirUser.reference), "Practitioner/grace-1906");
});

test("R3 a rotated refresh token replaces the old one, and the session continues", async ({ page, traffic }) => {
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

test("R1 ten concurrent refreshes send one request, so that the provider detects no reuse", async ({ page, traffic }) => {
  await signIn(page, app);
  await inApp(page, ({ session }) => Promise.all(Array.from({ length: 10 }, () => session.refresh())));
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
});

test("R2 two tabs with the same session send one refresh request", async ({ page, context, traffic }) => {
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

test("R5 a stolen refresh token that was used ends the session once and leaves no token", async ({ page, traffic }) => {
  await signIn(page, app);
  const stolen = await tokensOf(traffic, "authorization_code");
  await inApp(page, ({ session }) => session.refresh());
  const current = await tokensOf(traffic, "refresh_token");
  assert.ok(await isActive(current.access_token));

  const theft = await peer.post("/token", app.registration, { grant_type: "refresh_token", refresh_token: stolen.refresh_token });
  assert.equal(theft.body.error, "invalid_grant");
  assert.ok(!(await isActive(current.access_token)), "the provider did not revoke the grant");

  const code = await inApp(page, ({ session }) => session.refresh().catch((error) => error.code));
  assert.equal(code, "invalid_grant");
  assert.deepEqual(await signOutCodes(page), ["invalid_grant"]);
  const stored = await everythingStored(page);
  for (const secret of [current.access_token, current.refresh_token]) assert.ok(!stored.includes(secret));
  assert.equal(traffic.tokenRequests("refresh_token").length, 2);
});

test("R6 after a 401, the access token is refreshed once, and the read succeeds", async ({ page, traffic }) => {
  await signIn(page, app);
  const refused = page.waitForResponse((response) => response.status() === 401);
  await page.route(`${peer.fhirBase}/Patient/*`, (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization: "Bearer dead" } }), { times: 1 });
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
  await refused;
  assert.equal(traffic.tokenRequests("refresh_token").length, 1);
});

test("R8 a refresh may request fewer scopes, and one that requests more is refused without a request", async ({ page, traffic }) => {
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

test("R10 a session without offline access reports that it cannot be refreshed", async ({ page }) => {
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

test("a reload restores the session and its verified identity", async ({ page, traffic }) => {
  await signIn(page, app);
  const before = await checkedIdentity(page);
  await page.reload();
  await waitForPage(page);
  assert.deepEqual(await inApp(page, ({ session }) => session.identity), before);
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("G4 the session's token can be introspected with client authentication", async ({ page }) => {
  await signIn(page, app);
  const { introspection, refused, active } = await inApp(page, async ({ session }) => ({
    introspection: await session.introspect({ asClient: true }),
    refused: await session.introspect().catch(({ code, error }) => ({ code, error })),
    active: session.active,
  }));
  assert.equal(introspection.active, true);
  assert.equal(introspection.client_id, "public");
  assert.equal(introspection.sub, "ada");
  assert.equal(introspection.patient, "ada-1815");
  assert.deepEqual(refused, { code: "introspection_failed", error: "invalid_request" }, "the provider accepts an access token as authentication");
  assert.ok(active);
});

test("G4 signing out revokes both tokens and removes the session", async ({ page, traffic }) => {
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

test("S2 signing out removes all tokens even if the provider cannot be reached", async ({ page, traffic }) => {
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
