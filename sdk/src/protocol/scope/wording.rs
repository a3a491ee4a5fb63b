//! Scopes in a patient's language.

use super::{Context, Permissions, ResourceScope, Scope};

/// Plain names of resource types.
const KINDS: [(&str, &str); 27] = [
    ("AllergyIntolerance", "allergies"),
    ("Appointment", "appointments"),
    ("CarePlan", "care plans"),
    ("CareTeam", "care team"),
    ("Claim", "bills"),
    ("Condition", "health problems and diagnoses"),
    ("Coverage", "health insurance"),
    ("Device", "medical devices, such as implants"),
    ("DiagnosticReport", "test and imaging reports"),
    ("DocumentReference", "documents and notes"),
    ("Encounter", "visits and hospital stays"),
    ("ExplanationOfBenefit", "insurance statements"),
    ("FamilyMemberHistory", "family's health history"),
    ("Goal", "health goals"),
    ("ImagingStudy", "X-rays and other images"),
    ("Immunization", "vaccinations"),
    ("Location", "clinics' addresses"),
    ("Medication", "medicines"),
    ("MedicationRequest", "prescriptions and medicines"),
    ("MedicationStatement", "medicines, as you take them"),
    ("Observation", "lab results and vital signs"),
    ("Organization", "clinics and insurers"),
    ("Patient", "name, date of birth and contact details"),
    ("Practitioner", "doctors and nurses"),
    ("PractitionerRole", "doctors' and nurses' places of work"),
    ("Procedure", "operations and procedures"),
    ("Provenance", "record's sources"),
];

/// Plain names of Observation categories.
const CATEGORIES: [(&str, &str); 4] = [
    ("laboratory", "lab results"),
    ("vital-signs", "vital signs"),
    ("social-history", "way of life, such as smoking"),
    ("survey", "answers to questionnaires"),
];

/// Scopes that are not about resources.
const OTHERS: [(&str, &str); 11] = [
    ("messaging/ui", "Close itself, and open other pages of the clinic's system"),
    ("messaging/scratchpad", "See and change drafts that are not signed yet, such as orders"),
    ("launch", "Know which patient is open"),
    ("launch/patient", "Know whose record to open"),
    ("launch/encounter", "Know which visit it is about"),
    ("openid", "Know who you are"),
    ("fhirUser", "Know who you are in the clinic's records"),
    ("profile", "Know your name"),
    ("email", "Know your e-mail address"),
    ("offline_access", "Stay connected when you are away"),
    ("online_access", "Stay connected while you are signed in"),
];

impl Scope {
    /// What the scope allows, in a sentence for patients, without a full stop.
    ///
    /// ```
    /// use smartrust::protocol::scope::Scope;
    ///
    /// assert_eq!(Scope::new("patient/Observation.rs").sentence(), "See your lab results and vital signs");
    /// ```
    pub fn sentence(&self) -> String {
        if let Some(resource) = self.resource() {
            return resource.sentence();
        }
        if let Some(events) = self.fhircast() {
            return events.sentence();
        }
        let other = |written: &str| OTHERS.iter().find(|(scope, _)| *scope == written);
        if let Some((_, sentence)) = other(self.as_str()) {
            return (*sentence).to_owned();
        }
        let Some(launch) = self.launch() else { return format!("Use \"{self}\"") };
        if let Some((_, sentence)) = other(&format!("launch/{}", launch.resource_type)) {
            return (*sentence).to_owned();
        }
        match KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(launch.resource_type)) {
            Some((_, kind)) => format!("Know which {kind} to open"),
            None => format!("Use \"{self}\""),
        }
    }
}

impl ResourceScope {
    fn sentence(&self) -> String {
        let (verb, kind) = (self.verb(), self.kind());
        match self.context {
            Context::Patient => format!("{verb} your {kind}"),
            Context::User => format!("{verb} the {kind} of every patient that you can see"),
            Context::System => format!("{verb} the {kind} of all patients, at any time"),
        }
    }

    fn verb(&self) -> &'static str {
        let may = |permission| self.permissions.covers(permission);
        let sees = may(Permissions::READ) || may(Permissions::SEARCH);
        let changes = may(Permissions::CREATE) || may(Permissions::UPDATE);
        match (sees, changes, may(Permissions::DELETE)) {
            (true, false, false) => "See",
            (true, true, false) => "See and change",
            (true, true, true) => "See, change and delete",
            (true, false, true) => "See and delete",
            (false, true, true) => "Change and delete",
            (false, true, false) => "Change",
            (false, false, _) => "Delete",
        }
    }

    fn kind(&self) -> String {
        let Some(resource_type) = self.resource_type.as_deref() else { return "whole health record".into() };
        let constraint = self.constraint.as_deref().unwrap_or_default();
        let category = CATEGORIES.iter().find(|(code, _)| resource_type == "Observation" && names(constraint, code));
        let known = category.or_else(|| KINDS.iter().find(|(name, _)| *name == resource_type));
        let kind = known.map_or_else(|| format!("\"{resource_type}\" entries"), |(_, kind)| (*kind).to_owned());
        if category.is_none() && !constraint.is_empty() { format!("{kind}, in part") } else { kind }
    }
}

/// Whether a constraint is a category of this code, with or without its system.
fn names(constraint: &str, code: &str) -> bool {
    let value = constraint.strip_prefix("category=").unwrap_or_default();
    value.rsplit_once('|').map_or(value, |(_, own)| own) == code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p3_each_scope_has_a_sentence_for_patients() {
        for (scope, sentence) in [
            ("patient/Observation.rs", "See your lab results and vital signs"),
            ("patient/Observation.read", "See your lab results and vital signs"),
            ("patient/*.rs", "See your whole health record"),
            ("patient/*.cruds", "See, change and delete your whole health record"),
            ("patient/Condition.cu", "Change your health problems and diagnoses"),
            ("patient/AllergyIntolerance.d", "Delete your allergies"),
            ("patient/Observation.rs?category=laboratory", "See your lab results"),
            (
                "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
                "See your vital signs",
            ),
            ("patient/Observation.rs?code=x", "See your lab results and vital signs, in part"),
            ("user/Patient.rs", "See the name, date of birth and contact details of every patient that you can see"),
            ("system/Encounter.rs", "See the visits and hospital stays of all patients, at any time"),
            ("patient/NewThing.rs", "See your \"NewThing\" entries"),
            ("offline_access", "Stay connected when you are away"),
            ("launch/imagingstudy", "Know which X-rays and other images to open"),
            ("launch/imagingstudy?role=https://ehr.example/prior", "Know which X-rays and other images to open"),
            ("launch/patient?role=https://ehr.example/mother", "Know whose record to open"),
            ("launch/newthing", "Use \"launch/newthing\""),
            ("messaging/ui", "Close itself, and open other pages of the clinic's system"),
            ("messaging/scratchpad", "See and change drafts that are not signed yet, such as orders"),
            ("messaging/other", "Use \"messaging/other\""),
            ("vendor.scope", "Use \"vendor.scope\""),
        ] {
            assert_eq!(Scope::new(scope).sentence(), sentence, "{scope}");
        }
    }

    #[test]
    fn p3_no_sentence_has_jargon() {
        let scopes = KINDS.iter().map(|(name, _)| format!("patient/{name}.rs"));
        for scope in scopes.chain(OTHERS.iter().map(|(scope, _)| (*scope).to_owned())) {
            let sentence = Scope::new(&scope).sentence().to_lowercase();
            for jargon in ["fhir", "scope", "token", "oauth", "resource", "\""] {
                assert!(!sentence.contains(jargon), "{scope}: {sentence}");
            }
        }
    }
}
