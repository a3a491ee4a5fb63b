// Both launches with the server that the sandbox EHR simulates: `cargo xtask demo --check --dialect epic --only dialects`.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient, openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { until } from "./support/wait.mjs";

test("a patient connects, sees the whole record, refreshes where the server allows it, reloads and signs out", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForLoadedRecord();
  const { names } = await patientOf(traffic);
  assert.ok(includesAll(await launcher.banner().innerText(), names));
  assert.equal(await page.getByText(/could not be loaded/i).count(), 0);

  const [exchange] = traffic.tokenRequests("authorization_code");
  // Epic issues refresh tokens only to clients that authenticate.
  const isEpic = new URL(exchange.url()).pathname.endsWith("/oauth2/token");
  await launcher.openSession();
  if (isEpic) {
    await page.getByText("It cannot be renewed. Afterwards, connect again.", { exact: true }).waitFor();
    assert.equal(await launcher.button("Refresh now").count(), 0);
  } else {
    await launcher.refresh();
    await until("the refresh succeeds", async () => (await traffic.tokenRequests("refresh_token")[0]?.response())?.ok());
    await launcher.waitForRefresh();
  }
  await launcher.openRecord();
  assert.ok(includesAll(await launcher.banner().innerText(), names));
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);

  await launcher.openSession();
  await launcher.signOut();
  await launcher.waitForSignOut();
});

test("an EHR launch shows the patient of the chart", async ({ page, traffic }) => {
  const { chart, name } = await openChart(page, 3);
  await chart.launch(/launcher/i);
  const launcher = new Launcher(page);
  await launcher.waitForLoadedRecord();
  const { names } = await patientOf(traffic);
  assert.ok(includesAll(name, names), `the chart of "${name}" opened the record of ${names}`);
  assert.ok(includesAll(await launcher.banner().innerText(), names));
});
