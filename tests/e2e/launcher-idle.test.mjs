// Sessions that nobody uses.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { findings } from "./support/axe.mjs";
import { modifyJson } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient, openChart } from "./support/flows.mjs";
import { appOrigin, ehr } from "./support/servers.mjs";
import { everythingStored } from "./support/storage.mjs";
import { until } from "./support/wait.mjs";

const minute = 60_000;
const tokenEndpoint = `${ehr}/oauth/token/`;

/** Opens the launcher from a chart in the same tab, with a clock that the test controls. */
async function openedFromChart(page) {
  await page.clock.install();
  const { chart } = await openChart(page, 1);
  await chart.launch(/launcher/i);
  const launcher = new Launcher(page);
  await launcher.waitForRecord();
  return launcher;
}

test("L11 an idle provider gets a warning, can stay signed in, and is otherwise signed out without traces", async ({ page, traffic }) => {
  const launcher = await openedFromChart(page);
  const name = (await launcher.banner().locator(".banner-name").innerText()).trim();
  const { access_token: token } = await traffic.tokenResponse("authorization_code");
  const warning = page.getByRole("alertdialog", { name: "Are you still there?" });

  await page.clock.fastForward(13.5 * minute);
  assert.equal(await warning.count(), 0);
  await page.clock.fastForward(minute);
  await warning.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Stay signed in");
  assert.match(await warning.getByRole("timer").innerText(), /^Time left: \d+ seconds$/);
  assert.deepEqual(await findings(page), []);
  // Moving the mouse does not close the warning.
  await page.mouse.move(5, 5);
  await warning.waitFor();
  await page.keyboard.press("Enter");
  await warning.waitFor({ state: "detached" });

  await page.clock.fastForward(14.5 * minute);
  await warning.waitFor();
  await page.keyboard.press("Escape");
  await warning.waitFor({ state: "detached" });
  assert.ok(await launcher.banner().isVisible());

  await page.clock.fastForward(14.5 * minute);
  await warning.waitFor();
  await page.clock.fastForward(minute);
  await launcher.heading("You were signed out").waitFor();
  await page.getByText("Nothing happened here for 15 minutes.").waitFor();
  assert.equal(await page.getByText(name).count(), 0);
  assert.equal(await warning.count(), 0);
  assert.deepEqual(await findings(page), []);
  await until("the token is gone", async () => !(await everythingStored(page)).includes(token));
  await page.goBack();
  await page.goto(`${appOrigin}/record`);
  await launcher.heading("No record is open").waitFor();
});

test("L11 use of any tab keeps the session", async ({ page, context }) => {
  const launcher = await openedFromChart(page);
  const warning = page.getByRole("alertdialog");
  await page.clock.fastForward(10 * minute);
  await page.mouse.move(40, 40);
  await page.clock.fastForward(10 * minute);
  assert.equal(await warning.count(), 0);
  const opening = context.waitForEvent("page");
  await page.evaluate(() => void window.open("/record"));
  const copy = await opening;
  await new Launcher(copy).waitForRecord();
  await copy.mouse.move(60, 60);
  await page.clock.fastForward(13.5 * minute);
  assert.equal(await warning.count(), 0, "the other tab was used");
  await page.clock.fastForward(minute);
  await warning.waitFor();
  await copy.getByRole("button", { name: "Stay signed in" }).click();
  await warning.waitFor({ state: "detached" });
  assert.ok(await launcher.banner().isVisible());
});

test("L11 a page that is restored after the time limit shows nothing of the record", async ({ page, traffic }) => {
  const launcher = await openedFromChart(page);
  await launcher.waitForCompleteRecord();
  await page.mouse.move(50, 50);
  const { access_token: token } = await traffic.tokenResponse("authorization_code");
  const lastUse = await page.evaluate(() => Date.now());
  await page.goto(`${appOrigin}/launcher.config.json`);
  await page.clock.setSystemTime(lastUse + 16 * minute);
  const before = traffic.to(`${ehr}/fhir/`).length;
  await page.goto(`${appOrigin}/record`);
  await launcher.heading("You were signed out").waitFor();
  assert.equal(traffic.to(`${ehr}/fhir/`).length, before, "the record was requested");
  await until("the token is gone", async () => !(await everythingStored(page)).includes(token));
});

test("L11 a patient's session has no time limit unless it is configured", async ({ page }) => {
  await page.clock.install();
  const launcher = await connectAsPatient(page);
  await page.clock.fastForward(50 * minute);
  assert.equal(await page.getByRole("alertdialog").count(), 0);
  assert.ok(await launcher.banner().isVisible());

  await modifyJson(page, `${appOrigin}/launcher.config.json`, (config) => ({ ...config, idleMinutes: { portal: 5 } }));
  await page.reload();
  await launcher.waitForRecord();
  await page.clock.fastForward(4.5 * minute);
  await page.getByRole("alertdialog").waitFor();
  await page.getByRole("button", { name: "Sign out now" }).click();
  await launcher.heading("No record is open").waitFor();
});

test("L11 a record whose access token expired without a refresh token says so, and is removed after the time limit", async ({ page }) => {
  await modifyJson(page, tokenEndpoint, ({ refresh_token: _, ...tokens }) => ({ ...tokens, expires_in: 600 }));
  const launcher = await openedFromChart(page);
  await launcher.waitForCompleteRecord();
  const name = (await launcher.banner().locator(".banner-name").innerText()).trim();
  const note = page.getByText("Your time is up.");
  assert.equal(await note.count(), 0);
  await page.clock.fastForward(10.5 * minute);
  await note.waitFor();
  assert.ok(await launcher.banner().isVisible());
  assert.deepEqual(await findings(page), []);
  await page.clock.fastForward(4 * minute);
  await page.getByRole("alertdialog").waitFor();
  await page.clock.fastForward(minute);
  await launcher.heading("You were signed out").waitFor();
  assert.equal(await page.getByText(name).count(), 0);
});
