import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { appOrigin, ehr } from "./support/servers.mjs";

function requestedScopes(traffic) {
  const [request] = traffic.to(`${ehr}/oauth/`).filter((request) => request.isNavigationRequest());
  return new URL(request.url()).searchParams.get("scope").split(" ");
}

test("P3 each requested kind of data has its own sentence", async ({ page }) => {
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  const requested = launcher.section("What this app asks for");
  await requested.getByRole("checkbox").first().waitFor();
  const sentences = await requested.getByRole("checkbox").evaluateAll((boxes) => boxes.map((box) => box.closest("label").innerText));
  assert.ok(sentences.length > 8, sentences.join("; "));
  assert.equal(new Set(sentences).size, sentences.length);
  for (const sentence of sentences) {
    assert.match(sentence, /^(See your|Stay connected) /);
    assert.doesNotMatch(sentence, /scope|token|fhir|resource|\*|\//i);
  }
  await requested.getByText("Know whose record to open").waitFor();
});

test("an unchecked kind of data is not requested", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  await launcher.connectWithout(["See your health problems and diagnoses", "Stay connected when you are away"]);
  await confirmAtPortal(page);
  await launcher.waitForLoadedRecord();
  const scopes = requestedScopes(traffic);
  assert.ok(["launch/patient", "openid", "fhirUser", "patient/Patient.rs", "patient/Observation.rs"].every((scope) => scopes.includes(scope)), scopes.join(" "));
  assert.ok(!scopes.some((scope) => /Condition|offline_access|\*/.test(scope)), scopes.join(" "));
  await launcher.section("Problems").getByText("Problems were not shared.").waitFor();
});

test("if nothing is unchecked, the configured scopes are requested", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  await launcher.connect();
  await page.waitForURL(`${ehr}/**`);
  assert.ok(requestedScopes(traffic).includes("patient/*.rs"));
});

test("if all data is unchecked, the patient cannot connect", async ({ page }) => {
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  const kinds = page.getByRole("group", { name: "Kinds of data" }).getByRole("checkbox");
  await kinds.first().waitFor();
  for (const box of await kinds.all()) await box.uncheck();
  await page.getByText("Choose at least one kind of data.").waitFor();
  assert.ok(await launcher.button("Connect").isDisabled());
});

test("the patient can choose from several clinics and search many", async ({ page, traffic }) => {
  await page.route(`${appOrigin}/launcher.config.json`, async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    const [portal] = config.servers;
    const names = ["North", "South", "East", "West", "Harbour", "Hill"];
    config.servers.push(...names.map((name) => ({ ...portal, name, label: `${name} Clinic`, scope: "launch/patient openid patient/Patient.rs" })));
    config.connect.push(...names);
    delete config.directory;
    await route.fulfill({ response, json: config });
  });
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  await page.getByRole("searchbox", { name: "Search by name" }).fill("harb");
  assert.equal(await page.getByRole("radio").count(), 2, "the chosen clinic and the search result");
  await page.getByRole("radio", { name: "Harbour Clinic" }).check();
  assert.deepEqual(await page.getByRole("checkbox").evaluateAll((boxes) => boxes.map((box) => box.closest("label").innerText)), [
    "See your name, date of birth and contact details",
  ]);
  await launcher.button("Connect to Harbour Clinic").click();
  await page.waitForURL(`${ehr}/**`);
  assert.deepEqual(requestedScopes(traffic), ["launch/patient", "openid", "patient/Patient.rs"]);
});

test("an invalid member of the configuration is named", async ({ page }) => {
  await page.route(`${appOrigin}/launcher.config.json`, async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    config.servers[1].fhirBase = "ehr";
    await route.fulfill({ response, json: config });
  });
  await page.goto(appOrigin);
  await page.getByText("Details for support").click();
  await new Launcher(page).alert().getByText("servers[1].fhirBase").waitFor();
});
