//! Whose resource it is: what belongs to another patient than the session's is never shown.

use smartrust::fhir::reference::ResourceId;
use smartrust::platform::JsonView;

/// The patient of a session, and the server that the patient's id means something on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The patient's id.
    pub patient: String,
    /// The FHIR base of the server.
    pub fhir_base: String,
}

/// Resources, parted by whose they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Parted<T> {
    /// The patient's.
    pub own: T,
    /// How many were somebody else's or nobody's, and left out.
    pub left_out: usize,
}

impl Owner {
    /// Whether a resource's `subject` is this patient.
    pub fn is_subject_of<V: JsonView>(&self, resource: &V) -> bool {
        let reference = resource.member("subject").and_then(|subject| subject.member_text("reference"));
        reference.is_some_and(|reference| self.is_named_by(&reference))
    }

    /// Whether a resource is this patient's Patient.
    pub fn is<V: JsonView>(&self, resource: &V) -> bool {
        resource.member_text("resourceType").as_deref() == Some("Patient")
            && resource.member_text("id").as_ref() == Some(&self.patient)
    }

    /// Keeps the resources of one type whose subject is this patient.
    pub fn part<V: JsonView>(&self, resource_type: &str, resources: Vec<V>) -> Parted<Vec<V>> {
        let all = resources.len();
        let is_own = |resource: &V| {
            resource.member_text("resourceType").as_deref() == Some(resource_type) && self.is_subject_of(resource)
        };
        let own: Vec<V> = resources.into_iter().filter(is_own).collect();
        Parted { left_out: all - own.len(), own }
    }

    fn is_named_by(&self, reference: &str) -> bool {
        let base = self.fhir_base.trim_end_matches('/');
        let relative = match reference.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')) {
            Some(relative) => relative,
            None if reference.contains("://") => return false,
            None => reference,
        };
        relative.starts_with("Patient/") && ResourceId::read(relative).is_some_and(|named| named.id == self.patient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn owner() -> Owner {
        Owner { patient: "7".into(), fhir_base: "https://ehr.example/fhir/".into() }
    }

    fn about(reference: &str) -> Value {
        json!({"resourceType": "Condition", "subject": {"reference": reference}})
    }

    #[test]
    fn f13_only_the_patient_of_the_session_is_the_subject() {
        for reference in [
            "Patient/7",
            "https://ehr.example/fhir/Patient/7",
            "Patient/7/_history/2",
            "https://ehr.example/fhir/Patient/7/_history/1",
        ] {
            assert!(owner().is_subject_of(&about(reference)), "{reference}");
        }
        for reference in [
            "Patient/8",
            "Patient/77",
            "Patient/7/8",
            "Group/7",
            "https://other.example/fhir/Patient/7",
            "https://ehr.example/fhir2/Patient/7",
            "https://ehr.example/fhir/Patient/8",
            "#7",
            "urn:uuid:7",
            "",
        ] {
            assert!(!owner().is_subject_of(&about(reference)), "{reference}");
        }
        assert!(!owner().is_subject_of(&json!({"resourceType": "Condition"})));
    }

    #[test]
    fn f13_resources_of_others_are_left_out_and_counted() {
        let mut other_type = about("Patient/7");
        other_type["resourceType"] = json!("Observation");
        let parted = owner().part("Condition", vec![about("Patient/7"), about("Patient/8"), json!({}), other_type]);
        assert_eq!(parted, Parted { own: vec![about("Patient/7")], left_out: 3 });
    }

    #[test]
    fn f13_another_patient_is_not_the_patient() {
        assert!(owner().is(&json!({"resourceType": "Patient", "id": "7"})));
        assert!(!owner().is(&json!({"resourceType": "Patient", "id": "8"})));
        assert!(!owner().is(&json!({"resourceType": "Person", "id": "7"})));
        assert!(!owner().is(&json!({"resourceType": "Patient"})));
    }
}
