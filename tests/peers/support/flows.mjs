// The steps of a person: opens an app, launches, logs in at oidc-provider's pages, consents, and is redirected.

import { ada } from "./people.mjs";

/** Opens the page of an app, and waits until `resume()` has ended. */
export async function openApp(page, app, query = "") {
  await page.goto(app.record.redirectUri + query);
  await waitForPage(page);
}

/** Waits until `resume()` has ended in the page of an app. */
export async function waitForPage(page) {
  await page.waitForFunction(() => globalThis.opened);
}

/** Runs a function in the page of an app with `{ app, session, error, events }` and an argument. */
export function inApp(page, body, argument) {
  return page.evaluate(`(${body})(globalThis.opened, ${JSON.stringify(argument)})`);
}

/** Navigates to the provider. The provider requires `prompt=consent` for offline access. */
export async function launch(page, parameters = { prompt: "consent" }) {
  await page.evaluate((parameters) => void globalThis.opened.app.launch({ parameters }), parameters);
}

/** Logs in at the provider. */
export async function logIn(page, { accountId } = ada) {
  await page.getByPlaceholder("Enter any login").fill(accountId);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
}

/** Grants the app what it requests. */
export async function consent(page) {
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Opens an app, signs a person in, and waits until the app has its session or its error. */
export async function signIn(page, app, { person = ada, query, parameters } = {}) {
  await openApp(page, app, query);
  await launch(page, parameters);
  await logIn(page, person);
  await consent(page);
  await waitForRedirect(page, app);
}

/** Waits until the app has its session or its error after the redirect. */
export async function waitForRedirect(page, app) {
  await page.waitForURL(({ href }) => href.startsWith(app.record.redirectUri));
  await waitForPage(page);
}

/** Signs a person in, but blocks the app's script after the redirect. Returns the URL of the redirect. */
export async function interceptCallback(page, app) {
  await openApp(page, app);
  await launch(page);
  await logIn(page);
  await page.route("**/page.js", (route) => route.abort());
  await consent(page);
  await page.waitForURL(({ href, searchParams }) => href.startsWith(app.record.redirectUri) && searchParams.has("code"));
  await page.unroute("**/page.js");
  return new URL(page.url());
}

/** Opens a callback URL, and returns the app's error and whether there is a session. */
export async function openCallback(page, callback) {
  await page.goto(callback.href);
  await waitForPage(page);
  return inApp(page, ({ session, error }) => ({ error, isSignedIn: session !== null }));
}

/** Waits until the ID token's signature has been checked, and returns the identity. */
export async function checkedIdentity(page) {
  await page.waitForFunction(() => globalThis.opened.session.identity?.signature !== "pending");
  return inApp(page, ({ session }) => session.identity);
}

/** Waits until the session has ended, and returns the code of each `signedout` event. */
export async function signOutCodes(page) {
  await page.waitForFunction(() => globalThis.opened.session?.active === false);
  // Events are dispatched in a separate microtask.
  return inApp(page, async ({ events }) => {
    await new Promise((resolve) => setTimeout(resolve));
    return events.filter(({ type }) => type === "signedout").map(({ code }) => code);
  });
}
