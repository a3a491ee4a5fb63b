//! The resource types of this server.

/// A type that can be searched, or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    Patient,
    Condition,
    MedicationRequest,
    AllergyIntolerance,
    Immunization,
    Observation,
    DiagnosticReport,
    Procedure,
    Encounter,
    DocumentReference,
    CarePlan,
    CareTeam,
    Goal,
    Coverage,
    Device,
    Provenance,
    Medication,
    Practitioner,
    PractitionerRole,
    Organization,
    Location,
    Group,
}

/// To whom the resources of a type belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belonging {
    /// The patients themselves.
    Patients,
    /// Part of a patient's record, so that a search needs the patient.
    Record,
    /// To nobody: a directory, or a catalog.
    Shared,
    /// To many patients, for users who may see them all.
    Many,
}

use Belonging::{Many, Patients, Record, Shared};

/// The name, what sharing it means in plain language, and to whom it belongs; in the order of the types.
const FACTS: [(&str, &str, Belonging); 22] = [
    ("Patient", "Your name, birth date, sex and contact details", Patients),
    ("Condition", "Your health problems and diagnoses", Record),
    ("MedicationRequest", "The medications that you were prescribed", Record),
    ("AllergyIntolerance", "Your allergies and what you do not tolerate", Record),
    ("Immunization", "Your vaccines", Record),
    ("Observation", "Your vital signs and laboratory results", Record),
    ("DiagnosticReport", "Your lab reports", Record),
    ("Procedure", "Your operations, examinations and treatments", Record),
    ("Encounter", "Your visits to the clinic", Record),
    ("DocumentReference", "Your documents: notes of visits, instructions, summaries", Record),
    ("CarePlan", "Your care plans", Record),
    ("CareTeam", "The people who look after you", Record),
    ("Goal", "The goals that you set with your clinic", Record),
    ("Coverage", "Your health insurance", Record),
    ("Device", "Your implants and medical devices", Record),
    ("Provenance", "Where each part of your record comes from", Record),
    ("Medication", "What the medications contain", Shared),
    ("Practitioner", "The names of those who treat you", Shared),
    ("PractitionerRole", "What those who treat you are trained in", Shared),
    ("Organization", "The clinics, laboratories and insurers of your record", Shared),
    ("Location", "The places where you were treated", Shared),
    ("Group", "Lists of patients", Many),
];

impl ResourceType {
    pub const ALL: [Self; 22] = [
        Self::Patient,
        Self::Condition,
        Self::MedicationRequest,
        Self::AllergyIntolerance,
        Self::Immunization,
        Self::Observation,
        Self::DiagnosticReport,
        Self::Procedure,
        Self::Encounter,
        Self::DocumentReference,
        Self::CarePlan,
        Self::CareTeam,
        Self::Goal,
        Self::Coverage,
        Self::Device,
        Self::Provenance,
        Self::Medication,
        Self::Practitioner,
        Self::PractitionerRole,
        Self::Organization,
        Self::Location,
        Self::Group,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.name() == name)
    }

    fn facts(self) -> (&'static str, &'static str, Belonging) {
        FACTS[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// What sharing it means, in plain language.
    pub fn meaning(self) -> &'static str {
        self.facts().1
    }

    pub fn belonging(self) -> Belonging {
        self.facts().2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_the_entry_with_its_name() {
        for resource in ResourceType::ALL {
            assert_eq!(format!("{resource:?}"), resource.name());
            assert_eq!(ResourceType::parse(resource.name()), Some(resource));
        }
    }
}
