// A launch in a window of its own, with the npm package.

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

/** Clicks a button that launches in a window, and gives the window. What comes of it is the page's `launched`. */
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

/** Signs in at the portal in the window, which then closes by itself, and gives what came of it. */
async function signIn(page, window) {
  const closed = window.waitForEvent("close");
  await confirmAtPortal(window);
  await closed;
  return page.evaluate(() => window.launched);
}

test("A9 a window brings the session to the page, which goes nowhere", async ({ page, traffic }) => {
  const window = await launch(page);
  const session = await signIn(page, window);
  assert.equal(typeof session.patient.id, "string");
  assert.equal(session.canRefresh, true);
  assert.equal(page.url(), server.redirectUri);
  assert.equal(traffic.to(`${ehr}/oauth/token`).length, 1, "one exchange");
});

test("A9 a window whose pages cut the tie to their opener brings the session all the same", async ({ page, context }) => {
  await context.route(`${ehr}**`, async (route) => {
    if (!route.request().isNavigationRequest()) return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), "cross-origin-opener-policy": "same-origin" } });
  });
  const window = await launch(page);
  await window.waitForURL(`${ehr}/**`);
  assert.equal(await window.evaluate(() => window.opener), null, "the tie is cut");
  const session = await signIn(page, window);
  assert.equal(typeof session.patient.id, "string");
});

test("A9 messages of other origins and of other windows are ignored", async ({ page, traffic }) => {
  const window = await launch(page);
  await window.waitForURL(`${ehr}/**`);
  const state = await page.evaluate(() => {
    const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("smartrust.launch."));
    return key.slice("smartrust.launch.".length);
  });
  const forged = `${server.redirectUri}?code=forged&state=${state}`;
  // The page itself, and a page of another site in the window, post what the redirect would.
  await page.evaluate((forged) => postMessage(forged, "*"), forged);
  await window.evaluate((forged) => opener.postMessage(forged, "*"), forged);
  await page.evaluate(() => new Promise((heard) => setTimeout(heard, 0)));
  assert.deepEqual(traffic.to(`${ehr}/oauth/token`), [], "nothing was exchanged");
  assert.equal(typeof (await signIn(page, window)).patient.id, "string");
});
