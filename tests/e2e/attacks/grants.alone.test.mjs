// Servers whose keys are late, whose scopes have an unknown syntax, or whose errors contain secrets.

import assert from "node:assert/strict";
import { test } from "../support/browser.mjs";
import { clearFaults, injectFault, whileDeviating } from "../support/control.mjs";
import { connectAsPatient } from "../support/flows.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, withApp, withSession } from "../support/package.mjs";
import { ehr, iss } from "../support/servers.mjs";
import { everythingStored } from "../support/storage.mjs";

/**
 * The state of the signature check of the page's session, after the check. With `wanted`, waits for that state. With `use`, asserts that
 * the signature is unchecked, and then sends a request.
 */
function signature(page, { use = false, wanted } = {}) {
  const body = async ({ app }, { use, wanted }) => {
    const session = await app.resume();
    const until = async (condition) => {
      while (!condition(session.identity.signature)) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until((signature) => signature !== "pending");
    if (use) {
      if (session.identity.signature !== "unchecked") throw new Error(session.identity.signature);
      await session.patient.read();
    }
    if (wanted) await until((signature) => signature === wanted);
    const { signature, issuerChecked } = session.identity;
    return { signature, issuerChecked, findings: (await session.findings()).map(({ code }) => code) };
  };
  return withApp(page, { server }, `(all) => (${body})(all, ${JSON.stringify({ use, wanted })})`);
}

/** Signs in while the server deviates from the protocol, and then calls `body`. */
async function signedInWith(deviations, { page, context }, body) {
  await removePageScript(context);
  await whileDeviating(deviations, async () => {
    await authorizeAtPortal(page);
    await body();
  });
}

test("I13 keys that could not be fetched are fetched again at the next use", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  await injectFault({ path: "/webchart.cgi/jwks", count: 1, status: 500 });
  try {
    assert.equal((await signature(page, { use: true, wanted: "verified" })).signature, "verified");
  } finally {
    await clearFaults();
  }
  assert.equal(traffic.to(`${ehr}/jwks`).length, 2);
  assert.equal((await signature(page)).signature, "verified");
});

test("I13 keys that could not be fetched are fetched again after a reload", async ({ page, context }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  await injectFault({ path: "/webchart.cgi/jwks", count: 1, status: 500 });
  try {
    assert.equal((await signature(page)).signature, "unchecked");
  } finally {
    await clearFaults();
  }
  await page.reload();
  assert.equal((await signature(page, { wanted: "verified" })).signature, "verified");
});

test("I13 a key that cannot be imported does not affect other keys", async (check) => {
  await signedInWith(["keys-unimportable"], check, async () => assert.equal((await signature(check.page)).signature, "verified"));
});

test("I13 outdated keys are fetched once more", async (check) => {
  await signedInWith(["keys-stale"], check, async () => assert.equal((await signature(check.page)).signature, "verified"));
  assert.equal(check.traffic.to(`${ehr}/jwks`).length, 2);
});

test("D12 an OpenID configuration of another issuer is not used, and the session reports it", async (check) => {
  await signedInWith(["openid-other-issuer"], check, async () => {
    const { issuerChecked, findings } = await signature(check.page);
    assert.deepEqual([issuerChecked, findings.includes("foreign_openid_configuration")], [false, true]);
  });
});

for (const deviation of ["patient-no-id", "access-token-line-break"]) {
  test(`T8 a token response with ${deviation} opens no session`, async (check) => {
    await signedInWith([deviation], check, async () => assert.equal(await outcome(check.page), "invalid_token_response"));
    const { refresh_token: token } = await check.traffic.tokenResponse("authorization_code");
    assert.ok(!(await everythingStored(check.page)).includes(token));
  });
}

test("T8 an excessive token lifetime is limited to a valid date", async (check) => {
  await signedInWith(["lifetime-forever"], check, async () => assert.equal(await outcome(check.page), "session"));
  const until = await withSession(check.page, ({ session }) => session.expiresAt.getTime());
  assert.ok(until > Date.now(), String(until));
});

test("I12 an empty ID token counts as none, and the session reports it", async (check) => {
  await signedInWith(["id-token-empty"], check, async () => assert.equal(await outcome(check.page), "session"));
  const result = await withSession(check.page, async ({ session }) => ({
    identity: session.identity,
    findings: (await session.findings()).map(({ code }) => code),
  }));
  assert.deepEqual(result, { identity: undefined, findings: ["missing_id_token"] });
});

for (const deviation of ["scope-unknown", "scope-with-dots"]) {
  test(`T10 a record can be read after a grant with ${deviation}`, async (check) => {
    await signedInWith([deviation], check, async () => assert.equal(await outcome(check.page), "session"));
    const counts = await withSession(check.page, async ({ session }) => {
      const parts = await session.loadWholeRecord();
      return parts.filter(({ resources }) => resources.length > 0).length;
    });
    assert.ok(counts > 5, String(counts));
  });
}

test("T10 the launcher shows a record whose granted scopes have an unknown syntax", async ({ page }) => {
  await whileDeviating(["scope-unknown"], async () => {
    const launcher = await connectAsPatient(page);
    await launcher.section("Vital signs").getByText("Heart rate").first().waitFor();
  });
});

/** Everything that an error shows in the page. */
const printed = (error) => [error.message, error.stack, JSON.stringify(error), String(error.errorDescription)].join(" ");

test("S12 a code and a verifier that the token endpoint repeats do not appear in the error", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  const code = new URL(page.url()).searchParams.get("code");
  await whileDeviating(["token-error-repeats"], async () => {
    const error = await withApp(page, { server }, `async ({ app }) => app.resume().then(() => "", (${printed}))`);
    const [request] = traffic.tokenRequests("authorization_code");
    const verifier = new URLSearchParams(request.postData()).get("code_verifier");
    assert.match(await (await request.response()).text(), new RegExp(verifier), "the server does not repeat the verifier");
    assert.ok(error.includes("[redacted]") && !error.includes(code) && !error.includes(verifier), error);
  });
});

test("S12 an access token that a FHIR server repeats does not appear in the error", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  assert.equal(await outcome(page), "session");
  const { access_token: token } = await traffic.tokenResponse("authorization_code");
  await whileDeviating(["fhir-error-repeats"], async () => {
    const error = await withSession(page, `async ({ session }) => session.patient.read().then(() => "", (${printed}))`);
    assert.ok(error.includes("[redacted]") && !error.includes(token), error);
  });
});

test("D11 discovery is retried after one 503 or one lost connection", async ({ page, context, traffic }) => {
  await removePageScript(context);
  const document = `${iss}/.well-known/smart-configuration`;
  await page.goto(home);
  const loseConnection = () => page.route(document, (route) => route.abort("connectionreset"), { times: 1 });
  for (const fail of [() => injectFault({ path: new URL(document).pathname, count: 1, status: 503 }), loseConnection]) {
    await page.evaluate(() => sessionStorage.clear());
    const before = traffic.to(document).length;
    await fail();
    try {
      assert.match(await withApp(page, { server }, "({ app }) => app.authorizationUrl()"), /authenticate/);
    } finally {
      await clearFaults();
    }
    assert.equal(traffic.to(document).length, before + 2);
  }
});

test("D10 a launch with configured endpoints requests no document, and diagnose() reports differences", async ({ page, context, traffic }) => {
  await removePageScript(context);
  const configured = {
    ...server,
    authorizationEndpoint: `${ehr}/oauth/authorization/`,
    tokenEndpoint: `${ehr}/oauth/token/`,
    jwksUri: `${ehr}/jwks/`,
    idTokenIssuer: ehr,
  };
  await authorizeAtPortal(page, { server: configured });
  assert.equal(await outcome(page, { server: configured }), "session");
  assert.equal(traffic.to(`${iss}/.well-known`).length, 0);
  const identity = await withApp(page, { server: configured }, async ({ app }) => {
    const session = await app.resume();
    while (session.identity.signature === "pending") await new Promise((resolve) => setTimeout(resolve, 20));
    return session.identity;
  });
  assert.deepEqual([identity.signature, identity.issuerChecked], ["verified", true]);
  const findings = await withApp(page, { server: configured }, `({ diagnose }) => diagnose(${JSON.stringify(configured)})`);
  const messages = findings.filter(({ code }) => code === "endpoint_differs").map(({ message }) => message);
  assert.equal(messages.length, 1, messages.join());
  assert.match(messages[0], /oauth\/authorization\/ as authorizationEndpoint.*oauth\/authenticate/);
});
