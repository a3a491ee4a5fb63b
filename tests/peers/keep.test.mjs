// Connections that last, at oidc-provider. jose verifies what the browser signs.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { everythingStored } from "../e2e/support/storage.mjs";
import { until } from "../e2e/support/wait.mjs";
import { consent, inApp, logIn, openApp, waitForRedirect } from "./support/flows.mjs";
import { startPeer } from "./support/provider.mjs";

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const protecting = await startPeer({ protectsRegistration: true });
const open = await startPeer();
after(() => Promise.all([protecting.stop(), open.stop()]));

/** An app at the provider that registers every client. */
const openlyRegistered = open.app("public");
openlyRegistered.record.openRegistration = true;

/** Signs a patient in who stays connected. */
async function keep(page, app) {
  await openApp(page, app);
  await page.evaluate(() => void globalThis.opened.app.launch({ keep: { clientName: "Growth chart" }, parameters: { prompt: "consent" } }));
  await logIn(page);
  await consent(page);
  await waitForRedirect(page, app);
  assert.deepEqual(await inApp(page, ({ session, error }) => ({ kept: session?.kept, error })), { kept: true, error: null });
}

/** Reads the patient's family name with the page's session. */
const familyName = (page) => inApp(page, async ({ session }) => (await session.read(`Patient/${session.patient}`)).name[0].family);

/** Opens the app in a new tab, and closes all others. */
async function comeBack(context, app) {
  const page = await context.newPage();
  for (const old of context.pages().filter((other) => other !== page)) await old.close();
  await openApp(page, app);
  assert.equal(await inApp(page, ({ session }) => session), null);
  return page;
}

/** Opens the only connection. Returns the patient, or the error's code. */
const openConnection = (page) =>
  inApp(page, async (opened) => {
    const [connection] = await opened.app.connections();
    try {
      opened.session = await connection.open();
      return opened.session.patient.id;
    } catch (error) {
      return error.code;
    }
  });

const countConnections = (page) => inApp(page, async ({ app }) => (await app.connections()).length);

test("N3 N4 N5 N6 N8 the browser registers its key with the launch's token, and signs right assertions with it", async ({ page, traffic }) => {
  await keep(page, protecting.app("kept"));
  assert.equal(await familyName(page), "Lovelace");
  const [registration] = traffic.to(`${protecting.issuer}/reg`).filter((request) => request.method() === "POST");
  const { access_token: initial } = await traffic.tokenResponse("authorization_code");
  assert.equal((await registration.allHeaders()).authorization, `Bearer ${initial}`);
  const { software_id, jwks, ...others } = registration.postDataJSON();
  assert.deepEqual([software_id, jwks.keys.length, others], ["kept-software", 1, {}]);
  assert.deepEqual([jwks.keys[0].kty, "d" in jwks.keys[0]], ["RSA", false]);
  const reading = await fetch(`${protecting.fhirBase}/Patient/ada-1815`, { headers: { authorization: `Bearer ${initial}` } });
  assert.equal(reading.status, 401, "the token of the launch");
  assert.ok(!(await everythingStored(page)).includes(initial));

  const { header, claims, form } = protecting.assertions.at(-1);
  assert.deepEqual([header.alg, header.kid], ["RS384", jwks.keys[0].kid]);
  const { client_id } = await (await registration.response()).json();
  assert.deepEqual([claims.iss, claims.sub, claims.aud], [client_id, client_id, `${protecting.issuer}/token`]);
  assert.deepEqual(Object.keys(form).sort(), ["assertion", "client_id", "grant_type"]);
  await inApp(page, ({ session }) => session.refresh());
  assert.notEqual(protecting.assertions.at(-1).claims.jti, claims.jti);
});

test("N10 N11 a later visit takes one request and no redirect, and nothing stored before it is a token", async ({ page, context, traffic }) => {
  const app = protecting.app("kept");
  await keep(page, app);
  await familyName(page);
  const tokens = [await traffic.tokenResponse("authorization_code"), await traffic.tokenResponse(jwtBearer)];
  const later = await comeBack(context, app);
  const stored = await everythingStored(later);
  for (const { access_token, refresh_token, id_token } of tokens) {
    for (const token of [access_token, refresh_token, id_token].filter(Boolean)) assert.ok(!stored.includes(token));
  }
  const before = traffic.to(protecting.issuer).length;
  assert.equal(await openConnection(later), "ada-1815");
  const requests = traffic.to(protecting.issuer).slice(before).filter((request) => request.method() !== "OPTIONS");
  assert.deepEqual(requests.map((request) => new URL(request.url()).pathname), ["/token"]);
  assert.equal(await familyName(later), "Lovelace");
});

test("N12 after the clinic ended it, a connection opens no more and is removed", async ({ page, context }) => {
  const app = protecting.app("kept");
  await keep(page, app);
  await familyName(page);
  await protecting.endConnections();
  const later = await comeBack(context, app);
  assert.equal(await openConnection(later), "invalid_grant");
  assert.equal(await countConnections(later), 0);
});

test("N14 to disconnect deletes the client at the provider", async ({ page, traffic }) => {
  await keep(page, protecting.app("kept"));
  await familyName(page);
  const deletion = await inApp(page, async ({ app }) => (await (await app.connections())[0].disconnect()).deletion);
  assert.equal(deletion, "deleted");
  const [request] = traffic.to(`${protecting.issuer}/reg/`).filter((request) => request.method() === "DELETE");
  assert.equal((await request.response()).status(), 204);
  assert.equal(await countConnections(page), 0);
  await until("the session ends", () => inApp(page, ({ session }) => !session.active));
});

test("N1 at a provider that registers every client, the refresh token is of no use without the key", async ({ page, context, traffic }) => {
  await keep(page, openlyRegistered);
  const [registration] = traffic.to(`${open.issuer}/reg`).filter((request) => request.method() === "POST");
  const metadata = registration.postDataJSON();
  assert.deepEqual([metadata.token_endpoint_auth_method, metadata.client_name, metadata.jwks.keys.length], ["private_key_jwt", "Growth chart", 1]);
  assert.equal((await registration.allHeaders()).authorization, undefined);
  const client_id = new URL(traffic.to(`${open.issuer}/auth?`)[0].url()).searchParams.get("client_id");
  assert.notEqual(client_id, openlyRegistered.record.clientId);
  const { refresh_token } = await traffic.tokenResponse("authorization_code");
  const stolen = await open.post("/token", { client_id, token_endpoint_auth_method: "none" }, { grant_type: "refresh_token", refresh_token });
  assert.deepEqual([stolen.status, stolen.body.error], [401, "invalid_client"]);

  const later = await comeBack(context, openlyRegistered);
  assert.ok(!(await everythingStored(later)).includes(refresh_token));
  assert.equal(await openConnection(later), "ada-1815");
  assert.equal(await familyName(later), "Lovelace");
  const deletion = await inApp(later, async ({ app }) => (await (await app.connections())[0].disconnect()).deletion);
  assert.equal(deletion, "deleted");
  assert.equal(await countConnections(later), 0);
});
