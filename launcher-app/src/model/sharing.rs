//! What was shared and what was not: a grant's scopes in words that need no explanation.

use smartrust::protocol::scope::{Context, Permissions, ScopeGrant, ScopeSet};

/// A kind of data by its resource type, and what a patient calls it.
const KINDS: [(&str, &str); 17] = [
    ("Patient", "Name, date of birth and contact details"),
    ("Condition", "Problems and diagnoses"),
    ("Observation", "Vital signs and test results"),
    ("Encounter", "Visits"),
    ("Practitioner", "Doctors and nurses"),
    ("AllergyIntolerance", "Allergies"),
    ("CarePlan", "Care plans"),
    ("CareTeam", "Care team"),
    ("Coverage", "Insurance"),
    ("Device", "Implants and devices"),
    ("DiagnosticReport", "Test reports"),
    ("DocumentReference", "Documents and notes"),
    ("Goal", "Health goals"),
    ("Immunization", "Vaccinations"),
    ("Medication", "Medicines"),
    ("MedicationRequest", "Prescriptions"),
    ("Procedure", "Procedures and operations"),
];

/// The kinds that are told to be missing: those that every record has.
const EXPECTED: usize = 5;

/// One thing that was shared or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What a patient calls it.
    pub words: String,
    /// What the server's own page calls it, where it is a kind of data.
    pub resource_type: Option<String>,
    /// Whether it is but a part, such as the test results without the vital signs.
    pub in_part: bool,
}

/// What a session may see, and what it asked for in vain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// What was shared.
    pub shared: Vec<Item>,
    /// What was asked for and not shared.
    pub not_shared: Vec<Item>,
}

impl Sharing {
    /// Reads a grant. Staying connected rests on a refresh token, whatever the scopes say.
    pub fn read(grant: &ScopeGrant, can_refresh: bool) -> Self {
        let mut sharing = Self::default();
        sharing.put("Who is signed in", grant.requested.contains("openid"), grant.granted.contains("openid"));
        sharing.put(
            "Staying connected without signing in again",
            grant.requested.contains("offline_access"),
            can_refresh,
        );
        if whole_record(&grant.granted) {
            sharing.shared.push(Item { words: "The whole record".to_owned(), resource_type: None, in_part: false });
            return sharing;
        }
        for (index, (resource_type, words)) in KINDS.into_iter().enumerate() {
            let item = Item { words: words.to_owned(), resource_type: Some(resource_type.to_owned()), in_part: false };
            match extent(&grant.granted, resource_type) {
                Extent::Whole => sharing.shared.push(item),
                Extent::Part => sharing.shared.push(Item { in_part: true, ..item }),
                Extent::Nothing if is_missed(&grant.requested, resource_type, index) => sharing.not_shared.push(item),
                Extent::Nothing => {}
            }
        }
        sharing.shared.extend(unnamed(&grant.granted));
        sharing
    }

    fn put(&mut self, words: &str, was_asked: bool, was_given: bool) {
        let item = Item { words: words.to_owned(), resource_type: None, in_part: false };
        match (was_given, was_asked) {
            (true, _) => self.shared.push(item),
            (false, true) => self.not_shared.push(item),
            (false, false) => {}
        }
    }
}

enum Extent {
    Whole,
    Part,
    Nothing,
}

fn extent(granted: &ScopeSet, resource_type: &str) -> Extent {
    if may_read(granted, resource_type) {
        return Extent::Whole;
    }
    let is_part = granted.iter().filter_map(|scope| scope.resource()).any(|scope| {
        scope.resource_type.as_deref().is_none_or(|own| own == resource_type)
            && (scope.permissions.covers(Permissions::READ) || scope.permissions.covers(Permissions::SEARCH))
    });
    if is_part { Extent::Part } else { Extent::Nothing }
}

fn may_read(set: &ScopeSet, resource_type: &str) -> bool {
    set.may_read(Context::Patient, resource_type) || set.may_read(Context::User, resource_type)
}

/// A kind is missed when it was asked for by its name, or as part of everything and every record has it.
fn is_missed(requested: &ScopeSet, resource_type: &str, index: usize) -> bool {
    let by_name = requested
        .iter()
        .filter_map(|scope| scope.resource())
        .any(|scope| scope.resource_type.as_deref() == Some(resource_type));
    by_name || (index < EXPECTED && may_read(requested, resource_type))
}

fn whole_record(granted: &ScopeSet) -> bool {
    granted.iter().filter_map(|scope| scope.resource()).any(|scope| {
        scope.resource_type.is_none()
            && scope.constraint.is_none()
            && scope.permissions.covers(Permissions::READ.and(Permissions::SEARCH))
    })
}

/// Kinds of data that stand in no list of ours, by the name that the standard gives them.
fn unnamed(granted: &ScopeSet) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for name in granted.iter().filter_map(|scope| scope.resource()?.resource_type.clone()) {
        let is_known = KINDS.iter().any(|(known, _)| *known == name)
            || items.iter().any(|item| item.resource_type.as_ref() == Some(&name));
        if !is_known {
            items.push(Item { words: "Other data".to_owned(), resource_type: Some(name), in_part: false });
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sharing(requested: &str, granted: &str, can_refresh: bool) -> Sharing {
        Sharing::read(&ScopeGrant::new(ScopeSet::parse(requested), Some(granted)), can_refresh)
    }

    fn names(items: &[Item]) -> Vec<&str> {
        items.iter().map(|item| item.resource_type.as_deref().unwrap_or(&item.words)).collect()
    }

    #[test]
    fn t3_a_denied_kind_of_a_wildcard_is_not_shared() {
        let told = sharing(
            "launch/patient openid fhirUser offline_access patient/*.rs",
            "launch/patient openid fhirUser offline_access patient/Patient.rs patient/Condition.rs patient/Encounter.rs patient/Practitioner.rs",
            true,
        );
        assert_eq!(names(&told.not_shared), ["Observation"]);
        assert_eq!(told.not_shared[0].words, "Vital signs and test results");
        assert_eq!(
            names(&told.shared),
            [
                "Who is signed in",
                "Staying connected without signing in again",
                "Patient",
                "Condition",
                "Encounter",
                "Practitioner"
            ]
        );
    }

    #[test]
    fn t3_a_granted_wildcard_is_the_whole_record() {
        let told = sharing("launch openid patient/*.rs", "launch openid patient/*.read", false);
        assert_eq!(names(&told.shared), ["Who is signed in", "The whole record"]);
        assert_eq!(told.not_shared, []);
    }

    #[test]
    fn a_kind_that_was_asked_for_by_name_is_missed() {
        let told = sharing("patient/Coverage.rs patient/Patient.rs", "patient/Patient.rs", false);
        assert_eq!(names(&told.not_shared), ["Coverage"]);
        assert_eq!(
            names(&sharing("patient/*.rs", "patient/Patient.rs", false).not_shared),
            ["Condition", "Observation", "Encounter", "Practitioner"]
        );
    }

    #[test]
    fn a_narrowed_kind_is_shared_in_part() {
        for granted in ["patient/Observation.rs?category=laboratory", "patient/Observation.r"] {
            let told = sharing("patient/Observation.rs", granted, false);
            assert_eq!(told.not_shared, [], "{granted}");
            assert!(told.shared[0].in_part, "{granted}");
        }
    }

    #[test]
    fn r11_staying_connected_rests_on_a_refresh_token() {
        let words = "Staying connected without signing in again";
        assert_eq!(names(&sharing("offline_access", "", true).shared), [words]);
        assert_eq!(names(&sharing("offline_access", "offline_access", false).not_shared), [words]);
    }

    #[test]
    fn kinds_without_words_of_ours_keep_their_own_name() {
        let told = sharing("", "patient/Specimen.rs patient/Specimen.read patient/Device.rs", false);
        assert_eq!(names(&told.shared), ["Device", "Specimen"]);
        assert_eq!(told.shared[1].words, "Other data");
    }
}
