//! Prescriptions.

use serde_json::{Value, json};

use super::{RXNORM, SNOMED_CT, coded, id, patient_reference, practitioner_reference, profiles, refer, term};
use crate::fhir::ResourceType;
use crate::people::care::responsible;
use crate::people::drugs::Drug;
use crate::people::{Chart, Prescription};

/// Inhalers and injections have a reference to a Medication, everything else a code.
pub fn request(chart: &Chart, position: usize, prescription: &Prescription) -> Value {
    let drug = prescription.drug;
    let status = match (prescription.is_active(), prescription.is_replaced) {
        (true, _) => "active",
        (false, true) => "stopped",
        (false, false) => "completed",
    };
    let mut request = json!({
        "resourceType": "MedicationRequest",
        "id": id(chart, 'm', position),
        "meta": profiles("us-core-medicationrequest"),
        "status": status,
        "intent": "order",
        "category": [term("medicationrequest-category", "community", "Community")],
        "subject": patient_reference(chart),
        "authoredOn": prescription.start.to_string(),
        "requester": practitioner_reference(responsible(&chart.person)),
        "reasonReference": [refer(ResourceType::Condition, &id(chart, 'c', prescription.problem))],
        "dosageInstruction": [dosage(drug)]
    });
    if drug.is_referenced {
        let reference = format!("Medication/rx{}", drug.rxnorm);
        // Without a display: the name is in the Medication.
        request["medicationReference"] = json!({ "reference": reference });
    } else {
        request["medicationCodeableConcept"] = coded(RXNORM, drug.rxnorm, drug.display);
    }
    let mut supply = json!({ "start": prescription.start.to_string() });
    if let Some(end) = prescription.end {
        supply["end"] = end.to_string().into();
    }
    request["dispenseRequest"] = json!({ "validityPeriod": supply });
    request
}

fn dosage(drug: &Drug) -> Value {
    let (code, display) = drug.route.code();
    let (value, unit) = drug.dose;
    let mut dosage = json!({
        "text": drug.instruction,
        "asNeededBoolean": drug.daily.is_none(),
        "route": coded(SNOMED_CT, code, display),
        "doseAndRate": [{ "doseQuantity": { "value": value, "unit": unit } }]
    });
    if let Some(daily) = drug.daily {
        dosage["timing"] = json!({ "repeat": { "frequency": daily, "period": 1, "periodUnit": "d" } });
    }
    dosage
}
