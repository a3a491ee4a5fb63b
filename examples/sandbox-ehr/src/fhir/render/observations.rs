//! Measurements, and the reports of the laboratory.

use serde_json::{Value, json};

use super::{
    LOINC, SNOMED_CT, US_CORE, coded, encounter_reference, id, instant, organization_reference, patient_reference,
    practitioner_reference, profiles, refer, term,
};
use crate::fhir::ResourceType;
use crate::people::care::responsible;
use crate::people::staff;
use crate::people::{Category, Chart, Measure, Measured, Observation, Report, measures};

pub fn observation(chart: &Chart, position: usize, observation: &Observation) -> Value {
    let measure = observation.measure;
    let category = measure.category;
    let performer = match category {
        Category::Laboratory => organization_reference(&staff::LABORATORY),
        _ => practitioner_reference(responsible(&chart.person)),
    };
    let mut resource = json!({
        "resourceType": "Observation",
        "id": id(chart, 'o', position),
        "meta": { "profile": [profile(measure)] },
        "status": "final",
        "category": [term("observation-category", category.code(), category.display())],
        "code": coded(LOINC, measure.loinc, measure.display),
        "subject": patient_reference(chart),
        "encounter": encounter_reference(chart, observation.visit),
        "effectiveDateTime": instant(observation.at),
        "issued": instant(observation.at),
        "performer": [performer]
    });
    match observation.result {
        Measured::Quantity(value) => add_quantity(&mut resource, measure, value),
        Measured::BloodPressure { systolic, diastolic } => {
            let component = |measure: &Measure, value: f64| json!({ "code": coded(LOINC, measure.loinc, measure.display), "valueQuantity": quantity(measure, value) });
            resource["component"] =
                json!([component(&measures::SYSTOLIC, systolic), component(&measures::DIASTOLIC, diastolic)]);
        }
        Measured::Coded { code, display } => resource["valueCodeableConcept"] = coded(SNOMED_CT, code, display),
    }
    resource
}

pub fn report(chart: &Chart, position: usize, report: &Report) -> Value {
    let results: Vec<Value> =
        report.observations.iter().map(|at| refer(ResourceType::Observation, &id(chart, 'o', *at))).collect();
    json!({
        "resourceType": "DiagnosticReport",
        "id": id(chart, 'r', position),
        "meta": profiles("us-core-diagnosticreport-lab"),
        "status": "final",
        "category": [term("v2-0074", "LAB", "Laboratory")],
        "code": coded(LOINC, report.panel.loinc, report.panel.display),
        "subject": patient_reference(chart),
        "encounter": encounter_reference(chart, report.visit),
        "effectiveDateTime": instant(report.at),
        "issued": instant(report.at),
        "performer": [organization_reference(&staff::LABORATORY)],
        "result": results
    })
}

fn add_quantity(resource: &mut Value, measure: &Measure, value: f64) {
    resource["valueQuantity"] = quantity(measure, value);
    let bound = |value: f64| quantity(measure, value);
    let range = match measure.range {
        (None, None) => return,
        (Some(low), None) => json!({ "low": bound(low) }),
        (None, Some(high)) => json!({ "high": bound(high) }),
        (Some(low), Some(high)) => json!({ "low": bound(low), "high": bound(high) }),
    };
    resource["referenceRange"] = json!([range]);
    if let Some(code) = measure.interpretation(value) {
        let display = match code {
            "L" => "Low",
            "H" => "High",
            _ => "Normal",
        };
        resource["interpretation"] = json!([term("v3-ObservationInterpretation", code, display)]);
    }
}

fn quantity(measure: &Measure, value: f64) -> Value {
    // A whole number is written as one: 120, not 120.0.
    let value = if measure.decimals == 0 { json!(value as i64) } else { json!(value) };
    json!({ "value": value, "unit": measure.unit, "system": "http://unitsofmeasure.org", "code": measure.ucum })
}

fn profile(measure: &Measure) -> String {
    let name = match measure.loinc {
        "8302-2" => "us-core-body-height",
        "29463-7" => "us-core-body-weight",
        "39156-5" => "us-core-bmi",
        "85354-9" => "us-core-blood-pressure",
        "8867-4" => "us-core-heart-rate",
        "8310-5" => "us-core-body-temperature",
        "9279-1" => "us-core-respiratory-rate",
        "59408-5" => "us-core-pulse-oximetry",
        "9843-4" => "us-core-head-circumference",
        "72166-2" => "us-core-smokingstatus",
        _ if measure.category == Category::Survey => "us-core-observation-screening-assessment",
        _ => "us-core-observation-lab",
    };
    format!("{US_CORE}/{name}")
}
