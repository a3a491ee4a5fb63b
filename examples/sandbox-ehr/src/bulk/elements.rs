//! Resources with some of their elements (`_elements`).

use serde_json::{Value, json};

use crate::fhir::ResourceType;

/// The requested elements; all, if none were requested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements(Vec<(Option<ResourceType>, String)>);

impl Elements {
    /// Reads `Patient.name` or `id`. If the text is neither, it is the error.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (resource, element) = match text.split_once('.') {
            Some((name, element)) => (Some(ResourceType::parse(name).ok_or(text)?), element),
            None => (None, text),
        };
        let is_name = !element.is_empty() && element.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_name {
            return Err(text.to_owned());
        }
        self.0.push((resource, element.to_owned()));
        Ok(())
    }

    /// Removes optional elements that were not requested, and marks the resource as a subset.
    pub fn thin_out(&self, resource: ResourceType, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        let is_requested =
            |name: &str| self.0.iter().any(|(own, element)| element == name && own.is_none_or(|own| own == resource));
        if let Some(members) = value.as_object_mut() {
            members.retain(|name, _| {
                matches!(name.as_str(), "resourceType" | "id" | "meta")
                    || mandatory(resource).contains(&name.as_str())
                    || is_requested(name)
            });
        }
        value["meta"]["tag"] = json!([{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"
        }]);
    }
}

/// The elements that FHIR R4 requires in every resource of a type.
fn mandatory(resource: ResourceType) -> &'static [&'static str] {
    match resource {
        ResourceType::AllergyIntolerance => &["patient"],
        ResourceType::CarePlan => &["status", "intent", "subject"],
        ResourceType::Condition => &["subject"],
        ResourceType::Coverage => &["status", "beneficiary", "payor"],
        ResourceType::DiagnosticReport | ResourceType::Observation => &["status", "code"],
        ResourceType::DocumentReference => &["status", "content"],
        ResourceType::Encounter => &["status", "class"],
        ResourceType::Goal => &["lifecycleStatus", "description", "subject"],
        ResourceType::Group => &["type", "actual"],
        ResourceType::Immunization => &["status", "vaccineCode", "patient", "occurrenceDateTime"],
        ResourceType::MedicationRequest => {
            &["status", "intent", "medicationCodeableConcept", "medicationReference", "subject"]
        }
        ResourceType::Procedure => &["status", "subject"],
        ResourceType::Provenance => &["target", "recorded", "agent"],
        ResourceType::CareTeam
        | ResourceType::Device
        | ResourceType::Location
        | ResourceType::Medication
        | ResourceType::Organization
        | ResourceType::Patient
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole => &[],
    }
}
