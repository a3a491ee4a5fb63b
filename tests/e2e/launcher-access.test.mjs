import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { mockSearch, forEveryOrigin } from "./support/responses.mjs";
import { findings } from "./support/axe.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { appOrigin, ehr, iss } from "./support/servers.mjs";

test("axe finds no violations on the pages without a session", async ({ page }) => {
  const launcher = new Launcher(page);
  for (const [path, heading] of [
    ["/", "See your health record"],
    ["/record", "No record is open"],
    ["/session", "No record is open"],
    ["/nowhere", "This page does not exist"],
    ["/code?code=x&state=y", "This sign-in could not be matched"],
    [`/launch?iss=${encodeURIComponent("https://ehr.example/fhir")}&launch=x`, "This app does not know who opened it"],
  ]) {
    await page.goto(appOrigin + path);
    await launcher.heading(heading).waitFor();
    assert.deepEqual(await findings(page), [], path);
  }
});

test("axe finds no violations on the record and the connection", async ({ page }) => {
  await mockSearch(page, iss, "Encounter", [{ id: "1", type: [{ text: "Visit" }] }]);
  const launcher = await connectAsPatient(page, { deny: ["Condition"] });
  await launcher.waitForLoadedRecord();
  assert.deepEqual(await findings(page), [], "with a part that was not shared");
  await page.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
  await page.getByRole("slider").nth(3).waitFor();
  assert.deepEqual(await findings(page), [], "with all details open");
  await launcher.openSession();
  await page.getByText("Checked").first().waitFor();
  assert.deepEqual(await findings(page), [], "/session");
});

test("axe finds no violations on error pages", async ({ page }) => {
  await page.route(`${iss}/Condition?*`, (route) => route.fulfill({ status: 500, headers: forEveryOrigin }));
  await page.route(`${iss}/Encounter?*`, (route) => route.abort("connectionrefused"));
  const launcher = await connectAsPatient(page);
  await launcher.waitForLoadedRecord();
  assert.deepEqual(await findings(page), [], "a record of which parts failed");
  await launcher.openSession();
  await page.route(`${ehr}/oauth/token/`, (route) =>
    route.fulfill({ status: 400, headers: forEveryOrigin, json: { error: "invalid_grant" } }),
  );
  await launcher.refresh();
  await launcher.heading("Your access has ended").waitFor();
  assert.deepEqual(await findings(page), [], "a session that the clinic ended");
});

test("the first Tab key focuses the skip link, and each page moves the focus to its content", async ({ page }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  await page.reload();
  await launcher.waitForCompleteRecord();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => location.hash), "#content");
  await page.getByRole("link", { name: "Connection" }).click();
  await launcher.heading("Your connection").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  assert.match(await page.title(), /^Connection – /);
});

test("no page is wider than a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  for (const path of ["/record", "/session", "/"]) {
    await page.goto(appOrigin + path);
    await page.waitForLoadState("networkidle");
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(excess <= 0, `${path} is ${excess} pixels too wide`);
  }
});
