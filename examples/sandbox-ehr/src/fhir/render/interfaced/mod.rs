//! Data that other systems sent to a chart, in the forms that such systems use: results of every FHIR type, some of them not final,
//! cancelled or entered by mistake; codes without text; times with fractions of a second; reports of X-rays and tissue samples. One
//! patient in ten has such data in addition to the clinic's own.

mod conditions;
mod entry;
mod observations;
mod reports;

use chrono::Days;
use serde_json::{Value, json};

use super::{CVX, id, patient_reference, profiles};
use crate::fhir::ResourceType;
use crate::people::{AS_OF, Chart};
use conditions::conditions;
use entry::fractional;
use observations::observations;
use reports::reports;

/// One in this many patients has such data.
const ONE_IN: u32 = 10;

/// Whether a chart has such data.
fn is_interfaced(chart: &Chart) -> bool {
    chart.person.number % ONE_IN == 1 && chart.person.born + Days::new(400) < AS_OF && !chart.visits.is_empty()
}

/// The resources of a type.
pub fn records(chart: &Chart, resource: ResourceType) -> Vec<Value> {
    if !is_interfaced(chart) {
        return Vec::new();
    }
    match resource {
        ResourceType::Observation => observations(chart),
        ResourceType::DiagnosticReport => reports(chart),
        ResourceType::Condition => conditions(chart),
        ResourceType::Immunization => vec![immunization(chart)],
        _ => Vec::new(),
    }
}

/// A vaccine that only has a code.
fn immunization(chart: &Chart) -> Value {
    json!({
        "resourceType": "Immunization",
        "id": id(chart, 'i', chart.immunizations.len()),
        "meta": profiles("us-core-immunization"),
        "status": "completed",
        "vaccineCode": { "coding": [{ "system": CVX, "code": "208" }] },
        "patient": patient_reference(chart),
        "occurrenceDateTime": fractional(20),
        "primarySource": false
    })
}

/// All codes of a code system.
#[cfg(test)]
pub fn codes(chart: &Chart, system: &str) -> Vec<String> {
    fn collect(value: &Value, system: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if members.get("system").is_some_and(|own| own == system) {
                    found.extend(members.get("code").and_then(Value::as_str).map(str::to_owned));
                }
                members.values().for_each(|value| collect(value, system, found));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, system, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for resource in [ResourceType::Observation, ResourceType::DiagnosticReport, ResourceType::Condition] {
        records(chart, resource).iter().for_each(|resource| collect(resource, system, &mut found));
    }
    found
}
