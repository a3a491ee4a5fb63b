import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { Portal } from "./pages/portal.mjs";
import { modifyJson, forEveryOrigin } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient, openChart } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { appOrigin, ehr, patientLogin } from "./support/servers.mjs";

const tokenEndpoint = `${ehr}/oauth/token/`;

test("a patient who denies access sees that nothing was shared, and can start again", async ({ page }) => {
  const launcher = new Launcher(page);
  await launcher.connect();
  const portal = new Portal(page);
  await portal.logIn(patientLogin);
  await portal.cancel();
  await launcher.heading("Nothing was shared").waitFor();
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await launcher.button("Connect").waitFor();
});

test("R10 after the session has expired, the patient can connect again to the same record", async ({ page, traffic }) => {
  await page.clock.install();
  await modifyJson(page, tokenEndpoint, ({ refresh_token: _, ...tokens }) => tokens);
  const launcher = await connectAsPatient(page);
  const { names } = await patientOf(traffic);
  await page.clock.fastForward("02:00:00");
  await page.reload();
  await launcher.heading("Your time is up").waitFor();
  assert.equal(await launcher.alert().count(), 1);
  await page.clock.setSystemTime(new Date());
  await launcher.button("Connect again").click();
  await new Portal(page).allow();
  await launcher.waitForCompleteRecord();
  assert.ok(includesAll(await launcher.banner().innerText(), names));
  await launcher.openSession();
  assert.equal(await launcher.heading("Other open records").count(), 0, "the new connection replaces the old one");
});

test("R5 if the server refuses the refresh token, the page says why the session ended, and the patient can connect again", async ({ page }) => {
  const launcher = await connectAsPatient(page);
  await launcher.openSession();
  await page.route(tokenEndpoint, (route) =>
    route.fulfill({ status: 400, headers: forEveryOrigin, json: { error: "invalid_grant" } }),
  );
  await launcher.refresh();
  await launcher.heading("Your access has ended").waitFor();
  await page.unroute(tokenEndpoint);
  await launcher.button("Connect again").click();
  await new Portal(page).allow();
  await launcher.waitForRecord();
});

test("R5 if the server refuses the refresh token while the record loads, the page says why the session ended", async ({ page }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  await page.route(`${ehr}/fhir/**`, (route) => route.fulfill({ status: 401, headers: forEveryOrigin }));
  await page.route(tokenEndpoint, (route) =>
    route.fulfill({ status: 400, headers: forEveryOrigin, json: { error: "invalid_grant" } }),
  );
  await page.reload();
  await launcher.heading("Your access has ended").waitFor();
});

test("R4 an unreachable server does not end the session, and the record loads when the server is back", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const { names } = await patientOf(traffic);
  await page.route(`${ehr}/**`, (route) => route.abort("connectionrefused"));
  await page.reload();
  await page.getByText("No connection to the clinic.").first().waitFor();
  assert.equal(await page.getByText("You are still connected").count(), 1);
  assert.equal(await launcher.alert().count(), 1, "there is more than one alert");
  await page.unroute(`${ehr}/**`);
  await launcher.button("Try all again").click();
  await launcher.section("Vital signs").getByText("Heart rate").first().waitFor();
  assert.equal(await launcher.section("Problems").getByText(/could not be loaded/).count(), 0);
  assert.ok(includesAll(await launcher.banner().innerText(), names));
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("the page says that the browser is offline, and the record loads when the network is back", async ({ page, context }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  await page.goto(`${appOrigin}/session`);
  await launcher.heading("Who you are").waitFor();
  await context.setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await page.getByRole("link", { name: "Record", exact: true }).click();
  await page.getByText("No connection to the clinic.").first().waitFor();
  await context.setOffline(false);
  await launcher.section("Vital signs").getByText("Heart rate").first().waitFor();
  assert.equal(await page.getByText("You are offline.").count(), 0);
});

test("an EHR launch can be retried if the server cannot be reached", async ({ page }) => {
  const { chart } = await openChart(page, 1);
  const discovery = /well-known|metadata/;
  await page.route(discovery, (route) => route.abort("connectionrefused"));
  await chart.launch(/launcher/i);
  const launcher = new Launcher(page);
  await launcher.heading("The clinic cannot be reached").waitFor();
  await page.unroute(discovery);
  await launcher.button("Try again").click();
  await launcher.waitForRecord();
});

for (const [where, crash] of [
  ["in an event", () => setTimeout(() => { throw new WebAssembly.RuntimeError("a test"); })],
  ["in a promise", () => void Promise.reject(new WebAssembly.RuntimeError("a test"))],
]) {
  test(`a crash ${where} is reported on the page`, async ({ page }) => {
    await page.goto(appOrigin);
    // The button is enabled as soon as the app runs.
    await new Launcher(page).button("Connect").click({ trial: true });
    await page.evaluate(crash);
    await page.getByText("Something went wrong on this page.").waitFor();
    assert.equal(await page.getByRole("alert").count(), 1);
  }, { throws: /a test/ });
}
