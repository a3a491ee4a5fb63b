// Launches in a popup with the npm package.

import assert from "node:assert/strict";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { appOrigin, ehr, iss } from "./support/servers.mjs";

const server = {
  fhirBase: iss,
  clientId: "plain-html",
  redirectUri: `${appOrigin}/plain-html/`,
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
};

/** Clicks a button that launches in a popup, and returns the popup. The page's `launched` is the result. */
async function launch(page) {
  await page.goto(server.redirectUri);
  await page.evaluate(async (server) => {
    const { SmartApp } = await import("/pkg/index.js");
    const app = new SmartApp({ server });
    const button = Object.assign(document.createElement("button"), { textContent: "Launch in a window" });
    button.addEventListener("click", () => {
      window.launched = app.launchInPopup().then(
        ({ patient, canRefresh }) => ({ patient: { ...patient }, canRefresh }),
        ({ code }) => ({ code }),
      );
    });
    document.body.append(button);
  }, server);
  const opening = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Launch in a window" }).click();
  return opening;
}

/** Signs in at the portal in the popup, waits until it closes, and returns the result. */
async function signIn(page, window) {
  const closed = window.waitForEvent("close");
  await confirmAtPortal(window);
  await closed;
  return page.evaluate(() => window.launched);
}

test("A9 a popup opens a session in the page, which does not navigate", async ({ page, traffic }) => {
  const window = await launch(page);
  const session = await signIn(page, window);
  assert.equal(typeof session.patient.id, "string");
  assert.equal(session.canRefresh, true);
  assert.equal(page.url(), server.redirectUri);
  assert.equal(traffic.to(`${ehr}/oauth/token`).length, 1, "one exchange");
});

test("A9 a popup whose opener is severed opens a session in the page", async ({ page, context }) => {
  await context.route(`${ehr}**`, async (route) => {
    if (!route.request().isNavigationRequest()) return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), "cross-origin-opener-policy": "same-origin" } });
  });
  const window = await launch(page);
  await window.waitForURL(`${ehr}/**`);
  assert.equal(await window.evaluate(() => window.opener), null, "the opener is not severed");
  const session = await signIn(page, window);
  assert.equal(typeof session.patient.id, "string");
});

test("A9 messages from other origins and other windows are ignored", async ({ page, traffic }) => {
  const window = await launch(page);
  await window.waitForURL(`${ehr}/**`);
  const state = await page.evaluate(() => {
    const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("smartrust.launch."));
    return key.slice("smartrust.launch.".length);
  });
  const forged = `${server.redirectUri}?code=forged&state=${state}`;
  // The page itself, and a page of another site in the popup, post the message of the redirect.
  await page.evaluate((forged) => postMessage(forged, "*"), forged);
  await window.evaluate((forged) => opener.postMessage(forged, "*"), forged);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  assert.deepEqual(traffic.to(`${ehr}/oauth/token`), [], "a code was exchanged");
  assert.equal(typeof (await signIn(page, window)).patient.id, "string");
});
