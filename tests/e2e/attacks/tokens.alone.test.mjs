// Attacks by a token endpoint or a FHIR server after the user has signed in.

import assert from "node:assert/strict";
import { startAttacker } from "../support/attacker.mjs";
import { test } from "../support/browser.mjs";
import { whileDeviating } from "../support/control.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, withApp, withSession } from "../support/package.mjs";
import { ehr, iss } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";

const elsewhere = await startAttacker({ "/token": () => ({ body: JSON.stringify({ access_token: "forged", token_type: "Bearer" }) }) });

/** Signs a patient in. */
async function signedIn(page, context) {
  await removePageScript(context);
  await authorizeAtPortal(page);
  assert.equal(await outcome(page), "session");
}

/** Refreshes the page's session, and returns the code of the error and the state of the session. */
function refresh(page) {
  return withSession(page, async ({ session }) => {
    const code = await session.refresh().then(() => "refreshed", (error) => error.code);
    return { code, active: session.active, patient: session.patient?.id, subject: session.identity?.subject };
  });
}

/** A test that a token endpoint's redirect is not followed, neither with a code nor with a refresh token. */
function isNotFollowed(deviation) {
  return async ({ page, context, traffic }) => {
    await removePageScript(context);
    await authorizeAtPortal(page);
    await whileDeviating([deviation], async () => assert.equal(await outcome(page), "invalid_token_response"), { to: elsewhere.origin });
    await authorizeAtPortal(page);
    assert.equal(await outcome(page), "session");
    await whileDeviating([deviation], async () => {
      const { code, active } = await refresh(page);
      assert.deepEqual({ code, active }, { code: "invalid_token_response", active: true });
    }, { to: elsewhere.origin });
    assert.equal(traffic.tokenRequests("authorization_code").length, 2);
    assert.deepEqual(elsewhere.received, []);
    assert.ok(!(await everythingStored(page)).includes("forged"));
  };
}

test("T6 a 307 redirect of the token endpoint is not followed, and the session continues", isNotFollowed("token-redirect-307"), { bypassCSP: true });
test("T6 a 308 redirect of the token endpoint is not followed, and the session continues", isNotFollowed("token-redirect-308"), { bypassCSP: true });

test("T4 C2 a code that the server refused is not sent again", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  const callback = page.url();
  await whileDeviating(["code-refused"], async () => assert.equal(await outcome(page), "invalid_grant"));
  await page.goto(callback);
  assert.equal(await outcome(page), "callback_replayed");
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("C2 a code is sent once even if the server would accept it twice", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await whileDeviating(["code-accepted-twice"], async () => {
    await authorizeAtPortal(page);
    const callback = page.url();
    assert.equal(await outcome(page), "session");
    await page.goto(callback);
    assert.equal(await outcome(page), "session");
  }, { count: 2 });
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("R11 a refresh with another patient is not adopted", async ({ page, context, traffic }) => {
  await signedIn(page, context);
  const { patient } = await traffic.tokenResponse("authorization_code");
  await whileDeviating(["refresh-other-patient"], async () => {
    const after = await refresh(page);
    assert.equal(after.code, "patient_changed");
    assert.equal(after.patient, patient);
  });
  const response = await (await traffic.tokenRequests("refresh_token")[0].response()).json();
  assert.notEqual(response.patient, patient, "the server does not return another patient");
  assert.ok(!(await everythingStored(page)).includes(response.access_token));
});

test("R7 a refresh with another user's ID token is not adopted", async ({ page, context, traffic }) => {
  await signedIn(page, context);
  await whileDeviating(["refresh-other-subject"], async () => {
    const after = await refresh(page);
    assert.equal(after.code, "invalid_id_token");
    assert.notEqual(after.subject, "patient-somebody-else");
  });
  const response = await (await traffic.tokenRequests("refresh_token")[0].response()).json();
  assert.ok(!(await everythingStored(page)).includes(response.access_token));
});

test("F1 a next link to another host gets neither a token nor a request", async ({ page, context, traffic }) => {
  await signedIn(page, context);
  const read = async ({ session }) => {
    const found = [];
    try {
      for await (const one of session.search("Observation", { patient: session.patient, _count: 3 })) found.push(one.id);
    } catch (error) {
      return { code: error.code, count: found.length };
    }
    return { code: "no error", count: found.length };
  };
  await whileDeviating(["next-elsewhere"], async () => {
    assert.deepEqual(await withSession(page, read), { code: "foreign_url", count: 3 });
  }, { to: elsewhere.origin });
  assert.deepEqual(elsewhere.received, []);
  assert.equal(traffic.to(`${iss}/Observation`).filter((request) => request.method() === "GET").length, 1);
}, { bypassCSP: true });

test("C5 a callback with the issuer of another server sends no code", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await whileDeviating(["wrong-issuer-on-redirect"], async () => {
    await authorizeAtPortal(page);
    assert.equal(new URL(page.url()).searchParams.get("iss"), "https://another.example");
    assert.equal(await outcome(page), "invalid_callback");
  });
  await whileDeviating(["issuer-on-redirect"], async () => {
    await authorizeAtPortal(page);
    assert.equal(new URL(page.url()).searchParams.get("iss"), ehr);
    assert.equal(await outcome(page), "session");
  });
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("C5 D9 in a mix-up attack, the honest server's code is sent to neither server", async ({ page, context, traffic }) => {
  await removePageScript(context);
  const state = {};
  const evil = await startAttacker({
    "/fhir/.well-known/smart-configuration": () => ({
      body: JSON.stringify({
        issuer: evil.origin,
        authorization_endpoint: `${evil.origin}/authorize`,
        token_endpoint: `${evil.origin}/token`,
        jwks_uri: `${evil.origin}/jwks`,
        capabilities: [],
        code_challenge_methods_supported: ["S256"],
      }),
    }),
    // Redirects the user to the honest server, as if the app had sent its request there.
    "/authorize": ({ searchParams }) => {
      state.received = searchParams;
      const forwarded = new URLSearchParams(searchParams);
      forwarded.set("client_id", server.clientId);
      forwarded.set("aud", iss);
      return { status: 302, headers: { Location: `${ehr}/oauth/authenticate/?${forwarded}` } };
    },
  });
  const servers = [
    { ...server, name: "honest" },
    { ...server, name: "evil", fhirBase: `${evil.origin}/fhir`, clientId: "at-the-evil-one" },
  ];
  await whileDeviating(["issuer-on-redirect"], async () => {
    await authorizeAtPortal(page, { servers }, { server: "evil" });
    assert.ok(page.url().startsWith(`${home}?code=`), "the page has no code of the honest server");
    assert.equal(await outcome(page, { servers }), "invalid_callback");
  });
  assert.equal(state.received.get("client_id"), "at-the-evil-one");
  assert.deepEqual(evil.received.filter(({ method }) => method === "POST"), []);
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
  assert.ok(evil.received.every(({ path, headers }) => !path.includes(`client_id=${server.clientId}`) && !headers.authorization));
}, { bypassCSP: true });

test("D9 a launch is completed at the endpoint with which it started, even if the server's document has changed", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  await page.evaluate(() => Object.keys(sessionStorage).filter((key) => /discover|config/i.test(key)).forEach((key) => sessionStorage.removeItem(key)));
  await context.route(/well-known/, async (route) => {
    const response = await route.fetch();
    const token_endpoint = `${elsewhere.origin}/token`;
    await route.fulfill({ response, json: { ...(await response.json()), token_endpoint } });
  });
  assert.equal(await outcome(page), "session");
  assert.equal((await refresh(page)).code, "refreshed");
  assert.deepEqual(elsewhere.received, []);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
  assert.equal(await withApp(page, { server }, async ({ app }) => (await app.resume()).active), true);
}, { bypassCSP: true });
