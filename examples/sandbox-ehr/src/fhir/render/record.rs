//! Problems, visits, allergies, vaccines, procedures and devices.

use serde_json::{Value, json};

use super::{
    CVX, ICD_10_CM, RXNORM, SNOMED_CT, coded, encounter_reference, id, instant, noon, organization_reference,
    patient_reference, practitioner_reference, profiles, refer, term,
};
use crate::fhir::ResourceType;
use crate::people::allergies::Vocabulary;
use crate::people::care::responsible;
use crate::people::staff;
use crate::people::{Allergy, Chart, Device, Immunization, Problem, Procedure, Visit};

/// The identifier system of the clinic's visit numbers.
const VISIT_NUMBERS: &str = "urn:oid:2.16.840.1.113883.3.1.9080.1";

pub fn condition(chart: &Chart, position: usize, problem: &Problem) -> Value {
    let (status, display) = if problem.resolved.is_some() { ("resolved", "Resolved") } else { ("active", "Active") };
    let mut condition = json!({
        "resourceType": "Condition",
        "id": id(chart, 'c', position),
        "meta": profiles("us-core-condition-problems-health-concerns"),
        "clinicalStatus": term("condition-clinical", status, display),
        "verificationStatus": term("condition-ver-status", "confirmed", "Confirmed"),
        "category": [term("condition-category", "problem-list-item", "Problem List Item")],
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

pub fn encounter(chart: &Chart, position: usize, visit: &Visit) -> Value {
    let (code, display) = visit.kind.code();
    let mut period = json!({ "start": instant(visit.start) });
    if let Some(end) = visit.end {
        period["end"] = instant(end).into();
    }
    let mut encounter = json!({
        "resourceType": "Encounter",
        "id": id(chart, 'e', position),
        "meta": profiles("us-core-encounter"),
        "identifier": [{
            "system": VISIT_NUMBERS,
            "value": format!("V{}-{:03}", chart.person.record_number(), position + 1)
        }],
        "status": if visit.end.is_some() { "finished" } else { "in-progress" },
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory" },
        "type": [coded(SNOMED_CT, code, display)],
        "subject": patient_reference(chart),
        "participant": [{ "individual": practitioner_reference(responsible(&chart.person)) }],
        "period": period,
        "location": [{ "location": refer(ResourceType::Location, "main") }],
        "serviceProvider": organization_reference(&staff::CLINIC)
    });
    if let Some(reason) = &visit.reason {
        encounter["reasonCode"] = json!([coded(SNOMED_CT, reason.kind.snomed, reason.kind.display)]);
    }
    encounter
}

pub fn allergy(chart: &Chart, position: usize, allergy: &Allergy) -> Value {
    let kind = allergy.kind;
    let (vocabulary, code, display) = kind.code;
    let system = match vocabulary {
        Vocabulary::RxNorm => RXNORM,
        Vocabulary::SnomedCt => SNOMED_CT,
    };
    let signs: Vec<Value> = kind.reactions.iter().map(|(code, display)| coded(SNOMED_CT, code, display)).collect();
    let severity = if kind.is_critical { "severe" } else { "mild" };
    json!({
        "resourceType": "AllergyIntolerance",
        "id": id(chart, 'a', position),
        "meta": profiles("us-core-allergyintolerance"),
        "clinicalStatus": term("allergyintolerance-clinical", "active", "Active"),
        "verificationStatus": term("allergyintolerance-verification", "confirmed", "Confirmed"),
        "type": if kind.is_allergy { "allergy" } else { "intolerance" },
        "category": [kind.category],
        "criticality": if kind.is_critical { "high" } else { "low" },
        "code": coded(system, code, display),
        "patient": patient_reference(chart),
        "onsetDateTime": allergy.noticed.to_string(),
        "recordedDate": allergy.noticed.to_string(),
        "reaction": [{ "manifestation": signs, "severity": severity }]
    })
}

/// The statement that the patient was asked and has none.
pub fn no_known_allergy(chart: &Chart) -> Value {
    json!({
        "resourceType": "AllergyIntolerance",
        "id": id(chart, 'a', 0),
        "meta": profiles("us-core-allergyintolerance"),
        "clinicalStatus": term("allergyintolerance-clinical", "active", "Active"),
        "verificationStatus": term("allergyintolerance-verification", "confirmed", "Confirmed"),
        "code": coded(SNOMED_CT, "716186003", "No known allergy"),
        "patient": patient_reference(chart)
    })
}

pub fn immunization(chart: &Chart, position: usize, shot: &Immunization) -> Value {
    let mut immunization = json!({
        "resourceType": "Immunization",
        "id": id(chart, 'i', position),
        "meta": profiles("us-core-immunization"),
        "status": if shot.is_refused { "not-done" } else { "completed" },
        "vaccineCode": coded(CVX, shot.vaccine.cvx, shot.vaccine.display),
        "patient": patient_reference(chart),
        "occurrenceDateTime": shot.day.to_string(),
        "primarySource": shot.visit.is_some()
    });
    if shot.is_refused {
        immunization["statusReason"] = term("v3-ActReason", "PATOBJ", "patient objection");
    } else {
        immunization["lotNumber"] = shot.lot.as_str().into();
    }
    if let Some(visit) = shot.visit {
        immunization["encounter"] = encounter_reference(chart, visit);
        immunization["location"] = refer(ResourceType::Location, "main");
    }
    immunization
}

pub fn procedure(chart: &Chart, position: usize, procedure: &Procedure) -> Value {
    let kind = procedure.kind;
    let place = if kind.is_surgery { "hospital" } else { "main" };
    let mut resource = json!({
        "resourceType": "Procedure",
        "id": id(chart, 'p', position),
        "meta": profiles("us-core-procedure"),
        "status": "completed",
        "code": coded(SNOMED_CT, kind.snomed, kind.display),
        "subject": patient_reference(chart),
        "performedDateTime": noon(procedure.day),
        "location": refer(ResourceType::Location, place)
    });
    if let Some(problem) = procedure.problem {
        resource["reasonReference"] = json!([refer(ResourceType::Condition, &id(chart, 'c', problem))]);
    }
    resource
}

pub fn device(chart: &Chart, position: usize, device: &Device) -> Value {
    let mut resource = json!({
        "resourceType": "Device",
        "id": id(chart, 'x', position),
        "status": "active",
        "serialNumber": device.serial,
        "manufactureDate": noon(device.since - chrono::Days::new(120)),
        "type": coded(SNOMED_CT, device.kind.snomed, device.kind.display),
        "patient": patient_reference(chart)
    });
    if device.kind.is_implanted {
        resource["meta"] = profiles("us-core-implantable-device");
    }
    resource
}
