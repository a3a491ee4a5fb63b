import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { Portal } from "./pages/portal.mjs";
import { modifyJson, mockSearch, forEveryOrigin } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal, connectAsPatient } from "./support/flows.mjs";
import { ehr, iss } from "./support/servers.mjs";
import { until } from "./support/wait.mjs";

const tokenEndpoint = `${ehr}/oauth/token/`;
const all = ["Patient", "Condition", "Encounter"].map((type) => `patient/${type}.rs`).join(" ");

test("T3 after a narrowed grant, the record shows the granted category and marks the other as not shared", async ({ page, traffic }) => {
  await modifyJson(page, tokenEndpoint, (tokens) => {
    tokens.scope = `launch/patient openid fhirUser ${all} patient/Observation.rs?category=vital-signs`;
  });
  const launcher = await connectAsPatient(page);
  await launcher.waitForLoadedRecord();
  await launcher.section("Vital signs").getByText("Heart rate").first().waitFor();
  assert.equal(await launcher.section("Vital signs").getByText(/not shared/i).count(), 0);
  await launcher.section("Test results").getByText("Test results were not shared.").waitFor();
  const categories = traffic.to(`${iss}/Observation?`).map((request) => new URL(request.url()).searchParams.get("category"));
  assert.deepEqual(categories, ["vital-signs"]);

  await launcher.openSession();
  assert.match(await launcher.section("What was shared").innerText(), /See your vital signs/);
  assert.match(await launcher.section("What was not shared").innerText(), /See your lab results/);
});

test("a denied kind of data can be requested again", async ({ page, traffic }) => {
  const launcher = await connectAsPatient(page, { deny: ["Condition"] });
  const problems = launcher.section("Problems");
  await problems.getByText("Problems were not shared.").waitFor();
  await launcher.button(/^Ask again/, problems).click();
  await new Portal(page).allow();
  await launcher.waitForCompleteRecord();
  assert.equal(await problems.getByText(/not shared/i).count(), 0);
  assert.equal(traffic.tokenRequests("authorization_code").length, 2);

  await launcher.openSession();
  assert.equal(await launcher.heading("Other open records").count(), 0, "the new connection replaces the old one");
});

test("a part that failed can be retried, and the other parts are shown", async ({ page }) => {
  let isDown = true;
  await page.route(`${iss}/Condition?*`, (route) => (isDown ? route.fulfill({ status: 500, headers: forEveryOrigin }) : route.continue()));
  const launcher = await connectAsPatient(page);
  const problems = launcher.section("Problems");
  await problems.getByText("The clinic has a problem").waitFor();
  await launcher.section("Vital signs").getByText("Heart rate").first().waitFor();
  isDown = false;
  await launcher.button(/^Try again/, problems).press("Enter");
  await problems.getByText(/^Since /).first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "problems", "the focus moves to the section of the button");
  assert.equal(await launcher.alert().count(), 0);
});

test("F13 another patient's entry is not shown, and the page says so", async ({ page }) => {
  await mockSearch(page, iss, "Condition", [
    { id: "own", code: { text: "Own problem" } },
    { id: "other", code: { text: "Foreign problem" }, subject: { reference: "Patient/999" } },
  ]);
  const launcher = await connectAsPatient(page);
  const problems = launcher.section("Problems");
  await problems.getByText("Own problem").waitFor();
  await problems.getByText("1 entry is not shown: it belongs to another patient.").waitFor();
  assert.equal(await page.getByText("Foreign problem").count(), 0);
});

test("the banner is shown unless need_patient_banner is false", async ({ page }) => {
  const launcher = new Launcher(page);
  for (const [value, count] of [[undefined, 1], [true, 1], ["false", 1], [false, 0]]) {
    await page.unroute(tokenEndpoint);
    await modifyJson(page, tokenEndpoint, (tokens) => ({ ...tokens, need_patient_banner: value }));
    await launcher.connect();
    const portal = new Portal(page);
    await page.getByRole("button", { name: "Allow" }).or(page.getByLabel("User name")).first().waitFor();
    if (await page.getByLabel("User name").count()) await confirmAtPortal(page);
    else await portal.allow();
    await page.getByText("All parts of the record that this app asks for are here.").waitFor({ state: "attached" });
    if (count === 1) await launcher.banner().waitFor();
    assert.equal(await launcher.banner().count(), count, `need_patient_banner: ${JSON.stringify(value)}`);
  }
});

test("a trend can be explored by keyboard and has a table", async ({ page }) => {
  await mockSearch(page, iss, "Observation", [
    result("2024-03-04", 7.1, "H"),
    result("2023-03-04", 5.2, "N"),
  ]);
  const launcher = await connectAsPatient(page);
  const results = launcher.section("Test results");
  await results.getByText("Average blood sugar (HbA1c)").first().waitFor();
  assert.match(await results.innerText(), /7\.1%\s*High[\s\S]*Usual range: up to 5\.6%/);
  const chart = results.getByRole("slider");
  assert.equal(await chart.getAttribute("aria-valuetext"), "March 4, 2024: 7.1% (high)");
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await until("the slider has the earlier value", async () => (await chart.getAttribute("aria-valuetext")) === "March 4, 2023: 5.2%");
  await results.getByText("All values as a table").click();
  assert.deepEqual(await results.getByRole("table").getByRole("row").allInnerTexts(), [
    "Date\tValue\tRemark",
    "Mar 4, 2024\t7.1%\tHigh",
    "Mar 4, 2023\t5.2%\t",
  ]);
});

function result(date, value, interpretation) {
  return {
    id: date,
    status: "final",
    category: [{ coding: [{ code: "laboratory" }] }],
    code: { coding: [{ system: "http://loinc.org", code: "4548-4" }] },
    effectiveDateTime: date,
    valueQuantity: { value, unit: "%" },
    referenceRange: [{ high: { value: 5.6, unit: "%" } }],
    interpretation: [{ coding: [{ code: interpretation }] }],
  };
}
