//! Care plans, care teams, goals and insurance.

use serde_json::{Value, json};

use super::{
    LOINC, SNOMED_CT, coded, id, organization_reference, patient_reference, practitioner_reference, profiles, refer,
    term,
};
use crate::fhir::ResourceType;
use crate::people::staff;
use crate::people::{Chart, Goal, Insurance, Measured, Plan, measures};

pub fn plan(chart: &Chart, position: usize, plan: &Plan) -> Value {
    let activities: Vec<Value> = plan
        .activities
        .iter()
        .map(|text| json!({ "detail": { "status": "in-progress", "description": text } }))
        .collect();
    let goal = &chart.goals[plan.goal];
    json!({
        "resourceType": "CarePlan",
        "id": id(chart, 'l', position),
        "meta": profiles("us-core-careplan"),
        "text": {
            "status": "generated",
            "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{}</p></div>", plan.title)
        },
        "status": "active",
        "intent": "plan",
        "category": [coded("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan", "Assessment and Plan of Treatment")],
        "title": plan.title,
        "subject": patient_reference(chart),
        "period": { "start": plan.start.to_string() },
        "careTeam": [refer(ResourceType::CareTeam, &id(chart, 't', 0))],
        "addresses": [refer(ResourceType::Condition, &id(chart, 'c', goal.problem))],
        "goal": [refer(ResourceType::Goal, &id(chart, 'g', plan.goal))],
        "activity": activities
    })
}

pub fn team(chart: &Chart) -> Value {
    let staff = chart.team.iter().map(|member| {
        let (code, display) = member.role;
        json!({ "role": [coded(SNOMED_CT, code, display)], "member": practitioner_reference(member) })
    });
    let own = json!({ "role": [coded(SNOMED_CT, "116154003", "Patient")], "member": patient_reference(chart) });
    let participants: Vec<Value> = staff.chain([own]).collect();
    json!({
        "resourceType": "CareTeam",
        "id": id(chart, 't', 0),
        "meta": profiles("us-core-careteam"),
        "status": "active",
        "name": format!("Care team of {}", chart.person.name()),
        "subject": patient_reference(chart),
        "participant": participants,
        "managingOrganization": [organization_reference(&staff::CLINIC)]
    })
}

/// A goal is reached if the latest value is below it.
pub fn goal(chart: &Chart, position: usize, goal: &Goal) -> Value {
    let (code, display) = match latest(chart, goal) {
        Some(value) if value < goal.below => ("achieved", "Achieved"),
        Some(_) => ("improving", "Improving"),
        None => ("in-progress", "In Progress"),
    };
    let measure = goal.measure;
    json!({
        "resourceType": "Goal",
        "id": id(chart, 'g', position),
        "meta": profiles("us-core-goal"),
        "lifecycleStatus": "active",
        "achievementStatus": term("goal-achievement", code, display),
        "description": { "text": goal.description },
        "subject": patient_reference(chart),
        "startDate": goal.start.to_string(),
        "target": [{
            "measure": coded(LOINC, measure.loinc, measure.display),
            "detailQuantity": {
                "value": goal.below,
                "comparator": "<",
                "unit": measure.unit,
                "system": "http://unitsofmeasure.org",
                "code": measure.ucum
            },
            "dueDate": goal.due.to_string()
        }],
        "addresses": [refer(ResourceType::Condition, &id(chart, 'c', goal.problem))]
    })
}

fn latest(chart: &Chart, goal: &Goal) -> Option<f64> {
    let is_pressure = goal.measure.loinc == measures::SYSTOLIC.loinc;
    let loinc = if is_pressure { measures::BLOOD_PRESSURE.loinc } else { goal.measure.loinc };
    match chart.latest(loinc)?.result {
        Measured::Quantity(value) => Some(value),
        Measured::BloodPressure { systolic, .. } => Some(systolic),
        Measured::Coded { .. } => None,
    }
}

pub fn coverage(chart: &Chart, position: usize, insurance: &Insurance) -> Value {
    let (code, display) = insurance.kind;
    let (relationship, relationship_display) = insurance.relationship;
    let mut period = json!({ "start": insurance.start.to_string() });
    if let Some(end) = insurance.end {
        period["end"] = end.to_string().into();
    }
    json!({
        "resourceType": "Coverage",
        "id": id(chart, 'v', position),
        "meta": profiles("us-core-coverage"),
        "identifier": [{ "type": term("v2-0203", "MB", "Member Number"), "system": "urn:oid:2.16.840.1.113883.3.1.9080.4", "value": insurance.number }],
        "status": if insurance.end.is_some() { "cancelled" } else { "active" },
        "type": coded("https://nahdo.org/sopt", code, display),
        "subscriberId": insurance.number,
        "beneficiary": patient_reference(chart),
        "relationship": term("subscriber-relationship", relationship, relationship_display),
        "period": period,
        "payor": [organization_reference(insurance.payer)]
    })
}
