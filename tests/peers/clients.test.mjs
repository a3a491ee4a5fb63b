// Client authentication at oidc-provider.

import assert from "node:assert/strict";
import { after } from "node:test";
import { test } from "../e2e/support/browser.mjs";
import { inApp, launch, openApp, signIn } from "./support/flows.mjs";
import { startPeer } from "./support/provider.mjs";

const peer = await startPeer({ keyAlgorithms: ["RS384", "ES384"] });
after(() => peer.stop());

/** The forms and `Authorization` headers of the code exchange and of a refresh. */
async function tokenRequests(page, traffic) {
  await inApp(page, ({ session }) => session.refresh());
  const requests = ["authorization_code", "refresh_token"].map((kind) => traffic.tokenRequests(kind)[0]);
  return Promise.all(
    requests.map(async (request) => ({
      form: new URLSearchParams(request.postData()),
      authorization: (await request.allHeaders()).authorization,
    })),
  );
}

/** Collects the warnings of the page. */
function warningsOf(page) {
  const warnings = [];
  page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
  return warnings;
}

test("K1 a public client sends its client_id in the body and nowhere else", async ({ page, traffic }) => {
  await signIn(page, peer.app("public"));
  for (const { form, authorization } of await tokenRequests(page, traffic)) {
    assert.deepEqual(form.getAll("client_id"), ["public"]);
    assert.equal(form.has("client_secret"), false);
    assert.equal(authorization, undefined);
  }
});

test("K2 an id and a secret with special characters are form-encoded in a Basic header", async ({ page, traffic }) => {
  const app = peer.app("secret-basic");
  const warnings = warningsOf(page);
  await signIn(page, app);
  for (const { form, authorization } of await tokenRequests(page, traffic)) {
    assert.equal(form.has("client_id") || form.has("client_secret"), false);
    const [id, secret] = atob(authorization.replace("Basic ", "")).split(":");
    const decoded = [...new URLSearchParams(`${id}=${secret}`)];
    assert.deepEqual(decoded, [[app.registration.client_id, app.registration.client_secret]]);
  }
  assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
  assert.ok(warnings.some((warning) => /secret/.test(warning)), "no warning about a secret in a browser");
});

test("K2 with basicEncoding raw, the header is not encoded, and this provider refuses it", async ({ page }) => {
  await signIn(page, peer.app("secret-basic-raw"));
  const { code, error } = await inApp(page, ({ error }) => error);
  assert.deepEqual({ code, error }, { code: "token_request_failed", error: "invalid_request" });
});

test("K2 an id and a secret with special characters are sent in the body with client_secret_post", async ({ page, traffic }) => {
  const app = peer.app("secret-post");
  await signIn(page, app);
  for (const { form, authorization } of await tokenRequests(page, traffic)) {
    assert.deepEqual(form.getAll("client_id"), [app.registration.client_id]);
    assert.deepEqual(form.getAll("client_secret"), [app.registration.client_secret]);
    assert.equal(authorization, undefined);
  }
});

test("K6 a confidential client revokes its tokens with the same authentication", async ({ page, traffic }) => {
  const app = peer.app("secret-basic");
  await signIn(page, app);
  const { refresh_token: token } = await traffic.tokenResponse("authorization_code");
  const introspect = () => peer.post("/token/introspection", app.registration, { token });
  assert.equal((await introspect()).body.active, true);
  assert.equal(await inApp(page, async ({ session }) => (await session.signOut()).revocation), "revoked");
  assert.equal((await introspect()).body.active, false);
  const headers = traffic.to(`${peer.issuer}/token`).filter((request) => request.method() === "POST");
  const sent = await Promise.all(headers.map(async (request) => (await request.allHeaders()).authorization));
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent).size, 1);
});

for (const algorithm of ["RS384", "ES384"]) {
  test(`K3 a client with a key signs a new ${algorithm} assertion for each request`, async ({ page, traffic }) => {
    await signIn(page, peer.app(`key-${algorithm}`));
    await inApp(page, ({ session }) => session.refresh());
    assert.equal(await inApp(page, async ({ session }) => (await session.read("Patient/ada-1815")).id), "ada-1815");
    assert.equal(await inApp(page, async ({ session }) => (await session.introspect({ asClient: true })).active), true);
    assert.equal(await inApp(page, async ({ session }) => (await session.signOut()).revocation), "revoked");
    const posts = traffic.to(`${peer.issuer}/token`).filter((request) => request.method() === "POST");
    const assertions = posts.map((request) => {
      const form = new URLSearchParams(request.postData());
      assert.equal(form.has("client_id") || form.has("client_secret"), false);
      const [header, claims] = form.get("client_assertion").split(".").slice(0, 2).map(decoded);
      assert.equal(claims.aud, request.url());
      assert.deepEqual([header.alg, header.kid, header.typ], [algorithm, `${algorithm}-1`, "JWT"]);
      return claims.jti;
    });
    assert.equal(assertions.length, 5, "code, refresh, introspection, and two revocations");
    assert.equal(new Set(assertions).size, 5);
  });
}

/** Decodes the header or the claims of a JWT. */
function decoded(part) {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}

test("A1 a provider that requires PKCE gets S256, and a launch without PKCE fails", async ({ page, traffic }) => {
  await openApp(page, peer.app("public"));
  await launch(page);
  await page.waitForURL(/interaction/);
  const [request] = traffic.to(`${peer.issuer}/auth?`);
  const { searchParams } = new URL(request.url());
  assert.equal(searchParams.get("code_challenge_method"), "S256");
  assert.match(searchParams.get("code_challenge"), /^[\w-]{43}$/);

  const app = peer.app("without-pkce");
  await openApp(page, app);
  await launch(page);
  await page.waitForURL(({ href }) => href.startsWith(app.record.redirectUri));
  await page.waitForFunction(() => globalThis.opened?.error);
  const { code, error, errorDescription } = await inApp(page, ({ error }) => error);
  assert.deepEqual({ code, error }, { code: "authorization_failed", error: "invalid_request" });
  assert.match(errorDescription, /PKCE/);
});
