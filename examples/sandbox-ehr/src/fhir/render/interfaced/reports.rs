//! Diagnostic reports: a preliminary one, one with a file, an amended one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::entry::{add, fractional, numbered};
use crate::fhir::ResourceType;
use crate::fhir::render::{
    LOINC, SNOMED_CT, coded, encounter_reference, id, organization_reference, patient_reference, profiles, refer, term,
};
use crate::people::{Chart, staff};

/// The DiagnosticReports, numbered after those of the clinic.
pub fn reports(chart: &Chart) -> Vec<Value> {
    let first = chart.reports.len();
    let culture = refer(ResourceType::Observation, &id(chart, 'o', chart.observations.len() + 6));
    let report = |profile: &str, category: Value, code: Value, days: u64, members: Value| {
        let mut resource = json!({
            "resourceType": "DiagnosticReport",
            "meta": profiles(profile),
            "status": "final",
            "category": [category],
            "code": code,
            "subject": patient_reference(chart),
            "encounter": encounter_reference(chart, chart.visits.len() - 1),
            "effectiveDateTime": fractional(days),
            "issued": fractional(days),
        });
        add(&mut resource, members);
        resource
    };
    let hospital = json!([organization_reference(&staff::HOSPITAL)]);
    let text = "TWO VIEWS OF THE CHEST\n\nThe lungs are clear. The heart is of usual size.";
    let all = vec![
        report(
            "us-core-diagnosticreport-lab",
            term("v2-0074", "LAB", "Laboratory"),
            coded(LOINC, "630-4", "Bacteria identified in Urine by Culture"),
            2,
            json!({
                "status": "preliminary",
                "performer": [organization_reference(&staff::LABORATORY)],
                "result": [culture]
            }),
        ),
        report(
            "us-core-diagnosticreport-note",
            coded(LOINC, "LP29684-5", "Radiology"),
            coded(LOINC, "36643-5", "XR Chest 2 Views"),
            15,
            json!({
                "performer": hospital,
                "conclusion": "No sign of pneumonia.",
                "presentedForm": [{
                    "contentType": "text/plain; charset=utf-8",
                    "title": "X-ray of the chest",
                    "data": STANDARD.encode(text)
                }]
            }),
        ),
        report(
            "us-core-diagnosticreport-note",
            coded(LOINC, "LP7839-6", "Pathology"),
            coded(LOINC, "11526-1", "Pathology study"),
            40,
            json!({
                "status": "amended",
                "performer": hospital,
                "conclusion": "A harmless mole, removed as a whole.",
                "conclusionCode": [{ "coding": [{ "system": SNOMED_CT, "code": "400096001" }] }]
            }),
        ),
    ];
    numbered(all, |position| id(chart, 'r', first + position))
}
