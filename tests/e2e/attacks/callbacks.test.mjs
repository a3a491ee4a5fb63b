// Callbacks that are forged, replayed, corrupt, or of another user.

import assert from "node:assert/strict";
import { Launcher } from "../pages/launcher.mjs";
import { test } from "../support/browser.mjs";
import { interceptCallback, confirmAtPortal, connectAsPatient } from "../support/flows.mjs";
import { historyUrls } from "../support/history.mjs";
import { removePageScript, authorizeAtPortal, home, outcome, server, withApp } from "../support/package.mjs";
import { appOrigin, ehr } from "../support/servers.mjs";

const notMatched = "This sign-in could not be matched";

/** The state of the launch that a page has started. */
function stateOf(traffic) {
  const [request] = traffic.to(`${ehr}/oauth/`).filter((request) => request.isNavigationRequest());
  return new URL(request.url()).searchParams.get("state");
}

/** Starts a launch in the launcher, as far as the portal's log-in page. */
async function startLaunch(page) {
  await new Launcher(page).connect();
  await page.getByLabel("User name").waitFor();
}

test("C1 a callback of a launch that this browser did not start sends no code", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  for (const query of ["code=stolen&state=unknown", "code=stolen", "code=stolen&state="]) {
    await page.goto(`${appOrigin}/code?${query}`);
    await launcher.heading(notMatched).waitFor();
  }
  await page.getByRole("link", { name: "Go to the start page" }).waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});

test("C1 C4 a callback from an attacker's sign-in is refused and does not affect the pending launch", async ({ page, context, traffic }) => {
  const attacker = await context.browser().newContext();
  const forged = await interceptCallback(await attacker.newPage());
  await attacker.close();
  await startLaunch(page);
  const lured = await context.newPage();
  await lured.goto(forged);
  await new Launcher(lured).heading(notMatched).waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
  await page.bringToFront();
  await confirmAtPortal(page);
  await new Launcher(page).waitForRecord();
});

test("A1 C1 an attacker's code in the victim's callback opens no session", async ({ page, context, traffic }) => {
  const attacker = await context.browser().newContext();
  const code = new URL(await interceptCallback(await attacker.newPage())).searchParams.get("code");
  await attacker.close();
  await startLaunch(page);
  await page.goto(`${appOrigin}/code?${new URLSearchParams({ code, state: stateOf(traffic) })}`);
  const launcher = new Launcher(page);
  await launcher.heading("The sign-in took too long").waitFor();
  const [exchange] = traffic.tokenRequests("authorization_code");
  assert.equal((await (await exchange.response()).json()).error, "invalid_grant");
  await page.goto(`${appOrigin}/record`);
  await launcher.heading("No record is open").waitFor();
});

test("C2 opening a callback again returns to the session without a second exchange", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  const [callback] = traffic.to(`${appOrigin}/code?`);
  await page.goto(callback.url());
  await launcher.waitForRecord();
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("C2 T4 a callback that is replayed after sign-out or in another tab sends no code", async ({ page, context, traffic }) => {
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

test("C6 a callback with a duplicate code, state or issuer is refused", async ({ page, traffic }) => {
  const callback = await interceptCallback(page);
  const launcher = new Launcher(page);
  for (const duplicate of ["&code=another", "&state=another", `&iss=${encodeURIComponent(ehr)}&iss=another`]) {
    await page.goto(callback + duplicate);
    await launcher.heading("The sign-in came back incomplete").waitFor();
  }
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});

test("C7 tokens in the fragment are ignored", async ({ page, traffic }) => {
  await startLaunch(page);
  const fragment = new URLSearchParams({ access_token: "forged", token_type: "Bearer", state: stateOf(traffic) });
  await page.goto(`${appOrigin}/code#${fragment}`);
  await new Launcher(page).heading(notMatched).waitFor();
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes("forged"));
  assert.deepEqual(traffic.leaving(appOrigin).filter((request) => request.headers().authorization), []);
});

test("C3 C8 S7 an error description with markup is shown as text and removed from the URL", async ({ page, traffic }) => {
  await startLaunch(page);
  const markup = `<img src=x onerror="document.title='script ran'"><a href="https://evil.example">Log in</a>`;
  const error = { error: "server_error", error_description: markup, error_uri: "javascript:document.title='script ran'" };
  await page.goto(`${appOrigin}/code?${new URLSearchParams({ ...error, state: stateOf(traffic) })}`);
  const launcher = new Launcher(page);
  await launcher.heading("The sign-in did not work").waitFor();
  for (const details of await page.locator("details > summary").all()) await details.click();
  await page.waitForLoadState("networkidle");
  assert.equal(await page.locator(`main img, a[href*="evil.example"], a[href^="javascript"]`).count(), 0);
  assert.notEqual(await page.title(), "script ran");
  assert.deepEqual(await historyUrls(page, (url) => url.startsWith(`${appOrigin}/code?`)), []);
});

test("C3 S7 the npm package returns an error description with markup unchanged, and the plain page shows it as text", async ({ page, traffic }) => {
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

test("C10 the page never navigates to a value of a callback", async ({ page, context }) => {
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

test("C8 C9 concurrent calls of resume() send one exchange and remove the parameters from the URL", async ({ page, context, traffic }) => {
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

test("C5 a callback with another issuer than the launch's is refused", async ({ page, traffic }) => {
  const callback = await interceptCallback(page);
  await page.goto(`${callback}&iss=${encodeURIComponent("https://another.example")}`);
  const launcher = new Launcher(page);
  await launcher.heading("The sign-in came back incomplete").waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
  // A refused callback is not accepted later without the issuer.
  await page.goto(callback);
  await launcher.alert().waitFor();
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});
