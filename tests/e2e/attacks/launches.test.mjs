// Launches that another site starts, or that try to change the app's configuration.

import assert from "node:assert/strict";
import { Launcher } from "../pages/launcher.mjs";
import { html, startAttacker } from "../support/attacker.mjs";
import { test } from "../support/browser.mjs";
import { appOrigin, ehr, ehrOrigin, iss } from "../support/servers.mjs";
import { until } from "../support/wait.mjs";

const elsewhere = await startAttacker({
  "/lure": ({ searchParams }) => html(`<script>location = ${JSON.stringify(searchParams.get("to"))}</script>`),
});
const unknown = "This app does not know who opened it";
const launch = (from) => `${appOrigin}/launch?${new URLSearchParams({ iss: from, launch: "x" })}`;

/** The URL of the page's first request to the authorization server. */
async function authorizationRequest(traffic) {
  const requests = () => traffic.to(`${ehr}/oauth/`).filter((request) => request.isNavigationRequest());
  await until("the authorization request is sent", () => requests().length > 0);
  return new URL(requests()[0].url());
}

test("A7 an untrusted EHR is named and gets no request", async ({ page, traffic }) => {
  await page.goto(launch("https://ehr.example/fhir"));
  const launcher = new Launcher(page);
  await launcher.heading(unknown).waitFor();
  assert.match(await launcher.alert().innerText(), /opened from ehr\.example/);
  await page.waitForLoadState("networkidle");
  assert.deepEqual(traffic.leaving(appOrigin).map((request) => request.url()), []);
});

test("A7 a launch that another site starts with its own server causes no request", async ({ page, traffic }) => {
  await page.goto(`${elsewhere.origin}/lure?${new URLSearchParams({ to: launch(`${elsewhere.origin}/fhir`) })}`);
  await new Launcher(page).heading(unknown).waitFor();
  await page.waitForLoadState("networkidle");
  const sent = traffic.leaving(appOrigin).filter((request) => !request.url().startsWith(`${elsewhere.origin}/lure`));
  assert.deepEqual(sent.map((request) => request.url()).filter((url) => !url.endsWith("/favicon.ico")), []);
  assert.ok(elsewhere.received.every(({ path }) => !path.startsWith("/fhir")));
}, { bypassCSP: true });

test("A7 an iss that only resembles the trusted one causes no request", async ({ page, traffic }) => {
  const host = new URL(ehrOrigin).host;
  const launcher = new Launcher(page);
  for (const lookalike of [
    `http://${host}.evil.example/webchart.cgi/fhir`,
    `http://${host}@evil.example/webchart.cgi/fhir`,
    `${iss}/../../evil`,
    `${iss}/%2e%2e/evil`,
    `${iss}?x=1`,
    `${iss}#x`,
    `https://${host}/webchart.cgi/fhir`,
    `//${host}/webchart.cgi/fhir`,
    ` ${iss}`,
    `${iss}\u0000`,
  ]) {
    await page.goto(launch(lookalike));
    await launcher.alert().waitFor();
    assert.ok(page.url().startsWith(appOrigin), lookalike);
  }
  await page.waitForLoadState("networkidle");
  assert.deepEqual(traffic.leaving(appOrigin).map((request) => request.url()), []);
});

const overrides = {
  client_id: "of-the-attacker",
  clientId: "of-the-attacker",
  redirect_uri: `${elsewhere.origin}/code`,
  redirectUri: `${elsewhere.origin}/code`,
  scope: "user/*.cruds",
  aud: elsewhere.origin,
  state: "known-to-the-attacker",
  nonce: "known-to-the-attacker",
  code_challenge: "known-to-the-attacker",
  pkce: "disabled",
  server: "portal",
  fhirBase: elsewhere.origin,
  authorization_endpoint: `${elsewhere.origin}/authorize`,
  token_endpoint: `${elsewhere.origin}/token`,
};

function assertUnchanged(request, expected) {
  assert.equal(request.origin, ehrOrigin);
  for (const [name, value] of Object.entries(expected)) assert.equal(request.searchParams.get(name), value, name);
  assert.equal(request.searchParams.get("code_challenge_method"), "S256");
  assert.doesNotMatch(decodeURIComponent(request.search), /attacker|cruds|disabled|127\.0\.0\.1/);
  assert.deepEqual(elsewhere.received.filter(({ path }) => /token|authorize|well-known/.test(path)), []);
}

test("A7 other parameters of a launch link do not change the configuration", async ({ page, traffic }) => {
  // With a state, the URL would be a callback instead of a launch link.
  const { state: _, ...others } = overrides;
  await page.goto(`${launch(iss)}&${new URLSearchParams(others)}`);
  assertUnchanged(await authorizationRequest(traffic), {
    client_id: "MIE-localhost-launch",
    redirect_uri: `${appOrigin}/launch`,
    scope: "launch openid fhirUser offline_access patient/*.rs fhircast/*.read",
    aud: iss,
    launch: "x",
  });
});

test("A7 parameters in the URL of the start page do not change a patient's launch", async ({ page, traffic }) => {
  await page.goto(`${appOrigin}/?${new URLSearchParams(overrides)}#${new URLSearchParams(overrides)}`);
  await new Launcher(page).connectButton().click();
  assertUnchanged(await authorizationRequest(traffic), {
    client_id: "MIE-localhost",
    redirect_uri: `${appOrigin}/code`,
    scope: "launch/patient openid fhirUser offline_access patient/*.rs",
    aud: iss,
    launch: null,
  });
});

test("A7 a launch link with two servers is refused", async ({ page, traffic }) => {
  await page.goto(`${launch(iss)}&${new URLSearchParams({ iss: `${elsewhere.origin}/fhir` })}`);
  await new Launcher(page).alert().waitFor();
  await page.waitForLoadState("networkidle");
  assert.deepEqual(traffic.leaving(appOrigin).map((request) => request.url()), []);
});
