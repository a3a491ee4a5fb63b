// The launcher in a frame of another site, in which the browser blocks storage.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { appOrigin, ehr } from "./support/servers.mjs";

/** A page that browsers consider another site than the app's. */
const otherSite = "http://127.0.0.1:8765/chart";

/** Shows a URL of the app in a frame of another site, and returns the frame. */
async function openInFrame(page, url) {
  await page.route(otherSite, (route) =>
    route.fulfill({ contentType: "text/html", body: `<!doctype html><title>Chart</title><iframe title="App" width="900" height="700" src="${url.replaceAll("&", "&amp;")}"></iframe>` }),
  );
  // The app only allows the sandbox EHR to frame it.
  await page.route(`${appOrigin}/**`, async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    const policy = headers["content-security-policy"]?.replace(/frame-ancestors [^;]*/, `frame-ancestors ${new URL(otherSite).origin}`);
    await route.fulfill({ response, headers: { ...headers, "content-security-policy": policy } });
  });
  await page.goto(otherSite);
  const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
  assert.equal(await frame.evaluate(() => { try { return typeof sessionStorage; } catch ({ name }) { return name; } }), "SecurityError");
  return frame;
}

test("L10 a launch in a frame without storage opens in a new window", async ({ page, context, traffic }) => {
  const { name } = await openChart(page, 3);
  const link = page.getByRole("region", { name: "FHIR Launch" }).getByRole("link", { name: /launcher/i });
  // The chart redirects to the app. Each redirect is valid once.
  const response = await page.request.get(await link.evaluate(({ href }) => href), { maxRedirects: 0 });
  const launch = response.headers().location;
  assert.ok(launch.startsWith(`${appOrigin}/launch?`), launch);

  const frame = await openInFrame(page, launch);
  await frame.getByRole("heading", { name: "Open the record in its own window" }).waitFor();
  assert.equal(await frame.getByRole("button", { name: "Try again" }).count(), 0);
  const opening = context.waitForEvent("page");
  await frame.getByRole("link", { name: "Open in its own window" }).click();
  const launcher = new Launcher(await opening);
  await launcher.waitForCompleteRecord();
  assert.ok(includesAll(name, [(await patientOf(traffic)).names[0]]));
  await frame.getByText("The record opens in the other window.").waitFor();
});

test("L10 a patient in a frame without storage can open a new window", async ({ page, context }) => {
  const frame = await openInFrame(page, `${appOrigin}/`);
  await frame.getByRole("link", { name: "Open in its own window" }).waitFor();
  assert.equal(await frame.getByRole("button", { name: "Connect" }).count(), 0);
  const opening = context.waitForEvent("page");
  await frame.getByRole("link", { name: "Open in its own window" }).click();
  await new Launcher(await opening).connectButton().waitFor();
});

test("L10 a page without storage outside a frame says so before it navigates to the EHR", async ({ page, traffic }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "sessionStorage", { get: () => { throw new DOMException("blocked", "SecurityError"); } });
  });
  await new Launcher(page).connect();
  await page.locator(".hero").getByText("This browser does not save data for this page").waitFor();
  // The list of clinics is not about the patient.
  const urls = traffic.leaving(appOrigin).map((request) => request.url());
  assert.deepEqual(urls.filter((url) => url !== `${ehr}/brands.json`), []);
});
