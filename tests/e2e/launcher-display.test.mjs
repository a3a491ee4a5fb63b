// Everything in a record is shown, or counted with the reason why it is not. Patient 1 of the sandbox has data from other systems:
// results in every form, codes without a display, entries in error, times with fractions of a second.

import assert from "node:assert/strict";
import { mockSearch, forEveryOrigin } from "./support/responses.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient } from "./support/flows.mjs";
import { iss } from "./support/servers.mjs";

/** Opens all details of a section, and returns its text. */
async function textOf(section) {
  await section.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
  // The contents of a row are rendered when it is first opened.
  await section.page().waitForFunction(() => [...document.querySelectorAll("details.measured-row[open]")].every((row) => row.children.length > 1));
  await section.locator("details").evaluateAll((all) => all.forEach((details) => (details.open = true)));
  return (await section.innerText()).replaceAll(/\s+/g, " ");
}

function assertIncludes(text, ...expected) {
  for (const part of expected) assert.ok(text.includes(part), `"${part}" is not in: ${text}`);
}

test("L1 L2 L3 L5 L6 L7 all data from other systems is shown or counted", async ({ page }) => {
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const of = (heading) => textOf(launcher.section(heading));

  assertIncludes(await of("Diagnoses from visits"), "ICD-10 R05.9", "Encounter for immunization", "1 entry is not shown: the clinic says that it was entered by mistake.", "1 entry is not shown: the clinic looked into it and ruled it out.");
  assert.ok(!(await of("Problems")).includes("R05.9"));
  assert.ok(!(await of("Diagnoses from visits")).includes("N39.0"));

  const results = await of("Test results");
  assertIncludes(results, "1:128", "0 to 5 /HPF", "None seen", "< 0.5 mg/dL Corrected", "No growth Not final", "Cancelled", "The sample was damaged on its way to the laboratory.", "Made up of: Leukocytes", "See the note", "The sample came too late to be counted. See the next one.");
  assertIncludes(results, "Bacterial susceptibility panel: Ciprofloxacin [Susceptibility] Resistant Jun 10, 2026", "Trimethoprim+Sulfamethoxazole [Susceptibility] No result: not done", "Fasting status - Reported Yes");

  const vitals = await of("Vital signs");
  assertIncludes(vitals, "No result: asked, but not answered", "Read this with care", "1 entry is not shown: the clinic says that it was entered by mistake.", "71 per minute", "74 per minute");
  assert.ok(!vitals.includes("810 kg"));
  assertIncludes(await of("Way of life"), "Usual bedtime 10:30 PM", "Last visit to the dentist March 2026", "February 1, 2026 to April 30, 2026", "Tobacco");
  assertIncludes(await of("Questionnaires"), "Housing status LOINC LA30189-7", "at this address [#] 3");
  assertIncludes(await of("Other findings"), "EKG study A recording of 14 values, from -0.3 to 1.1 mV", "Skin No new moles.", "Glasses No");
  assertIncludes(await of("Vaccinations"), "CVX 208");

  const reports = launcher.section("Reports");
  assertIncludes(await textOf(reports), "XR Chest 2 Views X-rays and other images", "Conclusion: No sign of pneumonia.", "Pathology study Corrected", "A harmless mole, removed as a whole.", "Bacteria identified in Urine by Culture: No growth (not final)", "Not final");
  await reports.getByRole("button", { name: "Read (XR Chest 2 Views)", exact: true }).press("Enter");
  await reports.getByText("The lungs are clear.").waitFor();

  assert.equal(await page.getByText(/without a name/).count(), 0);
  await page.getByText("This app does not ask the clinic for appointments").waitFor();
});

test("L3 a cancelled value and a value with an unknown modifierExtension are in no trend", async ({ page }) => {
  const heartRate = (id, value, more) => ({
    id,
    status: "final",
    category: [{ coding: [{ code: "vital-signs" }] }],
    code: { coding: [{ system: "http://loinc.org", code: "8867-4" }] },
    effectiveDateTime: `2024-0${id}-01T08:00:00.5Z`,
    valueQuantity: { value, unit: "/min" },
    ...more,
  });
  await mockSearch(page, iss, "Observation", [
    heartRate("1", 70),
    heartRate("2", 71),
    heartRate("3", 500, { status: "cancelled" }),
    heartRate("4", 600, { modifierExtension: [{ url: "https://clinic.example/of-the-mother" }] }),
  ]);
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const vitals = launcher.section("Vital signs");
  assert.equal(await vitals.getByRole("slider").getAttribute("aria-valuemax"), "2");
  assert.equal(await vitals.locator("circle").count(), 2);
  await vitals.getByText("All values as a table").click();
  assert.deepEqual(await vitals.getByRole("table").getByRole("row").allInnerTexts(), [
    "Date\tValue\tRemark",
    "Apr 1, 2024\t600 per minute\tRead this with care",
    "Mar 1, 2024\t500 per minute\tCancelled",
    "Feb 1, 2024\t71 per minute\t",
    "Jan 1, 2024\t70 per minute\t",
  ]);
});

test("L4 medicines are named by their referenced resources", async ({ page, traffic }) => {
  const request = (id) => ({ id, status: "active", medicationReference: { reference: `Medication/M${id}` } });
  await mockSearch(page, iss, "MedicationRequest", [request(1), request(2), { ...request(3), medicationReference: { reference: "Medication/M1" } }]);
  const medication = (id, text) => ({ resourceType: "Medication", id, code: { text } });
  const respond = (route, json) => route.fulfill({ headers: { ...forEveryOrigin, "content-type": "application/fhir+json" }, body: JSON.stringify(json) });
  const known = [medication("M1", "Albuterol inhaler"), medication("M2", "Insulin glargine")];
  await page.route(`${iss}/Medication?*`, (route) =>
    respond(route, { resourceType: "Bundle", type: "searchset", entry: known.map((resource) => ({ resource })) }),
  );
  const launcher = await connectAsPatient(page);
  await launcher.waitForCompleteRecord();
  const medicines = await textOf(launcher.section("Medicines"));
  assertIncludes(medicines, "Albuterol inhaler", "Insulin glargine");
  assert.ok(!medicines.includes("without a name"));
  assert.equal(traffic.to(`${iss}/Medication?`).filter((request) => request.method() === "GET").length, 1, "the names are not loaded in one request");
});

test("L1 L4 a medicine whose name cannot be loaded is shown, and the page says that the record is incomplete", async ({ page }) => {
  await mockSearch(page, iss, "MedicationRequest", [{ id: "1", status: "active", medicationReference: { reference: "Medication/gone" } }]);
  const launcher = await connectAsPatient(page);
  await launcher.waitForLoadedRecord();
  const medicines = launcher.section("Medicines");
  await medicines.getByText("A medicine without a name").waitFor();
  await medicines.getByText("1 entry has no name here, because the clinic did not send it.").waitFor();
  await page.getByText("Not all parts of the record are here: 1 is not complete.").waitFor();
});

test("L1 a resource on two pages is shown once, and the server's OperationOutcome is shown", async ({ page }) => {
  const bundle = (route, ids, more) => {
    const entry = ids.map((id) => ({ resource: { resourceType: "Condition", id, subject: { reference: "Patient/1" }, code: { text: `Problem ${id}` } } }));
    const headers = { ...forEveryOrigin, "content-type": "application/fhir+json" };
    return route.fulfill({ headers, body: JSON.stringify({ resourceType: "Bundle", type: "searchset", entry: [...entry, ...(more.entry ?? [])], link: more.link }) });
  };
  const withheld = { resourceType: "OperationOutcome", issue: [{ severity: "warning", code: "suppressed", details: { text: "Some results were withheld." } }] };
  await page.route(`${iss}/Condition?patient=*`, (route) => bundle(route, ["a", "b"], { link: [{ relation: "next", url: `${iss}/Condition?page=2` }] }));
  await page.route(`${iss}/Condition?page=2`, (route) => bundle(route, ["b", "c"], { entry: [{ resource: withheld, search: { mode: "outcome" } }] }));
  const launcher = await connectAsPatient(page);
  await launcher.waitForLoadedRecord();
  const problems = launcher.section("Problems");
  assert.deepEqual(await problems.locator(".entries strong").allInnerTexts(), ["Problem a", "Problem b", "Problem c"]);
  await problems.getByText("The clinic says: Some results were withheld.").waitFor();
  await page.getByText(/^Not all parts of the record are here: /).waitFor();
});

test("L9 a resource that cannot be shown has a row, and the others are shown", async ({ page }) => {
  await page.route(`${iss}/Observation?*`, (route) => {
    const category = [{ coding: [{ code: "vital-signs" }] }];
    const whole = { resourceType: "Observation", id: "whole", category, code: { text: "Pulse" }, effectiveDateTime: "2020-08-06T16:57:01.7Z", valueQuantity: { value: 64 } };
    const odd = [
      "text", 7, [], { resourceType: "Basic", id: "x" },
      { ...whole, id: "odd", valueQuantity: { value: 1e308, unit: {} }, effectiveDateTime: "9999-12-31T23:59:59.999+14:00", component: [null, 7, { code: [] }] },
      { ...whole, id: "older", effectiveDateTime: "0001-01-01T00:00:00.5" },
    ];
    const headers = { ...forEveryOrigin, "content-type": "application/fhir+json" };
    return route.fulfill({ headers, body: JSON.stringify({ resourceType: "Bundle", entry: [...odd, whole].map((resource) => ({ resource })) }) });
  });
  const launcher = await connectAsPatient(page);
  await launcher.waitForLoadedRecord();
  assert.equal(await launcher.section("Other findings").getByText("An entry that cannot be shown").count(), 4);
  assertIncludes(await textOf(launcher.section("Vital signs")), "Pulse", "64", "Aug 6, 2020");
  assert.equal(await page.getByText("Something went wrong").count(), 0);
});
