import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { Portal } from "./pages/portal.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { historyUrls } from "./support/history.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { appOrigin, patientLogin } from "./support/servers.mjs";

test("a patient connects and sees their record", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  const { names } = await patientOf(traffic);
  const banner = await launcher.banner().innerText();
  assert.ok(includesAll(banner, names), `the banner "${banner}" names ${names}`);
  assert.equal(await page.getByText("not shared").count(), 0);
});

test("T3 the record marks a kind of data that the patient denied", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page, { deny: ["Observation"] });
  const { scope } = await traffic.tokenResponse("authorization_code");
  assert.match(scope, /Condition/);
  assert.doesNotMatch(scope, /Observation/);
  await launcher.section("Vital signs").getByText(/not shared/i).first().waitFor();
  assert.equal(await launcher.section("Problems").getByText(/not shared/i).count(), 0);

  await launcher.openSession();
  assert.match(await launcher.section("What was not shared").innerText(), /Observation/);
  assert.doesNotMatch(await launcher.section("What was shared").innerText(), /Observation/);
});

test("C8 after a launch, neither the URL nor the history contains code or state", async ({ page }) => {
  await connectAsPatient(page);
  assert.deepEqual(await historyUrls(page, hasCallbackParameters), []);
});

test("C8 after a refusal, neither the URL nor the history contains error or state", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  await launcher.connect();
  const portal = new Portal(page);
  await portal.logIn(patientLogin);
  await portal.cancel();
  await launcher.alert().waitFor();
  assert.deepEqual(await historyUrls(page, hasCallbackParameters), []);
  assert.deepEqual(traffic.tokenRequests("authorization_code"), []);
});

function hasCallbackParameters(url) {
  const parameters = new URL(url).searchParams;
  return url.startsWith(appOrigin) && ["code", "state", "iss", "session_state", "error"].some((name) => parameters.has(name));
}
