//! Patients, and resources that belong to no patient: people, organizations, places and drugs.

use serde_json::{Value, json};

use super::{
    RECORD_NUMBERS, RXNORM, coded, organization_reference, practitioner_reference, profiles, refer, reference_to, term,
};
use crate::fhir::ResourceType;
use crate::people::staff::{self, Organization, Practitioner};
use crate::people::{Person, Population, care, drugs};

pub fn patient(person: &Person) -> Value {
    json!({
        "resourceType": "Patient",
        "id": person.number.to_string(),
        "meta": profiles("us-core-patient"),
        "identifier": [{
            "use": "usual",
            "type": term("v2-0203", "MR", "Medical record number"),
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
        "communication": [{ "language": coded("urn:ietf:bcp:47", "en", "English"), "preferred": true }],
        "generalPractitioner": [practitioner_reference(care::responsible(person))],
        "managingOrganization": organization_reference(&staff::CLINIC)
    })
}

/// All resources of a type that belongs to no patient.
pub fn shared(resource: ResourceType) -> Vec<Value> {
    match resource {
        ResourceType::Medication => {
            drugs::FORMULARY.iter().filter(|drug| drug.is_referenced).map(|drug| medication(drug)).collect()
        }
        ResourceType::Practitioner => staff::PRACTITIONERS.iter().map(|one| practitioner(one)).collect(),
        ResourceType::PractitionerRole => staff::PRACTITIONERS.iter().map(|one| role(one)).collect(),
        ResourceType::Organization => staff::ORGANIZATIONS.iter().map(|one| organization(one)).collect(),
        ResourceType::Location => staff::LOCATIONS.iter().map(|(id, name, owner)| location(id, name, owner)).collect(),
        _ => Vec::new(),
    }
}

fn medication(drug: &drugs::Drug) -> Value {
    json!({
        "resourceType": "Medication",
        "id": format!("rx{}", drug.rxnorm),
        "meta": profiles("us-core-medication"),
        "code": coded(RXNORM, drug.rxnorm, drug.display),
        "status": "active"
    })
}

fn practitioner(practitioner: &Practitioner) -> Value {
    let number = format!("SFM-{:0>4}", practitioner.id);
    let mut identifiers = vec![json!({ "system": format!("{RECORD_NUMBERS}.2"), "value": number })];
    identifiers.extend(practitioner.npi.map(|npi| json!({ "system": "http://hl7.org/fhir/sid/us-npi", "value": npi })));
    json!({
        "resourceType": "Practitioner",
        "id": practitioner.id,
        "meta": profiles("us-core-practitioner"),
        "identifier": identifiers,
        "active": true,
        "name": [{
            "use": "official",
            "family": practitioner.family,
            "given": [practitioner.given],
            "suffix": [practitioner.suffix]
        }],
        "telecom": [{ "system": "phone", "value": practitioner.phone, "use": "work" }]
    })
}

fn role(practitioner: &Practitioner) -> Value {
    let (code, display) = practitioner.specialty;
    json!({
        "resourceType": "PractitionerRole",
        "id": format!("role-{}", practitioner.id),
        "meta": profiles("us-core-practitionerrole"),
        "active": true,
        "practitioner": practitioner_reference(practitioner),
        "organization": organization_reference(&staff::CLINIC),
        "specialty": [coded("http://nucc.org/provider-taxonomy", code, display)],
        "location": [refer(ResourceType::Location, "main")],
        "telecom": [{ "system": "phone", "value": practitioner.phone, "use": "work" }]
    })
}

fn organization(organization: &Organization) -> Value {
    let (code, display) = organization.kind;
    json!({
        "resourceType": "Organization",
        "id": organization.id,
        "meta": profiles("us-core-organization"),
        "identifier": [{ "system": format!("{RECORD_NUMBERS}.3"), "value": organization.id }],
        "active": true,
        "type": [term("organization-type", code, display)],
        "name": organization.name,
        "telecom": [{ "system": "phone", "value": organization.phone, "use": "work" }],
        "address": [address(organization)]
    })
}

fn location(id: &str, name: &str, owner: &Organization) -> Value {
    json!({
        "resourceType": "Location",
        "id": id,
        "meta": profiles("us-core-location"),
        "status": "active",
        "name": name,
        "telecom": [{ "system": "phone", "value": owner.phone, "use": "work" }],
        "address": address(owner),
        "managingOrganization": organization_reference(owner)
    })
}

fn address(organization: &Organization) -> Value {
    let (street, city, postal_code) = organization.address;
    json!({ "use": "work", "line": [street], "city": city, "postalCode": postal_code, "country": "US" })
}

/// The names of the groups, and the ages in completed years of their patients.
const GROUPS: [(&str, &str, std::ops::Range<u32>); 3] =
    [("all", "All patients", 0..200), ("children", "Children", 0..18), ("old", "Patients from 65", 65..200)];

/// The numbers of the patients in the group with this id.
pub fn members(people: &Population, id: &str) -> Option<Vec<u32>> {
    let (.., ages) = GROUPS.iter().find(|(own, ..)| *own == id)?;
    let is_member = |number: &u32| people.person(*number).is_some_and(|person| ages.contains(&person.age()));
    Some((1..=people.size()).filter(is_member).collect())
}

/// All groups of patients.
pub fn group(people: &Population) -> Vec<Value> {
    let all: Vec<Person> = (1..=people.size()).filter_map(|number| people.person(number)).collect();
    GROUPS
        .iter()
        .map(|(id, name, ages)| {
            let fits = |person: &&Person| ages.contains(&person.age());
            let members: Vec<Value> =
                all.iter().filter(fits).map(|person| json!({ "entity": reference_to(person) })).collect();
            let mut group = json!({
                "resourceType": "Group",
                "id": id,
                "active": true,
                "type": "person",
                "actual": true,
                "name": name,
                "quantity": members.len()
            });
            if !members.is_empty() {
                group["member"] = members.into();
            }
            group
        })
        .collect()
}
