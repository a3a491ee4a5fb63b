//! Charts as FHIR R4 resources, after US Core.

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::ResourceType;
use crate::people::{
    Chart, Measure, Measured, Observation, PROVIDER_ID, PROVIDER_NAME, Person, Problem, Visit, measures,
};

const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition";
const SNOMED_CT: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const ICD_10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";
/// The identifier system of the clinic's record numbers.
const RECORD_NUMBERS: &str = "urn:oid:2.16.840.1.113883.3.1.9080";

/// The number of the patient that an id belongs to: ids of a chart begin with it.
pub fn patient_of(id: &str) -> Option<u32> {
    id.split('-').next()?.parse().ok()
}

pub fn encounter_id(chart: &Chart, position: usize) -> String {
    format!("{}-e{}", chart.person.number, position + 1)
}

/// The resources of one clinical type in a chart, the newest first.
pub fn records(chart: &Chart, resource: ResourceType) -> Vec<Value> {
    match resource {
        ResourceType::Condition => {
            newest_first(&chart.problems).map(|(position, problem)| condition(chart, position, problem)).collect()
        }
        ResourceType::Observation => newest_first(&chart.observations)
            .map(|(position, observation)| render_observation(chart, position, observation))
            .collect(),
        ResourceType::Encounter => {
            newest_first(&chart.visits).map(|(position, visit)| encounter(chart, position, visit)).collect()
        }
        ResourceType::Patient | ResourceType::Practitioner => Vec::new(),
    }
}

fn newest_first<T>(items: &[T]) -> impl Iterator<Item = (usize, &T)> {
    items.iter().enumerate().rev()
}

pub fn patient(person: &Person) -> Value {
    json!({
        "resourceType": "Patient",
        "id": person.number.to_string(),
        "meta": { "profile": [format!("{US_CORE}/us-core-patient")] },
        "identifier": [{
            "use": "usual",
            "type": coded(&format!("{TERMINOLOGY}/v2-0203"), "MR", "Medical record number"),
            "system": RECORD_NUMBERS,
            "value": person.record_number()
        }],
        "active": true,
        "name": [{ "use": "official", "family": person.family, "given": [person.given, person.middle] }],
        "telecom": [{ "system": "phone", "value": person.phone, "use": "home" }],
        "gender": person.sex.code(),
        "birthDate": person.born.to_string(),
        "address": [{
            "use": "home",
            "line": [person.street],
            "city": person.city,
            "state": "IN",
            "postalCode": person.postal_code,
            "country": "US"
        }],
        "generalPractitioner": [provider_reference()]
    })
}

pub fn practitioner() -> Value {
    let (given, family, title) = PROVIDER_NAME;
    json!({
        "resourceType": "Practitioner",
        "id": PROVIDER_ID,
        "meta": { "profile": [format!("{US_CORE}/us-core-practitioner")] },
        "identifier": [{ "system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893" }],
        "active": true,
        "name": [{ "use": "official", "family": family, "given": [given], "suffix": [title] }]
    })
}

fn condition(chart: &Chart, position: usize, problem: &Problem) -> Value {
    let (status, display) = if problem.resolved.is_some() { ("resolved", "Resolved") } else { ("active", "Active") };
    let mut condition = json!({
        "resourceType": "Condition",
        "id": format!("{}-c{}", chart.person.number, position + 1),
        "meta": { "profile": [format!("{US_CORE}/us-core-condition-problems-health-concerns")] },
        "clinicalStatus": coded(&format!("{TERMINOLOGY}/condition-clinical"), status, display),
        "verificationStatus": coded(&format!("{TERMINOLOGY}/condition-ver-status"), "confirmed", "Confirmed"),
        "category": [coded(&format!("{TERMINOLOGY}/condition-category"), "problem-list-item", "Problem List Item")],
        "code": {
            "coding": [
                { "system": SNOMED_CT, "code": problem.kind.snomed, "display": problem.kind.display },
                { "system": ICD_10_CM, "code": problem.kind.icd10 }
            ],
            "text": problem.kind.display
        },
        "subject": patient_reference(chart),
        "onsetDateTime": problem.onset.to_string(),
        "recordedDate": problem.onset.to_string()
    });
    if let Some(resolved) = problem.resolved {
        condition["abatementDateTime"] = resolved.to_string().into();
    }
    condition
}

fn encounter(chart: &Chart, position: usize, visit: &Visit) -> Value {
    let (code, display) = visit.kind.code();
    let mut period = json!({ "start": instant(visit.start) });
    if let Some(end) = visit.end {
        period["end"] = instant(end).into();
    }
    let mut encounter = json!({
        "resourceType": "Encounter",
        "id": encounter_id(chart, position),
        "meta": { "profile": [format!("{US_CORE}/us-core-encounter")] },
        "identifier": [{
            "system": format!("{RECORD_NUMBERS}.1"),
            "value": format!("V{}-{:03}", chart.person.record_number(), position + 1)
        }],
        "status": if visit.end.is_some() { "finished" } else { "in-progress" },
        "class": { "system": format!("{TERMINOLOGY}/v3-ActCode"), "code": "AMB", "display": "ambulatory" },
        "type": [coded(SNOMED_CT, code, display)],
        "subject": patient_reference(chart),
        "participant": [{ "individual": provider_reference() }],
        "period": period
    });
    if let Some(reason) = &visit.reason {
        encounter["reasonCode"] = json!([coded(SNOMED_CT, reason.kind.snomed, reason.kind.display)]);
    }
    encounter
}

fn render_observation(chart: &Chart, position: usize, observation: &Observation) -> Value {
    let measure = observation.measure;
    let category = measure.category;
    let mut resource = json!({
        "resourceType": "Observation",
        "id": format!("{}-o{}", chart.person.number, position + 1),
        "meta": { "profile": [profile(measure)] },
        "status": "final",
        "category": [coded(&format!("{TERMINOLOGY}/observation-category"), category.code(), category.display())],
        "code": coded(LOINC, measure.loinc, measure.display),
        "subject": patient_reference(chart),
        "encounter": { "reference": format!("Encounter/{}", encounter_id(chart, observation.visit)) },
        "effectiveDateTime": instant(observation.at),
        "issued": instant(observation.at),
        "performer": [provider_reference()]
    });
    match observation.result {
        Measured::Quantity(value) => add_quantity(&mut resource, measure, value),
        Measured::BloodPressure { systolic, diastolic } => {
            let component = |measure: &Measure, value: f64| json!({ "code": coded(LOINC, measure.loinc, measure.display), "valueQuantity": quantity(measure, value) });
            resource["component"] =
                json!([component(&measures::SYSTOLIC, systolic), component(&measures::DIASTOLIC, diastolic)]);
        }
    }
    resource
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
        resource["interpretation"] =
            json!([coded(&format!("{TERMINOLOGY}/v3-ObservationInterpretation"), code, display)]);
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
        _ => "us-core-observation-lab",
    };
    format!("{US_CORE}/{name}")
}

fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }], "text": display })
}

fn patient_reference(chart: &Chart) -> Value {
    json!({ "reference": format!("Patient/{}", chart.person.number), "display": chart.person.name() })
}

fn provider_reference() -> Value {
    let (given, family, title) = PROVIDER_NAME;
    json!({ "reference": format!("Practitioner/{PROVIDER_ID}"), "display": format!("{given} {family}, {title}") })
}

/// A moment in the clinic's time zone, which keeps the offset of Indiana's winter all year.
fn instant(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S-05:00").to_string()
}
