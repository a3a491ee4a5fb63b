//! Conditions without text, refuted, and entered by mistake.

use serde_json::{Value, json};

use super::entry::{add, fractional, numbered};
use crate::fhir::render::{ICD_10_CM, encounter_reference, id, patient_reference, profiles, term};
use crate::people::Chart;

/// Diagnoses of visits that only have codes, one that was ruled out, one that was entered by mistake.
pub fn conditions(chart: &Chart) -> Vec<Value> {
    let first = chart.problems.len();
    let condition = |code: &str, display: Option<&str>, verification: (&str, &str), members: Value| {
        let mut coding = json!({ "system": ICD_10_CM, "code": code });
        if let Some(display) = display {
            coding["display"] = display.into();
        }
        let mut resource = json!({
            "resourceType": "Condition",
            "meta": profiles("us-core-condition-encounter-diagnosis"),
            "clinicalStatus": term("condition-clinical", "resolved", "Resolved"),
            "verificationStatus": term("condition-ver-status", verification.0, verification.1),
            "category": [term("condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
            "code": { "coding": [coding] },
            "subject": patient_reference(chart),
            "encounter": encounter_reference(chart, chart.visits.len() - 1),
        });
        add(&mut resource, members);
        resource
    };
    let confirmed = ("confirmed", "Confirmed");
    let on = |days: u64| json!({ "onsetDateTime": fractional(days), "recordedDate": fractional(days) });
    let mut mistake = condition("N39.0", None, ("entered-in-error", "Entered in Error"), on(25));
    // A condition that was entered by mistake has no clinical status (FHIR R4, con-5).
    add(&mut mistake, json!({ "clinicalStatus": null }));
    let all = vec![
        condition("R05.9", None, confirmed, on(15)),
        condition("J18.9", Some("Pneumonia, unspecified organism"), ("refuted", "Refuted"), on(16)),
        condition("Z23", Some("Encounter for immunization"), confirmed, on(20)),
        mistake,
    ];
    numbered(all, |position| id(chart, 'c', first + position))
}
