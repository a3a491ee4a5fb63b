import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { appOrigin, ehr } from "./support/servers.mjs";

function askedScope(traffic) {
  const [request] = traffic.to(`${ehr}/oauth/`).filter((request) => request.isNavigationRequest());
  return new URL(request.url()).searchParams.get("scope").split(" ");
}

test("P3 each kind of data that will be asked for has a sentence of its own", async ({ page }) => {
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  const asked = launcher.section("What this app asks for");
  await asked.getByRole("checkbox").first().waitFor();
  const sentences = await asked.getByRole("checkbox").evaluateAll((boxes) => boxes.map((box) => box.closest("label").innerText));
  assert.ok(sentences.length > 8, sentences.join("; "));
  assert.equal(new Set(sentences).size, sentences.length);
  for (const sentence of sentences) {
    assert.match(sentence, /^(See your|Stay connected) /);
    assert.doesNotMatch(sentence, /scope|token|fhir|resource|\*|\//i);
  }
  await asked.getByText("Know whose record to open").waitFor();
});

test("a kind of data that is left out before connecting is not asked for", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  await launcher.connectWithout(["See your health problems and diagnoses", "Stay connected when you are away"]);
  await confirmAtPortal(page);
  await launcher.waitForLoadedRecord();
  const asked = askedScope(traffic);
  assert.ok(["launch/patient", "openid", "fhirUser", "patient/Patient.rs", "patient/Observation.rs"].every((scope) => asked.includes(scope)), asked.join(" "));
  assert.ok(!asked.some((scope) => /Condition|offline_access|\*/.test(scope)), asked.join(" "));
  await launcher.section("Problems").getByText("Problems were not shared.").waitFor();
});

test("with nothing left out the scopes are asked for as they are configured", async ({ page, traffic }) => {
  const launcher = new Launcher(page);
  await launcher.connect();
  await page.waitForURL(`${ehr}/**`);
  assert.ok(askedScope(traffic).includes("patient/*.rs"));
});

test("with all data left out there is nothing to connect for", async ({ page }) => {
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  const kinds = page.getByRole("group", { name: "Kinds of data" }).getByRole("checkbox");
  await kinds.first().waitFor();
  for (const box of await kinds.all()) await box.uncheck();
  await page.getByText("Choose at least one kind of data.").waitFor();
  assert.ok(await launcher.button("Connect").isDisabled());
});

test("several clinics can be chosen from, and many can be searched", async ({ page, traffic }) => {
  await page.route(`${appOrigin}/launcher.config.json`, async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    const [portal] = config.servers;
    const names = ["North", "South", "East", "West", "Harbour", "Hill"];
    config.servers.push(...names.map((name) => ({ ...portal, name, label: `${name} Clinic`, scope: "launch/patient openid patient/Patient.rs" })));
    config.connect.push(...names);
    await route.fulfill({ response, json: config });
  });
  await page.goto(appOrigin);
  const launcher = new Launcher(page);
  await page.getByRole("searchbox", { name: "Search by name" }).fill("harb");
  assert.equal(await page.getByRole("radio").count(), 2, "the one that is chosen, and the one that is searched for");
  await page.getByRole("radio", { name: "Harbour Clinic" }).check();
  assert.deepEqual(await page.getByRole("checkbox").evaluateAll((boxes) => boxes.map((box) => box.closest("label").innerText)), [
    "See your name, date of birth and contact details",
  ]);
  await launcher.button("Connect to Harbour Clinic").click();
  await page.waitForURL(`${ehr}/**`);
  assert.deepEqual(askedScope(traffic), ["launch/patient", "openid", "patient/Patient.rs"]);
});

test("a wrong member of the configuration is named", async ({ page }) => {
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
