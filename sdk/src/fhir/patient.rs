//! The patient of a resource (FHIR R4, compartment definition: Patient).

use super::reference::ResourceId;
use crate::json::JsonView;
use crate::protocol::url::Url;

/// The members with which resources refer to their patient.
const MEMBERS: [&str; 3] = ["subject", "patient", "beneficiary"];

/// Whether a resource is about someone, or something, other than one patient of a FHIR base.
///
/// It is not if it refers to nobody, such as a Practitioner, or to its patient without
/// a reference.
pub fn belongs_to_other_patient<V: JsonView>(resource: &V, patient: &str, base: &Url) -> bool {
    if resource.member_text("resourceType").as_deref() == Some("Patient") {
        return resource.member_text("id").as_deref() != Some(patient);
    }
    let named = MEMBERS.iter().filter_map(|member| resource.member(member)?.member_text("reference"));
    let mut elsewhere = named.filter(|reference| !reference.starts_with('#') && !is_patient(reference, patient, base));
    elsewhere.next().is_some()
}

fn is_patient(reference: &str, patient: &str, base: &Url) -> bool {
    let is_url_here = |url: Url| url.is_within(base) || url.upgraded_to_https(base).is_some();
    let is_here = !reference.contains(':') || Url::parse(reference).is_ok_and(is_url_here);
    is_here && ResourceId::read(reference).is_some_and(|read| read.resource_type == "Patient" && read.id == patient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn another(resource: Value) -> bool {
        belongs_to_other_patient(&resource, "p1", &Url::parse("https://ehr.example/fhir").unwrap())
    }

    #[test]
    fn f13_the_patient_is_recognized_by_every_form_of_reference() {
        for reference in [
            "Patient/p1",
            "Patient/p1/_history/3",
            "https://ehr.example/fhir/Patient/p1",
            "http://ehr.example/fhir/Patient/p1",
            "#contained-patient",
        ] {
            for member in MEMBERS {
                let resource = json!({"resourceType": "Observation", member: {"reference": reference}});
                assert!(!another(resource), "{member} {reference}");
            }
        }
        assert!(!another(json!({"resourceType": "Patient", "id": "p1"})));
        assert!(!another(json!({"resourceType": "Practitioner", "id": "7"})));
        assert!(!another(json!({"resourceType": "Observation", "subject": {"display": "Ann"}})));
    }

    #[test]
    fn f13_another_patient_and_the_same_id_elsewhere_are_distinguished() {
        for reference in [
            "Patient/p2",
            "Patient/p11",
            "Group/p1",
            "https://ehr.example/other/Patient/p1",
            "https://elsewhere.example/fhir/Patient/p1",
            "urn:uuid:00000000-0000-0000-0000-000000000001",
            "not a reference",
        ] {
            let resource = json!({"resourceType": "Coverage", "beneficiary": {"reference": reference}});
            assert!(another(resource), "{reference}");
        }
        assert!(another(json!({"resourceType": "Patient", "id": "p2"})));
        assert!(another(json!({"resourceType": "Patient"})));
    }
}
