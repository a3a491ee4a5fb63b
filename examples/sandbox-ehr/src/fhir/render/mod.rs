//! Charts as FHIR R4 resources, after US Core: one file for each part of a record. An id begins with the number of the
//! patient, then a letter for the type and a position in the chart, which never changes.

mod care;
mod directory;
mod documents;
mod interfaced;
mod medications;
mod observations;
mod record;

pub use directory::{group, members, patient, shared};
pub use documents::{binary, document_content};
#[cfg(test)]
pub use interfaced::codes;

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::ResourceType;
use crate::people::staff::{Organization, Practitioner};
use crate::people::{Chart, Person};

const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition";
const SNOMED_CT: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const ICD_10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const CVX: &str = "http://hl7.org/fhir/sid/cvx";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";
/// The identifier system of the clinic's record numbers.
const RECORD_NUMBERS: &str = "urn:oid:2.16.840.1.113883.3.1.9080";

/// The number of the patient that an id belongs to: ids of a chart begin with it.
pub fn patient_of(id: &str) -> Option<u32> {
    id.split('-').next()?.parse().ok()
}

pub fn encounter_id(chart: &Chart, position: usize) -> String {
    id(chart, 'e', position)
}

/// The resources of one clinical type in a chart, the newest first: those of the clinic, and those from elsewhere.
pub fn records(chart: &Chart, resource: ResourceType) -> Vec<Value> {
    let mut all = own_records(chart, resource);
    let others = interfaced::records(chart, resource);
    if !others.is_empty() {
        all.extend(others);
        all.sort_by_key(|resource| std::cmp::Reverse(when(resource)));
    }
    all
}

/// The time by which resources from elsewhere are sorted among the others.
fn when(resource: &Value) -> String {
    let names = ["effectiveDateTime", "occurrenceDateTime", "onsetDateTime"];
    names.iter().find_map(|name| resource[*name].as_str()).unwrap_or_default().to_owned()
}

fn own_records(chart: &Chart, resource: ResourceType) -> Vec<Value> {
    match resource {
        ResourceType::Condition => newest_first(&chart.problems, |at, item| record::condition(chart, at, item)),
        ResourceType::MedicationRequest => {
            newest_first(&chart.medications, |at, item| medications::request(chart, at, item))
        }
        ResourceType::AllergyIntolerance if chart.allergies.is_empty() => vec![record::no_known_allergy(chart)],
        ResourceType::AllergyIntolerance => newest_first(&chart.allergies, |at, item| record::allergy(chart, at, item)),
        ResourceType::Immunization => {
            newest_first(&chart.immunizations, |at, item| record::immunization(chart, at, item))
        }
        ResourceType::Observation => {
            newest_first(&chart.observations, |at, item| observations::observation(chart, at, item))
        }
        ResourceType::DiagnosticReport => {
            newest_first(&chart.reports, |at, item| observations::report(chart, at, item))
        }
        ResourceType::Procedure => newest_first(&chart.procedures, |at, item| record::procedure(chart, at, item)),
        ResourceType::Encounter => newest_first(&chart.visits, |at, item| record::encounter(chart, at, item)),
        ResourceType::DocumentReference => {
            newest_first(&chart.documents, |at, item| documents::reference(chart, at, item))
        }
        ResourceType::CarePlan => newest_first(&chart.plans, |at, item| care::plan(chart, at, item)),
        ResourceType::CareTeam => vec![care::team(chart)],
        ResourceType::Goal => newest_first(&chart.goals, |at, item| care::goal(chart, at, item)),
        ResourceType::Coverage => newest_first(&chart.insurances, |at, item| care::coverage(chart, at, item)),
        ResourceType::Device => newest_first(&chart.devices, |at, item| record::device(chart, at, item)),
        ResourceType::Provenance => newest_first(&chart.documents, |at, item| documents::provenance(chart, at, item)),
        ResourceType::Patient
        | ResourceType::Medication
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole
        | ResourceType::Organization
        | ResourceType::Location
        | ResourceType::Group => Vec::new(),
    }
}

/// The number of resources of a clinical type in a chart.
pub fn count(chart: &Chart, resource: ResourceType) -> usize {
    own_count(chart, resource) + interfaced::records(chart, resource).len()
}

fn own_count(chart: &Chart, resource: ResourceType) -> usize {
    match resource {
        ResourceType::Condition => chart.problems.len(),
        ResourceType::MedicationRequest => chart.medications.len(),
        ResourceType::AllergyIntolerance => chart.allergies.len().max(1),
        ResourceType::Immunization => chart.immunizations.len(),
        ResourceType::Observation => chart.observations.len(),
        ResourceType::DiagnosticReport => chart.reports.len(),
        ResourceType::Procedure => chart.procedures.len(),
        ResourceType::Encounter => chart.visits.len(),
        ResourceType::DocumentReference | ResourceType::Provenance => chart.documents.len(),
        ResourceType::CarePlan => chart.plans.len(),
        ResourceType::CareTeam => 1,
        ResourceType::Goal => chart.goals.len(),
        ResourceType::Coverage => chart.insurances.len(),
        ResourceType::Device => chart.devices.len(),
        ResourceType::Patient
        | ResourceType::Medication
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole
        | ResourceType::Organization
        | ResourceType::Location
        | ResourceType::Group => 0,
    }
}

fn newest_first<T>(items: &[T], render: impl Fn(usize, &T) -> Value) -> Vec<Value> {
    items.iter().enumerate().rev().map(|(position, item)| render(position, item)).collect()
}

fn id(chart: &Chart, letter: char, position: usize) -> String {
    format!("{}-{letter}{}", chart.person.number, position + 1)
}

fn profiles(name: &str) -> Value {
    json!({ "profile": [format!("{US_CORE}/{name}")] })
}

fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }], "text": display })
}

/// A code of HL7's terminology.
fn term(system: &str, code: &str, display: &str) -> Value {
    coded(&format!("{TERMINOLOGY}/{system}"), code, display)
}

fn refer(resource: ResourceType, id: &str) -> Value {
    json!({ "reference": format!("{}/{id}", resource.name()) })
}

fn patient_reference(chart: &Chart) -> Value {
    reference_to(&chart.person)
}

fn reference_to(person: &Person) -> Value {
    json!({ "reference": format!("Patient/{}", person.number), "display": person.name() })
}

fn practitioner_reference(practitioner: &Practitioner) -> Value {
    json!({ "reference": format!("Practitioner/{}", practitioner.id), "display": practitioner.name() })
}

fn organization_reference(organization: &Organization) -> Value {
    json!({ "reference": format!("Organization/{}", organization.id), "display": organization.name })
}

fn encounter_reference(chart: &Chart, position: usize) -> Value {
    refer(ResourceType::Encounter, &encounter_id(chart, position))
}

/// A time in the clinic's time zone, which has the offset of Indiana's winter all year.
fn instant(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S-05:00").to_string()
}

/// Noon of a day.
fn noon(day: NaiveDate) -> String {
    format!("{day}T12:00:00-05:00")
}
