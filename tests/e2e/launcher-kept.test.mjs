// The start page for a patient who stays connected on this device, at a second EHR, which simulates Epic.

import assert from "node:assert/strict";
import { Chart } from "./pages/chart.mjs";
import { Launcher } from "./pages/launcher.mjs";
import { findings } from "./support/axe.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { keep, openKept, registerScope } from "./support/kept.mjs";
import { appOrigin, keptHome, providerLogin, secondEhr, secondEhrOrigin } from "./support/servers.mjs";
import { everythingStored, exportKeys, storedBeyondTheTab } from "./support/storage.mjs";
import { until } from "./support/wait.mjs";

const secondLogin = { userName: "patient2", password: "portal-2" };

test("N16 the box is unticked, says what it means, and is shown only where the server allows it", async ({ page }) => {
  const launcher = new Launcher(page, keptHome);
  await launcher.openHome();
  const box = launcher.keepBox();
  assert.equal(await box.isChecked(), false);
  const [id] = (await box.getAttribute("aria-describedby")).split(" ");
  assert.match(await page.locator(`#${id}`).innerText(), /Anyone who can use this browser on this device can then open it too/);
  await box.focus();
  await page.keyboard.press("Space");
  assert.equal(await box.isChecked(), true);
  await page.reload();
  assert.equal(await box.isChecked(), false, "the choice is not remembered");

  await page.goto(`${appOrigin}/`);
  await launcher.button("Connect").and(page.locator(":enabled")).waitFor();
  assert.equal(await box.count(), 0, "a server without registration");
});

test("N15 the key on the device cannot be exported", async ({ page }) => {
  await keep(page);
  const { count, extractable, outcomes } = await exportKeys(page);
  assert.ok(count > 0, "there is a key");
  assert.deepEqual([extractable, ...new Set(outcomes)], [false, "InvalidAccessError"]);
});

test("N14 to disconnect in one tab ends the other, and leaves nothing on the device", async ({ page, context }) => {
  const { launcher, person } = await keep(page);
  const other = await context.newPage();
  const otherLauncher = new Launcher(other, keptHome);
  await otherLauncher.openHome();
  await openKept(otherLauncher, person);

  await launcher.button(/^Disconnect/, launcher.keptRecords(person)).click();
  await page.getByText(`This device can no longer open the record of ${person} at Sandbox Clinic.`).waitFor();
  assert.equal(await launcher.keptRecords().count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.id), "content", "the focus is not on the content");
  await otherLauncher.heading("You are signed out").waitFor();
  assert.equal(await otherLauncher.banner().count(), 0);
  await otherLauncher.openHome();
  await otherLauncher.keepBox().waitFor();
  assert.equal(await otherLauncher.keptRecords().count(), 0);
  const stored = await everythingStored(page);
  assert.ok(!stored.includes(person) && !stored.includes(secondEhr), stored);
});

test("S5 N11 two persons' records are listed and never mixed", async ({ page, context, traffic }) => {
  const { person: first } = await keep(page);
  await context.clearCookies({ domain: new URL(secondEhrOrigin).hostname });
  const { launcher, person: second } = await keep(page, { login: secondLogin });
  assert.notEqual(first, second);
  await launcher.keptRecords(first).waitFor();
  await launcher.keptRecords(second).getByText("Open now in this window").waitFor();
  assert.equal(await page.getByText("Open now in this window").count(), 1);

  for (const [person, other] of [[first, second], [second, first]]) {
    const before = traffic.to(`${secondEhr}/fhir/`).length;
    await openKept(launcher, person);
    const records = page.getByRole("navigation", { name: "Records" });
    await records.getByText(`Open now: ${person}`).waitFor();
    assert.equal(await page.getByText(other).count(), 0);
    const patients = traffic.to(`${secondEhr}/fhir/`).slice(before).map((request) => new URL(request.url()).searchParams.get("patient"));
    assert.equal(new Set(patients.filter(Boolean)).size, 1, "the requests are about more than one patient");
    await records.getByRole("link", { name: "Switch to another record" }).click();
    await launcher.keptRecords(person).getByText("Open now in this window").waitFor();
  }
  await launcher.button(/^Disconnect/, launcher.keptRecords(first)).click();
  await until("one record is left", async () => (await launcher.keptRecords().count()) === 1);
  await page.goto(`${keptHome}/record`);
  await launcher.waitForRecord();
  assert.equal(await launcher.personShown(), second);
});

test("N10 a patient who hides names leaves none on this device, and can show them again", async ({ page, context }) => {
  const { launcher, person } = await keep(page);
  const [familyName] = person.split(" ").slice(-1);
  await launcher.namesBox().uncheck();
  const entry = launcher.keptRecords("Name not shown");
  await entry.getByText("From Sandbox Clinic").waitFor();
  assert.ok(!(await storedBeyondTheTab(page)).includes(familyName));
  assert.deepEqual(await findings(page), []);

  const other = new Launcher(await context.newPage(), keptHome);
  await other.openHome();
  assert.equal(await other.namesBox().isChecked(), false);
  await other.openKept("Name not shown");
  await other.waitForRecord();
  assert.equal(await other.personShown(), person);
  await other.openHome();
  await other.keptRecords("Name not shown").waitFor();
  assert.ok(!(await storedBeyondTheTab(page)).includes(familyName));

  await other.namesBox().check();
  await other.openRecord();
  await until("the name is on the device", async () => (await storedBeyondTheTab(page)).includes(person));
  await launcher.keptRecords(person).waitFor();
});

test("N10 a patient can hide names before connecting", async ({ page }) => {
  const launcher = new Launcher(page, keptHome);
  await launcher.openHome();
  assert.equal(await launcher.namesBox().count(), 0, "it is offered with the box for staying connected");
  await launcher.keepBox().check();
  await launcher.namesBox().uncheck();
  await launcher.connectButton().click();
  await confirmAtPortal(page);
  await launcher.waitForRecord();
  const person = await launcher.personShown();
  await launcher.openHome();
  await launcher.keptRecords("Name not shown").waitFor();
  assert.ok(!(await storedBeyondTheTab(page)).includes(person));
});

test("N16 a launch from the chart offers nothing to keep and keeps nothing", async ({ page, traffic }) => {
  const chart = new Chart(page, secondEhr);
  await chart.logIn(providerLogin);
  await chart.openPatient(3);
  const { search } = await chart.launchUrl(/launcher/i);
  await page.goto(`${keptHome}/launch${search}`);
  const launcher = new Launcher(page, keptHome);
  await launcher.waitForRecord();
  assert.equal(await launcher.keepBox().count(), 0);
  const [request] = traffic.to(`${secondEhr}/oauth2/authorize`);
  assert.ok(!new URL(request.url()).searchParams.get("scope").includes(registerScope));
  assert.equal(traffic.to(`${secondEhr}/oauth2/register`).length, 0);
  await launcher.openHome();
  assert.equal(await launcher.keptRecords().count(), 0);
});

test("N11 the list works with the keyboard, on a phone and with a screen reader", async ({ page }) => {
  const { launcher, person } = await keep(page);
  await page.setViewportSize({ width: 360, height: 780 });
  await page.getByText("Open now in this window").waitFor();
  assert.deepEqual(await findings(page), [], "with an open record");
  await launcher.openSession();
  await launcher.button("Sign out", launcher.section("Time left")).click();
  await page.getByText("You are signed out.").waitFor();
  const entry = launcher.keptRecords(person);
  await launcher.button(/^Open \(/, entry).waitFor();
  assert.deepEqual(await findings(page), [], "without an open record");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "wider than a phone");
  await launcher.button(/^Open \(/, entry).focus();
  await page.keyboard.press("Enter");
  await launcher.waitForRecord();
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the record is wider than a phone");
});
