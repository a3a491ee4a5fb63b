//! The scopes that the app requests, as items that a patient can leave out.

use smartrust::protocol::scope::{Scope, ScopeSet};

use super::kinds::{scopes_of, types};

const STAY_CONNECTED: &str = "offline_access";

/// One item to request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its scope, or several with spaces between them, if one is useless without the other.
    pub scope: String,
    /// What it allows.
    pub sentence: String,
}

/// All configured scopes of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedScopes {
    /// Items that are required, because the app needs them to know the patient.
    pub fixed: Vec<Item>,
    /// Kinds of data.
    pub data: Vec<Item>,
    /// Refresh tokens.
    pub stay_connected: Option<Item>,
}

impl Item {
    /// The first of several scopes has the sentence for all.
    fn new(scope: &str) -> Self {
        let first = scope.split(' ').next().unwrap_or_default();
        Self { scope: scope.to_owned(), sentence: Scope::new(first).sentence() }
    }
}

impl RequestedScopes {
    /// Reads configured scopes. A wildcard becomes the kinds of data that the record shows.
    pub fn read(configured: &str) -> Self {
        let mut asking = Self { fixed: Vec::new(), data: Vec::new(), stay_connected: None };
        for scope in ScopeSet::parse(configured).iter().map(Scope::as_str) {
            match Scope::new(scope).resource() {
                None if scope == STAY_CONNECTED => asking.stay_connected = Some(Item::new(scope)),
                None if scope == "launch" => {}
                None => asking.fixed.push(Item::new(scope)),
                Some(resource) if resource.resource_type.is_none() => parts(scope).for_each(|part| asking.add(&part)),
                Some(_) => asking.add(scope),
            }
        }
        asking
    }

    fn add(&mut self, scope: &str) {
        if self.data.iter().all(|item| item.scope != scope) {
            self.data.push(Item::new(scope));
        }
    }

    /// The scopes without those that were left out; `None` if nothing was, so that the configuration is used unchanged.
    pub fn without(&self, left_out: &[String]) -> Option<String> {
        if left_out.is_empty() {
            return None;
        }
        let items = self.fixed.iter().chain(&self.stay_connected).chain(&self.data);
        let kept = items.map(|item| item.scope.as_str()).filter(|scope| left_out.iter().all(|left| left != scope));
        Some(kept.collect::<Vec<_>>().join(" "))
    }

    /// How much data is still requested, as a sentence.
    pub fn summary(&self, left_out: &[String]) -> String {
        let kept = self.data.iter().filter(|item| !left_out.contains(&item.scope)).count();
        match (kept, self.data.len()) {
            (_, 0) => "The clinic will ask you what to share.".to_owned(),
            (0, _) => "Choose at least one kind of data.".to_owned(),
            (kept, all) if kept == all => format!("This app will ask for all {all} kinds of data."),
            (kept, all) => format!("This app will ask for {kept} of {all} kinds of data."),
        }
    }

    /// Whether any data is still requested.
    pub fn has_data_without(&self, left_out: &[String]) -> bool {
        self.data.is_empty() || self.data.iter().any(|item| !left_out.contains(&item.scope))
    }
}

/// A wildcard as one scope for each type that the record shows, in the same syntax.
fn parts(wildcard: &str) -> impl Iterator<Item = String> {
    let all = std::iter::once("Patient").chain(types());
    all.map(move |resource_type| scopes_of(resource_type, |name| wildcard.replacen('*', name, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURED: &str = "launch/patient openid fhirUser offline_access patient/*.rs";

    #[test]
    fn p3_each_kind_of_data_has_a_sentence() {
        let asking = RequestedScopes::read(CONFIGURED);
        let fixed: Vec<_> = asking.fixed.iter().map(|item| item.scope.as_str()).collect();
        assert_eq!(fixed, ["launch/patient", "openid", "fhirUser"]);
        assert!(asking.stay_connected.is_some());
        let allergies = asking.data.iter().find(|item| item.scope == "patient/AllergyIntolerance.rs").unwrap();
        assert_eq!(allergies.sentence, "See your allergies");
        assert_eq!(asking.data.len(), 12, "one for the person and one for each type that the record shows");
    }

    #[test]
    fn l4_medicines_are_requested_with_their_names() {
        let asking = RequestedScopes::read(CONFIGURED);
        let medicines = asking.data.iter().find(|item| item.scope.contains("MedicationRequest")).unwrap();
        assert_eq!(medicines.scope, "patient/MedicationRequest.rs patient/Medication.rs");
        assert_eq!(medicines.sentence, "See your prescriptions and medicines");
    }

    #[test]
    fn without_choices_the_configured_scopes_are_requested() {
        assert_eq!(RequestedScopes::read(CONFIGURED).without(&[]), None);
    }

    #[test]
    fn data_that_was_left_out_is_not_requested() {
        let left_out = ["patient/Observation.rs", "offline_access"].map(str::to_owned);
        let scope = RequestedScopes::read(CONFIGURED).without(&left_out).unwrap();
        assert!(
            scope.starts_with("launch/patient openid fhirUser patient/Patient.rs patient/Condition.rs "),
            "{scope}"
        );
        for gone in ["Observation", "offline_access", "*"] {
            assert!(!scope.contains(gone), "{scope}");
        }
    }

    #[test]
    fn named_kinds_are_offered_as_they_are_written() {
        let asking =
            RequestedScopes::read("launch openid patient/Observation.read patient/Observation.rs?category=laboratory");
        let data: Vec<_> = asking.data.iter().map(|item| (item.scope.as_str(), item.sentence.as_str())).collect();
        assert_eq!(
            data,
            [
                ("patient/Observation.read", "See your lab results and vital signs"),
                ("patient/Observation.rs?category=laboratory", "See your lab results"),
            ]
        );
        let all: Vec<String> = asking.data.iter().map(|item| item.scope.clone()).collect();
        assert!(!asking.has_data_without(&all) && asking.has_data_without(&all[1..]));
        assert!(RequestedScopes::read("patient/*.read").data.iter().any(|item| item.scope == "patient/Coverage.read"));
    }
}
