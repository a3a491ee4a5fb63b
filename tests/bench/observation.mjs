/** An observation as bulk files have them, of about a thousand bytes. */
export function observation(index) {
  const coding = (system, code, display) => ({ coding: [{ system, code, display }], text: display });
  return {
    resourceType: "Observation",
    id: `o${index}`,
    meta: { versionId: "1", lastUpdated: "2026-01-01T00:00:00Z", profile: ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"] },
    status: "final",
    category: [coding("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")],
    code: coding("http://loinc.org", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
    subject: { reference: `Patient/p${index % 500}`, display: "Amélie Müller" },
    encounter: { reference: `Encounter/e${index % 2000}` },
    effectiveDateTime: "2025-11-03T08:30:00Z",
    issued: "2025-11-03T12:00:00Z",
    performer: [{ reference: "Organization/laboratory", display: "Three Rivers Reference Laboratory" }],
    valueQuantity: { value: 5 + (index % 40) / 10, unit: "%", system: "http://unitsofmeasure.org", code: "%" },
    interpretation: [coding("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "N", "Normal")],
    referenceRange: [{ low: { value: 4, unit: "%" }, high: { value: 5.6, unit: "%" }, text: "4.0–5.6 %" }],
  };
}
