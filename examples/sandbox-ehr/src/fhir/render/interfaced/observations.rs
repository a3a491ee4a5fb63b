//! Observations with every type of value.

use serde_json::{Value, json};

use super::entry::{add, fractional, moment, numbered};
use crate::fhir::ResourceType;
use crate::fhir::render::{
    LOINC, SNOMED_CT, coded, id, organization_reference, patient_reference, practitioner_reference, profiles, refer,
    term,
};
use crate::people::care::responsible;
use crate::people::{Category, Chart, staff};

const LEUKOCYTES: (&str, &str) = ("5821-4", "Leukocytes [#/area] in Urine sediment by Microscopy high power field");
const ERYTHROCYTES: (&str, &str) =
    ("13945-1", "Erythrocytes [#/area] in Urine sediment by Microscopy high power field");
const POTASSIUM: (&str, &str) = ("2823-3", "Potassium [Moles/volume] in Serum or Plasma");
const WEIGHT: (&str, &str) = ("29463-7", "Body weight");
const HEART_RATE: (&str, &str) = ("8867-4", "Heart rate");

/// The Observations, each with its id: they are numbered after those of the clinic.
pub fn observations(chart: &Chart) -> Vec<Value> {
    let first = chart.observations.len();
    let own = |position: usize| id(chart, 'o', first + position);
    let member = |position: usize| refer(ResourceType::Observation, &own(position));
    let per_field = |value: f64| quantity(value, "/HPF", "/[HPF]");
    let smear = "The sample came too late to be counted. See the next one.";
    let vital = || category(Category::VitalSigns);
    let heart_rate = |members: Value| finding(chart, vital(), coded(LOINC, HEART_RATE.0, HEART_RATE.1), 3, members);
    let all = vec![
        // A panel whose parts are separate Observations.
        laboratory(
            chart,
            ("24356-8", "Urinalysis complete panel - Urine"),
            6,
            json!({ "hasMember": [member(1), member(2)] }),
        ),
        laboratory(chart, LEUKOCYTES, 6, json!({ "valueRange": { "low": per_field(0.0), "high": per_field(5.0) } })),
        laboratory(chart, ERYTHROCYTES, 6, json!({ "valueString": "None seen" })),
        laboratory(
            chart,
            ("5048-4", "Nuclear Ab [Titer] in Serum by Immunofluorescence"),
            9,
            json!({ "valueRatio": { "numerator": { "value": 1 }, "denominator": { "value": 128 } } }),
        ),
        laboratory(
            chart,
            ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"),
            9,
            json!({
                "status": "corrected",
                "valueQuantity": { "value": 0.5, "comparator": "<", "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL" }
            }),
        ),
        laboratory(
            chart,
            POTASSIUM,
            9,
            json!({
                "status": "cancelled",
                "valueQuantity": quantity(9.8, "mmol/L", "mmol/L"),
                "note": [{ "text": "The sample was damaged on its way to the laboratory." }]
            }),
        ),
        laboratory(
            chart,
            ("630-4", "Bacteria identified in Urine by Culture"),
            2,
            json!({ "status": "preliminary", "valueCodeableConcept": coded(SNOMED_CT, "264868006", "No growth") }),
        ),
        // Components, one of them without a value.
        laboratory(
            chart,
            ("29576-6", "Bacterial susceptibility panel"),
            20,
            json!({ "component": [
                {
                    "code": coded(LOINC, "18906-8", "Ciprofloxacin [Susceptibility]"),
                    "valueCodeableConcept": coded(SNOMED_CT, "30714006", "Resistant"),
                    "interpretation": [term("v3-ObservationInterpretation", "R", "Resistant")]
                },
                {
                    "code": coded(LOINC, "18998-5", "Trimethoprim+Sulfamethoxazole [Susceptibility]"),
                    "dataAbsentReason": absent("not-performed", "Not Performed")
                }
            ] }),
        ),
        laboratory(chart, ("49541-6", "Fasting status - Reported"), 9, json!({ "valueBoolean": true })),
        // Only a note, and no time, so that the time of issue counts.
        laboratory(
            chart,
            ("6463-4", "Bacteria identified in Specimen by Culture"),
            21,
            json!({ "effectiveDateTime": null, "note": [{ "text": smear }] }),
        ),
        finding(
            chart,
            vital(),
            coded(LOINC, WEIGHT.0, WEIGHT.1),
            12,
            json!({
                "meta": profiles("us-core-body-weight"),
                "dataAbsentReason": absent("asked-declined", "Asked But Declined")
            }),
        ),
        finding(
            chart,
            vital(),
            coded(LOINC, WEIGHT.0, WEIGHT.1),
            12,
            json!({ "status": "entered-in-error", "valueQuantity": quantity(810.0, "kg", "kg") }),
        ),
        // From a device: fractions of a second with a time zone and, although FHIR requires one, without.
        heart_rate(
            json!({ "meta": profiles("us-core-heart-rate"), "valueQuantity": quantity(71.0, "beats/min", "/min") }),
        ),
        heart_rate(json!({
            "effectiveDateTime": moment(4).format("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
            "valueQuantity": quantity(74.0, "beats/min", "/min")
        })),
        // A modifier extension that no app knows.
        heart_rate(json!({
            "effectiveDateTime": fractional(5),
            "modifierExtension": [{
                "url": "http://sandbox-ehr.example/fhir/StructureDefinition/measured-on-a-simulator",
                "valueBoolean": true
            }],
            "valueQuantity": quantity(180.0, "beats/min", "/min")
        })),
        finding(
            chart,
            category(Category::SocialHistory),
            words("Worked night shifts"),
            30,
            json!({ "valuePeriod": { "start": "2026-02-01", "end": "2026-04-30" } }),
        ),
        finding(
            chart,
            category(Category::SocialHistory),
            words("Usual bedtime"),
            30,
            json!({ "valueTime": "22:30:00" }),
        ),
        finding(
            chart,
            category(Category::SocialHistory),
            words("Last visit to the dentist"),
            30,
            json!({ "valueDateTime": "2026-03" }),
        ),
        finding(
            chart,
            category(Category::Survey),
            coded(LOINC, "63512-8", "How many people are living or staying at this address [#]"),
            30,
            json!({ "meta": profiles("us-core-observation-screening-assessment"), "valueInteger": 3 }),
        ),
        // An answer that only has a code.
        finding(
            chart,
            category(Category::Survey),
            coded(LOINC, "71802-3", "Housing status"),
            30,
            json!({
                "meta": profiles("us-core-observation-screening-assessment"),
                "valueCodeableConcept": { "coding": [{ "system": LOINC, "code": "LA30189-7" }] }
            }),
        ),
        finding(
            chart,
            term("observation-category", "procedure", "Procedure"),
            coded(LOINC, "11524-6", "EKG study"),
            15,
            json!({ "valueSampledData": {
                "origin": quantity(0.0, "mV", "mV"),
                "period": 20,
                "factor": 0.1,
                "dimensions": 1,
                "data": "0 1 2 1 0 0 -1 11 -3 0 1 3 2 0"
            } }),
        ),
        finding(
            chart,
            term("observation-category", "exam", "Exam"),
            words("Skin"),
            15,
            json!({ "valueString": "No new moles." }),
        ),
        // Without a category.
        finding(chart, Value::Null, words("Glasses"), 15, json!({ "category": null, "valueBoolean": false })),
    ];
    numbered(all, own)
}

/// A final Observation of the laboratory, this many days old, with additional or changed members.
fn laboratory(chart: &Chart, (loinc, display): (&str, &str), days: u64, members: Value) -> Value {
    let mut resource = json!({
        "resourceType": "Observation",
        "meta": profiles("us-core-observation-lab"),
        "status": "final",
        "category": [category(Category::Laboratory)],
        "code": coded(LOINC, loinc, display),
        "subject": patient_reference(chart),
        "effectiveDateTime": fractional(days),
        "issued": fractional(days),
        "performer": [organization_reference(&staff::LABORATORY)]
    });
    add(&mut resource, members);
    resource
}

/// An answer of a patient, or something that a patient does.
fn finding(chart: &Chart, category: Value, code: Value, days: u64, members: Value) -> Value {
    let mut resource = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [category],
        "code": code,
        "subject": patient_reference(chart),
        "effectiveDateTime": fractional(days),
        "performer": [practitioner_reference(responsible(&chart.person))]
    });
    add(&mut resource, members);
    resource
}

fn category(category: Category) -> Value {
    term("observation-category", category.code(), category.display())
}

fn quantity(value: f64, unit: &str, ucum: &str) -> Value {
    json!({ "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": ucum })
}

fn absent(code: &str, display: &str) -> Value {
    term("data-absent-reason", code, display)
}

fn words(text: &str) -> Value {
    json!({ "text": text })
}
