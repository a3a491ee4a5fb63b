import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { Portal } from "./pages/portal.mjs";
import { appOrigin, ehrOrigin } from "./support/servers.mjs";
import { everythingStored } from "./support/storage.mjs";
import { until } from "./support/wait.mjs";

const secondLogin = { userName: "patient2", password: "portal-2" };

/** Connects two patients in the same window. Returns their names in the banner. */
async function connectTwo(page, traffic) {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const first = await nameIn(launcher);
  const firstTokens = await traffic.tokenResponse("authorization_code");
  await page.context().clearCookies({ domain: new URL(ehrOrigin).hostname });
  await launcher.connect();
  const portal = new Portal(page);
  await portal.logIn(secondLogin);
  await portal.allow();
  await launcher.waitForCompleteRecord();
  await until("the other patient is shown", async () => (await nameIn(launcher)) !== first);
  return { launcher, first, firstTokens, second: await nameIn(launcher) };
}

async function nameIn(launcher) {
  return (await launcher.banner().locator(".banner-name").innerText()).trim();
}

test("S5 two records can be open in one window and are never mixed", async ({ page, traffic }) => {
  const { launcher, first, second } = await connectTwo(page, traffic);
  assert.notEqual(first, second);
  await launcher.openSession();
  const others = launcher.section("Other open records");
  await others.getByText(first).waitFor();
  assert.equal(await others.getByText(second).count(), 0);

  const before = traffic.to(`${ehrOrigin}/`).length;
  await launcher.button(/^Open this record/, others).click();
  await launcher.waitForCompleteRecord();
  await until("the first record is shown", async () => (await nameIn(launcher)) === first);
  const patients = traffic.to(`${ehrOrigin}/`).slice(before).map((request) => new URL(request.url()).searchParams.get("patient"));
  assert.equal(new Set(patients.filter(Boolean)).size, 1, "the requests are about more than one patient");
  await page.reload();
  await launcher.waitForCompleteRecord();
  assert.equal(await nameIn(launcher), first, "a reload does not restore the record that was opened");
});

test("S2 signing out of one record does not end the other", async ({ page, traffic }) => {
  const { launcher, first, firstTokens, second } = await connectTwo(page, traffic);
  await launcher.openSession();
  const others = launcher.section("Other open records");
  await others.getByText(first).waitFor();
  await launcher.button(/^Sign out/, others).click();
  await until("the first record's token is gone", async () => !(await everythingStored(page)).includes(firstTokens.access_token));
  await until("the list is empty", async () => (await launcher.heading("Other open records").count()) === 0);
  await page.goto(`${appOrigin}/record`);
  await launcher.waitForCompleteRecord();
  assert.equal(await nameIn(launcher), second);
});

test("after signing out of the current record, the other one can be opened", async ({ page, traffic }) => {
  const { launcher, first } = await connectTwo(page, traffic);
  await launcher.openSession();
  await launcher.button("Sign out", launcher.section("Time left")).click();
  await page.getByText("You are signed out.").waitFor();
  const others = launcher.section("Open records");
  await others.getByText(first).waitFor();
  await launcher.button(/^Open this record/, others).click();
  await launcher.waitForCompleteRecord();
  assert.equal(await nameIn(launcher), first);
});
