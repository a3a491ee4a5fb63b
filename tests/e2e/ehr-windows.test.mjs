// EHR launches in a popup and in a frame of the chart.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { iss } from "./support/servers.mjs";

const app = "smartrust launcher";

test("a launch in a popup shows the chart's patient, and the chart stays open", async ({ page, traffic }) => {
  const { chart, name } = await openChart(page, 4);
  const url = page.url();
  const launcher = new Launcher(await chart.launchInPopup(app));
  await launcher.waitForCompleteRecord();
  assert.ok(includesAll(await launcher.banner().innerText(), (await patientOf(traffic)).names));
  assert.ok(includesAll(name, (await patientOf(traffic)).names));
  assert.equal(page.url(), url);
});

test("a launch in a frame of the chart shows that patient's record without a second banner", async ({ page, traffic }) => {
  const { chart, name } = await openChart(page, 5);
  const launcher = new Launcher(await chart.launchInFrame(app));
  await launcher.heading("Problems").waitFor();
  await launcher.section("Vital signs").getByText("Heart rate").first().waitFor();
  const tokens = await traffic.tokenResponse("authorization_code");
  assert.equal(tokens.need_patient_banner, false);
  assert.equal(await launcher.banner().count(), 0);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const patient = await (await fetch(`${iss}/Patient/${tokens.patient}`, { headers })).json();
  assert.ok(includesAll(name, [patient.name[0].family]), `the chart of ${name} opened ${JSON.stringify(patient.name)}`);
  const patients = traffic.to(`${iss}/Observation`).map((request) => new URL(request.url()).searchParams.get("patient"));
  assert.deepEqual(new Set(patients.filter(Boolean)), new Set([tokens.patient]));
});

test("a launch from an encounter has that encounter in context", async ({ page, traffic }) => {
  const { chart } = await openChart(page, 1);
  await chart.openVisit(0);
  await chart.launch(/launcher/i);
  await new Launcher(page).waitForCompleteRecord();
  const { encounter } = await traffic.tokenResponse("authorization_code");
  assert.match(encounter, /\S/);
});
