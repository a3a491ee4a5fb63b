import assert from "node:assert/strict";
import { Chart } from "./pages/chart.mjs";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { includesAll } from "./support/patient.mjs";
import { ehr, iss } from "./support/servers.mjs";
import { Traffic } from "./support/traffic.mjs";
import { until } from "./support/wait.mjs";

/** Launches from a chart, and records the requests of that tab. */
async function launch(page, chart, name) {
  const traffic = new Traffic(page);
  await chart.launch(/launcher/i);
  const launcher = new Launcher(page);
  await launcher.stayWithRecord();
  const { patient } = await traffic.tokenResponse("authorization_code");
  return { page, launcher, traffic, name, patient };
}

/** Asserts that a tab shows its own patient, and has only requested that patient's data. */
async function assertOwnPatient({ launcher, traffic, name, patient }, other) {
  await launcher.stayWithRecord();
  const banner = await launcher.banner().innerText();
  assert.ok(includesAll(banner, name.split(" ")), `the banner "${banner}" names ${name}`);
  const patients = traffic.to(`${iss}/`).map((request) => requestedPatient(request.url()));
  assert.deepEqual(new Set(patients.filter(Boolean)), new Set([patient]));
  assert.notEqual(patient, other.patient);
}

/** The patient in the path or the query of a FHIR request. */
function requestedPatient(url) {
  const { pathname, searchParams } = new URL(url);
  return searchParams.get("patient") ?? pathname.match(/\/Patient\/([^/]+)$/)?.[1];
}

test("two tabs with EHR launches of two patients never show each other's data, also after a refresh and a reload", async ({ page, context }) => {
  const { chart, name } = await openChart(page, 0);
  const second = await context.newPage();
  await second.goto(ehr);
  const secondChart = new Chart(second);
  const secondName = await secondChart.openPatient(3);
  const one = await launch(page, chart, name);
  const two = await launch(second, secondChart, secondName);
  await assertOwnPatient(one, two);
  await assertOwnPatient(two, one);
  for (const tab of [one, two]) {
    await tab.launcher.follow("Connection");
    await tab.launcher.refresh();
    await until("the refresh succeeds", async () => (await tab.traffic.tokenRequests("refresh_token")[0]?.response())?.ok());
    await tab.launcher.follow("Record");
    await tab.launcher.waitForRecord();
  }
  for (const tab of [one, two]) {
    await tab.page.reload();
    await tab.launcher.stayWithRecord();
  }
  await assertOwnPatient(one, two);
  await assertOwnPatient(two, one);
});

test("S2 signing out in one tab does not end the other patient's session in another tab", async ({ page, context }) => {
  const { chart, name } = await openChart(page, 1);
  const second = await context.newPage();
  await second.goto(ehr);
  const secondChart = new Chart(second);
  const secondName = await secondChart.openPatient(2);
  const one = await launch(page, chart, name);
  const two = await launch(second, secondChart, secondName);
  await one.launcher.stayWithRecord();
  await one.launcher.follow("Connection");
  await one.launcher.signOut();
  await one.launcher.waitForSignOut();
  await two.page.reload();
  await two.launcher.waitForRecord();
  await assertOwnPatient(two, one);
});
