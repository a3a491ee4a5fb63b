import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { appOrigin, ehr, iss } from "./support/servers.mjs";

test("an EHR launch shows the patient of the chart", async ({ page, traffic }) => {
  const { chart, name } = await openChart(page, 2);
  await chart.launch(/launcher/i);
  const launcher = new Launcher(page);
  await launcher.waitForRecord();
  const { names } = await patientOf(traffic);
  assert.ok(includesAll(name, names), `the chart of "${name}" opened the record of ${names}`);
  const banner = await launcher.banner().innerText();
  assert.ok(includesAll(banner, names), `the banner "${banner}" names ${names}`);
});

test("A3 launch and aud are sent back to the EHR unchanged", async ({ page, traffic }) => {
  const { chart } = await openChart(page, 0);
  await chart.launch(/launcher/i);
  await new Launcher(page).waitForRecord();
  const [navigation] = traffic.to(`${appOrigin}/launch?`);
  const [authorization] = traffic.to(`${ehr}/oauth/`).filter((request) => request.isNavigationRequest());
  const launch = new URL(navigation.url()).searchParams;
  const requested = new URL(authorization.url()).searchParams;
  assert.equal(launch.get("iss"), iss);
  assert.equal(requested.get("aud"), launch.get("iss"));
  assert.equal(requested.get("launch"), launch.get("launch"));
  assert.ok(requested.get("scope").split(" ").includes("launch"), requested.get("scope"));
});
