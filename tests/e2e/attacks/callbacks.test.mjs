// Redirects that are forged, replayed, damaged, or somebody else's.

import assert from "node:assert/strict";
import { Launcher } from "../pages/launcher.mjs";
import { test } from "../support/browser.mjs";
import { interceptCallback, confirmAtPortal, connectAsPatient } from "../support/flows.mjs";
import { historyUrls } from "../support/history.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, withApp } from "../support/package.mjs";
import { appOrigin, ehr } from "../support/servers.mjs";

const notMatched = "This sign-in could not be matched";

/** The state of the launch that a page has begun. */
function stateOf(traffic) {
  const [request] = traffic.to(`${ehr}/oauth/`).filter((request) => request.isNavigationRequest());
  return new URL(request.url()).searchParams.get("state");
}

/** Begins a launch of the launcher, and leaves it at the portal. */
async function begin(page) {
  await new Launcher(page).connect();
  await page.getByLabel("User name").waitFor();
}

test("C1 a sign-in that this browser did not begin is not used", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  for (const query of ["code=stolen&state=unknown", "code=stolen", "code=stolen&state="]) {
    await page.goto(`${appOrigin}/code?${query}`);
    await launcher.heading(notMatched).waitFor();
  }
  await page.getByRole("link", { name: "Go to the start page" }).waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});

test("C1 C4 a redirect that an attacker's own sign-in ended in is not used, and the launch under way goes on", async ({ page, context, traffic }) => {
  const attacker = await context.browser().newContext();
  const forged = await interceptCallback(await attacker.newPage());
  await attacker.close();
  await begin(page);
  const lured = await context.newPage();
  await lured.goto(forged);
  await new Launcher(lured).heading(notMatched).waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
  await page.bringToFront();
  await confirmAtPortal(page);
  await new Launcher(page).waitForRecord();
});

test("A1 C1 an attacker's code in the victim's own redirect opens nothing", async ({ page, context, traffic }) => {
  const attacker = await context.browser().newContext();
  const code = new URL(await interceptCallback(await attacker.newPage())).searchParams.get("code");
  await attacker.close();
  await begin(page);
  await page.goto(`${appOrigin}/code?${new URLSearchParams({ code, state: stateOf(traffic) })}`);
  const launcher = new Launcher(page);
  await launcher.heading("The sign-in took too long").waitFor();
  const [exchange] = traffic.tokenRequests("authorization_code");
  assert.equal((await (await exchange.response()).json()).error, "invalid_grant");
  await page.goto(`${appOrigin}/record`);
  await launcher.heading("No record is open").waitFor();
});

test("C2 a callback that is opened again leads to the session without a second exchange", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  const [callback] = traffic.to(`${appOrigin}/code?`);
  await page.goto(callback.url());
  await launcher.waitForRecord();
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("C2 T4 a callback that is replayed after signing out, or in another tab, sends no code", async ({ page, context, traffic }) => {
  const launcher = await connectAsPatient(page);
  const [callback] = traffic.to(`${appOrigin}/code?`);
  await launcher.openSession();
  await launcher.signOut();
  await launcher.waitForSignOut();
  await page.goto(callback.url());
  await launcher.alert().waitFor();
  const other = await context.newPage();
  await other.goto(callback.url());
  await new Launcher(other).heading(notMatched).waitFor();
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("C6 a code, a state or an issuer that stands twice in the redirect is refused", async ({ page, traffic }) => {
  const callback = await interceptCallback(page);
  const launcher = new Launcher(page);
  for (const twice of ["&code=another", "&state=another", `&iss=${encodeURIComponent(ehr)}&iss=another`]) {
    await page.goto(callback + twice);
    await launcher.heading("The sign-in came back incomplete").waitFor();
  }
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});

test("C7 tokens in the fragment are not taken", async ({ page, traffic }) => {
  await begin(page);
  const fragment = new URLSearchParams({ access_token: "forged", token_type: "Bearer", state: stateOf(traffic) });
  await page.goto(`${appOrigin}/code#${fragment}`);
  await new Launcher(page).heading(notMatched).waitFor();
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes("forged"));
  assert.deepEqual(traffic.leaving(appOrigin).filter((request) => request.headers().authorization), []);
});

test("C3 C8 S7 a description with markup is shown as text, and leaves the address", async ({ page, traffic }) => {
  await begin(page);
  const markup = `<img src=x onerror="document.title='script ran'"><a href="https://evil.example">Log in</a>`;
  const error = { error: "server_error", error_description: markup, error_uri: "javascript:document.title='script ran'" };
  await page.goto(`${appOrigin}/code?${new URLSearchParams({ ...error, state: stateOf(traffic) })}`);
  const launcher = new Launcher(page);
  await launcher.heading("The sign-in did not work").waitFor();
  for (const details of await page.locator("details > summary").all()) await details.click();
  await page.waitForLoadState("networkidle");
  assert.equal(await page.locator(`main img, a[href*="evil.example"], a[href^="javascript"]`).count(), 0);
  assert.notEqual(await page.title(), "script ran");
  assert.deepEqual(await historyUrls(page, (address) => address.startsWith(`${appOrigin}/code?`)), []);
});

test("C3 S7 the npm package gives a description with markup as it is, and the plain page shows it as text", async ({ page, traffic }) => {
  await page.goto(home);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByLabel("User name").waitFor();
  const markup = `<img src=x onerror="document.title='script ran'">`;
  const query = new URLSearchParams({ error: "server_error", error_description: markup, state: stateOf(traffic) });
  await page.goto(`${home}?${query}`);
  await page.getByRole("button", { name: "Connect", exact: true }).waitFor();
  await page.getByRole("status").getByText(markup).waitFor();
  assert.equal(await page.locator("img").count(), 0);
});

test("C10 no value of a redirect is navigated to", async ({ page, context }) => {
  await removePageScript(context);
  await page.goto(home);
  await withApp(page, { server }, ({ app }) => app.authorizationUrl());
  const state = await page.evaluate(() => Object.keys(sessionStorage).find((key) => key.includes("launch.")).split("launch.")[1]);
  const elsewhere = "https://evil.example/";
  const query = new URLSearchParams({ error: elsewhere, error_uri: elsewhere, redirect_uri: elsewhere, iss: elsewhere, state });
  await page.goto(`${home}?${query}`);
  assert.equal(await outcome(page), "invalid_callback");
  await page.waitForLoadState("networkidle");
  assert.ok(page.url().startsWith(home), page.url());
});

test("C8 C9 a redirect that is read twice at once makes one exchange and leaves the address", async ({ page, context, traffic }) => {
  await removePageScript(context);
  await authorizeAtPortal(page);
  const same = await withApp(page, { server }, async ({ app }) => {
    const [one, other] = await Promise.all([app.resume(), app.resume()]);
    return one === other;
  });
  assert.ok(same);
  assert.equal(page.url(), home);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("C5 a redirect that names another issuer than the one that was asked is refused", async ({ page, traffic }) => {
  const callback = await interceptCallback(page);
  await page.goto(`${callback}&iss=${encodeURIComponent("https://another.example")}`);
  const launcher = new Launcher(page);
  await launcher.heading("The sign-in came back incomplete").waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
  // What was refused once is not tried again without the issuer.
  await page.goto(callback);
  await launcher.alert().waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});
