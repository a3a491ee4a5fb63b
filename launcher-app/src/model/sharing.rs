//! What was shared and what was not: the scopes of a grant as plain text.

use smartrust::protocol::scope::{Permissions, ResourceScope, Scope, ScopeGrant, ScopeSet};

use super::kinds::{KINDS, Kind, kinds_of, scopes_of, types};
use super::trouble::Audience;

const WHO: &str = "Who is signed in";
const UNKNOWN: &str = "Parts of the record: the clinic did not say which";
const STAY_CONNECTED: &str = "Staying connected without signing in again";

/// One item that was shared or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it allows.
    pub words: String,
    /// The resource type, if it is a kind of data.
    pub resource_type: Option<String>,
}

/// What a session may read, and what it requested without success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// What was shared.
    pub shared: Vec<Item>,
    /// What was requested and not shared.
    pub not_shared: Vec<Item>,
}

impl Sharing {
    /// Reads a grant. Staying connected depends on a refresh token, whatever the scopes say.
    pub fn read(grant: &ScopeGrant, can_refresh: bool, audience: Audience) -> Self {
        let mut sharing = Self::default();
        let is_unknown = grant.granted.is_unknown();
        let asked_for_data = grant.requested.iter().any(|scope| scope.resource().is_some());
        sharing.add_if_requested(UNKNOWN, false, is_unknown && asked_for_data);
        sharing.add_if_requested(
            WHO,
            grant.requested.contains("openid") && !is_unknown,
            grant.granted.contains("openid"),
        );
        sharing.add_if_requested(STAY_CONNECTED, grant.requested.contains("offline_access"), can_refresh);
        for scope in grant.granted.iter().filter(|scope| scope.resource().is_some_and(is_readable)) {
            add(&mut sharing.shared, item(scope, audience));
        }
        for resource_type in types() {
            not_granted(resource_type, grant, audience).into_iter().for_each(|item| add(&mut sharing.not_shared, item));
        }
        for scope in missing(grant) {
            add(&mut sharing.not_shared, item(&scope, audience));
        }
        sharing
    }

    fn add_if_requested(&mut self, words: &str, was_requested: bool, was_granted: bool) {
        let item = Item { words: words.to_owned(), resource_type: None };
        match (was_granted, was_requested) {
            (true, _) => self.shared.push(item),
            (false, true) => self.not_shared.push(item),
            (false, false) => {}
        }
    }
}

/// What a scope allows, for this audience.
pub fn words(scope: &Scope, audience: Audience) -> String {
    let sentence = scope.sentence();
    match audience {
        Audience::Patient => sentence,
        Audience::Provider => sentence.replacen(" your ", " the patient's ", 1),
    }
}

/// The scopes to request again when a kind of data was not shared: the earlier ones, and the kind's own if it was not among
/// them.
pub fn scopes_with(requested: &ScopeSet, kind: &Kind) -> String {
    let mut scopes = requested.clone();
    if !kind.is_allowed_by(&scopes) {
        // A version 1 server does not know categories.
        let all = scopes_of(kind.resource_type, |name| format!("patient/{name}.rs"));
        all.split(' ').for_each(|scope| scopes.insert(scope));
    }
    scopes.to_text()
}

fn item(scope: &Scope, audience: Audience) -> Item {
    let resource_type = scope.resource().and_then(|resource| resource.resource_type.clone());
    Item { words: words(scope, audience), resource_type }
}

fn add(items: &mut Vec<Item>, item: Item) {
    if items.iter().all(|other| other.words != item.words) {
        items.push(item);
    }
}

fn is_readable(resource: &ResourceScope) -> bool {
    resource.permissions.covers(Permissions::READ) || resource.permissions.covers(Permissions::SEARCH)
}

/// What was requested of a type and not shared: the type, or its missing kinds.
fn not_granted(resource_type: &str, grant: &ScopeGrant, audience: Audience) -> Vec<Item> {
    let is_missed = |kind: &Kind| kind.is_allowed_by(&grant.requested) && !kind.is_allowed_by(&grant.granted);
    if kinds_of(resource_type).all(|(_, kind)| is_missed(kind)) && resource_type != "Observation" {
        return vec![item(&Scope::new(&format!("patient/{resource_type}.rs")), audience)];
    }
    kinds_of(resource_type).filter(|(_, kind)| is_missed(kind)).map(|(_, kind)| item_of(kind, audience)).collect()
}

/// An item for a kind that is a part of its type.
fn item_of(kind: &Kind, audience: Audience) -> Item {
    match (kind.resource_type, kind.categories) {
        ("Observation", [_, ..]) => item(&Scope::new(&kind.scope()), audience),
        _ => {
            let whose = if audience == Audience::Patient { "your" } else { "the patient's" };
            let words = format!("See {whose} {}", kind.heading.to_lowercase());
            Item { words, resource_type: Some(kind.resource_type.to_owned()) }
        }
    }
}

/// Types that the record does not show, and the patient's own data, if they were requested and not shared.
fn missing(grant: &ScopeGrant) -> Vec<Scope> {
    let person = Scope::new("patient/Patient.rs");
    let is_person_told = grant.granted.covers(&person) || grant.granted.is_unknown();
    let is_person_missed = grant.requested.covers(&person) && !is_person_told;
    let is_other = |scope: &&&Scope| {
        scope.resource().and_then(|resource| resource.resource_type.as_deref()).is_some_and(|resource_type| {
            KINDS.iter().all(|kind| kind.resource_type != resource_type) && resource_type != "Patient"
        })
    };
    let others = grant.missing();
    let others = others.iter().filter(is_other).map(|scope| (*scope).clone());
    is_person_missed.then_some(person).into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sharing(requested: &str, granted: &str, can_refresh: bool) -> Sharing {
        let grant = ScopeGrant::new(ScopeSet::parse(requested), Some(granted));
        Sharing::read(&grant, can_refresh, Audience::Patient)
    }

    fn words_of(items: &[Item]) -> Vec<&str> {
        items.iter().map(|item| item.words.as_str()).collect()
    }

    /// A grant of all types that the record shows, except some.
    fn all_but(left_out: &[&str]) -> String {
        let types = KINDS.iter().map(|kind| kind.resource_type).chain(["Patient"]);
        let scopes = types.filter(|name| !left_out.contains(name)).map(|name| format!("patient/{name}.rs"));
        scopes.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn t3_a_denied_kind_of_a_wildcard_is_not_shared() {
        let found = sharing("openid offline_access patient/*.rs", &format!("openid {}", all_but(&["Coverage"])), true);
        assert_eq!(words_of(&found.not_shared), ["See your health insurance"]);
        assert_eq!(found.not_shared[0].resource_type.as_deref(), Some("Coverage"));
        assert_eq!(&words_of(&found.shared)[..3], [WHO, STAY_CONNECTED, "See your health problems and diagnoses"]);
    }

    #[test]
    fn t3_a_granted_wildcard_is_the_whole_record() {
        let found = sharing("launch openid patient/*.rs", "launch openid patient/*.read", false);
        assert_eq!(words_of(&found.shared), [WHO, "See your whole health record"]);
        assert_eq!(found.not_shared, []);
    }

    #[test]
    fn t3_a_narrowed_kind_is_partly_shared_and_partly_missing() {
        let granted = format!("{} patient/Observation.rs?category=vital-signs", all_but(&["Observation"]));
        let found = sharing("patient/*.rs", &granted, false);
        assert!(words_of(&found.shared).contains(&"See your vital signs"));
        assert_eq!(
            words_of(&found.not_shared),
            [
                "See your lab results",
                "See your way of life, such as smoking",
                "See your answers to questionnaires",
                "See your other findings"
            ]
        );
    }

    #[test]
    fn t3_l6_only_diagnoses_of_visits_may_be_missing() {
        let granted = format!("{} patient/Condition.rs?category=encounter-diagnosis", all_but(&["Condition"]));
        assert_eq!(words_of(&sharing("patient/*.rs", &granted, false).not_shared), ["See your problems"]);
        let found = sharing("patient/*.rs", &all_but(&["Condition"]), false);
        assert_eq!(words_of(&found.not_shared), ["See your health problems and diagnoses"]);
    }

    #[test]
    fn t10_unknown_scopes_are_neither_shared_nor_missing() {
        let found = sharing("openid patient/*.rs", "https://ehr.example/clinical.read", false);
        assert_eq!((words_of(&found.shared), found.not_shared), (vec![UNKNOWN], vec![]));
        let dotted = sharing("patient/*.rs", "patient.*.read", false);
        assert_eq!((words_of(&dotted.shared), dotted.not_shared), (vec!["See your whole health record"], vec![]));
    }

    #[test]
    fn a_kind_that_was_not_requested_is_not_missing() {
        let found = sharing("patient/Condition.rs patient/Device.rs", "patient/Condition.rs", false);
        assert_eq!(words_of(&found.not_shared), ["See your medical devices, such as implants"]);
        let person = sharing("patient/*.rs", &all_but(&["Patient"]), false);
        assert_eq!(words_of(&person.not_shared), ["See your name, date of birth and contact details"]);
    }

    #[test]
    fn r11_staying_connected_requires_a_refresh_token() {
        assert_eq!(words_of(&sharing("offline_access", "", true).shared), [STAY_CONNECTED]);
        assert_eq!(words_of(&sharing("offline_access", "offline_access", false).not_shared), [STAY_CONNECTED]);
    }

    #[test]
    fn p3_sentences_for_providers_name_the_patient() {
        let scope = Scope::new("patient/AllergyIntolerance.rs");
        assert_eq!(words(&scope, Audience::Provider), "See the patient's allergies");
        assert_eq!(words(&scope, Audience::Patient), "See your allergies");
    }

    #[test]
    fn requesting_again_adds_what_was_left_out() {
        let requested = ScopeSet::parse("openid patient/Condition.rs");
        let [results] = KINDS.iter().filter(|kind| kind.id == "results").collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!(scopes_with(&requested, results), "openid patient/Condition.rs patient/Observation.rs");
        let wildcard = ScopeSet::parse("openid patient/*.read");
        assert_eq!(scopes_with(&wildcard, results), "openid patient/*.read");
        let [medicines] = KINDS.iter().filter(|kind| kind.id == "medications").collect::<Vec<_>>()[..] else {
            panic!()
        };
        assert_eq!(
            scopes_with(&ScopeSet::parse("openid"), medicines),
            "openid patient/MedicationRequest.rs patient/Medication.rs"
        );
    }
}
