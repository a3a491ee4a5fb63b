import assert from "node:assert/strict";
import { Chart } from "./pages/chart.mjs";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { includesAll } from "./support/patient.mjs";
import { ehr, iss } from "./support/servers.mjs";
import { Traffic } from "./support/traffic.mjs";
import { until } from "./support/wait.mjs";

/** A tab with the launcher on the patient whose chart it was, and what that tab alone asked for. */
async function launched(page, chart, name) {
  const traffic = new Traffic(page);
  await chart.launch(/launcher/i);
  const launcher = new Launcher(page);
  await launcher.waitForRecord();
  const { patient } = await traffic.tokenResponse("authorization_code");
  return { page, launcher, traffic, name, patient };
}

/** Asserts that a tab shows its own patient, and has asked for that patient's data alone. */
async function staysWithItsPatient({ launcher, traffic, name, patient }, other) {
  const banner = await launcher.banner().innerText();
  assert.ok(includesAll(banner, name.split(" ")), `the banner "${banner}" names ${name}`);
  const asked = traffic.to(`${iss}/`).map((request) => patientAskedFor(request.url()));
  assert.deepEqual(new Set(asked.filter(Boolean)), new Set([patient]));
  assert.notEqual(patient, other.patient);
}

/** The patient whom a FHIR request names, by its path or its search. */
function patientAskedFor(address) {
  const { pathname, searchParams } = new URL(address);
  return searchParams.get("patient") ?? pathname.match(/\/Patient\/([^/]+)$/)?.[1];
}

test("two tabs in EHR launches of two patients never show each other's data, through refresh and reload", async ({ page, context }) => {
  const { chart, name } = await openChart(page, 0);
  const second = await context.newPage();
  await second.goto(ehr);
  const secondChart = new Chart(second);
  const secondName = await secondChart.openPatient(3);
  const one = await launched(page, chart, name);
  const two = await launched(second, secondChart, secondName);
  await staysWithItsPatient(one, two);
  await staysWithItsPatient(two, one);
  for (const tab of [one, two]) {
    await tab.launcher.openSession();
    await tab.launcher.refresh();
    await until("the refresh is answered", async () => (await tab.traffic.tokenRequests("refresh_token")[0]?.response())?.ok());
    await tab.launcher.openRecord();
  }
  for (const tab of [one, two]) {
    await tab.page.reload();
    await tab.launcher.waitForRecord();
  }
  await staysWithItsPatient(one, two);
  await staysWithItsPatient(two, one);
});

test("S2 signing out in one tab leaves the other patient's session in the other", async ({ page, context }) => {
  const { chart, name } = await openChart(page, 1);
  const second = await context.newPage();
  await second.goto(ehr);
  const secondChart = new Chart(second);
  const secondName = await secondChart.openPatient(2);
  const one = await launched(page, chart, name);
  const two = await launched(second, secondChart, secondName);
  await one.launcher.openSession();
  await one.launcher.signOut();
  await one.launcher.waitForSignOut();
  await two.page.reload();
  await two.launcher.waitForRecord();
  await staysWithItsPatient(two, one);
});
