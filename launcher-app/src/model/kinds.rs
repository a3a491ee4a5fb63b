//! The kinds of data that the record shows, in its order, and their queries and scopes.

use smartrust::client::record::RecordQuery;
use smartrust::platform::JsonView;
use smartrust::protocol::scope::{Context, ScopeSet};

use super::coding::has_code;
use super::problems::is_of_one_visit;

/// A kind of data. All kinds of a resource type are loaded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The ID of its part of the page.
    pub id: &'static str,
    /// The heading of its part of the page.
    pub heading: &'static str,
    /// The resource type.
    pub resource_type: &'static str,
    /// The categories of its resources. Servers grant scopes with the first one. If it has none, it is the whole type, or
    /// what is in no other kind of the type.
    pub categories: &'static [&'static str],
    /// The heading of past entries.
    pub past: &'static str,
}

/// How much of a kind the scopes allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// All of it.
    All,
    /// A part that the scopes narrow further.
    Part,
    /// Nothing.
    None,
}

const fn kind(id: &'static str, heading: &'static str, resource_type: &'static str, past: &'static str) -> Kind {
    Kind { id, heading, resource_type, categories: &[], past }
}

const fn observations(id: &'static str, heading: &'static str, categories: &'static [&'static str]) -> Kind {
    Kind { id, heading, resource_type: "Observation", categories, past: "" }
}

/// All kinds.
pub const KINDS: [Kind; 16] = [
    kind("problems", "Problems", "Condition", "Over or inactive"),
    Kind {
        id: "visit-diagnoses",
        heading: "Diagnoses from visits",
        resource_type: "Condition",
        categories: &["encounter-diagnosis"],
        past: "",
    },
    kind("allergies", "Allergies", "AllergyIntolerance", "No longer"),
    kind("medications", "Medicines", "MedicationRequest", "No longer taken"),
    observations("results", "Test results", &["laboratory", "LAB"]),
    kind("reports", "Reports", "DiagnosticReport", ""),
    observations("vital-signs", "Vital signs", &["vital-signs"]),
    observations("way-of-life", "Way of life", &["social-history"]),
    observations("questionnaires", "Questionnaires", &["survey", "sdoh"]),
    observations("findings", "Other findings", &[]),
    kind("vaccinations", "Vaccinations", "Immunization", ""),
    kind("procedures", "Procedures", "Procedure", ""),
    kind("visits", "Visits", "Encounter", ""),
    kind("documents", "Documents", "DocumentReference", ""),
    kind("care-team", "Care team", "CareTeam", "Earlier"),
    kind("insurance", "Insurance", "Coverage", "Ended"),
];

/// What a record may contain and this app does not request.
pub const NOT_ASKED_FOR: &str = "This app does not ask the clinic for appointments, bills, care plans, family history, \
    health goals, medical devices, medicines that you reported or that were handed out, messages, orders, or pictures and \
    scans. Your record may hold them: ask the clinic.";

/// The resource types to load, each once, in the order of their first kinds.
pub fn types() -> Vec<&'static str> {
    let mut types = Vec::new();
    for kind in KINDS {
        if !types.contains(&kind.resource_type) {
            types.push(kind.resource_type);
        }
    }
    types
}

/// The query for a type, without a category. The SDK adds categories if the server requires them.
pub fn query(resource_type: &str) -> RecordQuery {
    RecordQuery::new(resource_type)
}

/// The scopes for a type, each formatted by `write`. Medicines need another one for their names.
pub fn scopes_of(resource_type: &str, write: impl Fn(&str) -> String) -> String {
    match resource_type {
        "MedicationRequest" => format!("{} {}", write(resource_type), write("Medication")),
        _ => write(resource_type),
    }
}

/// The kinds of a type, each with its index in [`KINDS`].
pub fn kinds_of(resource_type: &str) -> impl Iterator<Item = (usize, &'static Kind)> {
    KINDS.iter().enumerate().filter(move |(_, kind)| kind.resource_type == resource_type)
}

impl Kind {
    /// How much of it the scopes allow.
    pub fn access(&self, scopes: &ScopeSet) -> Access {
        let of_type = |context| scopes.may_read(context, self.resource_type);
        if of_type(Context::Patient) || of_type(Context::User) {
            return Access::All;
        }
        let categories: Vec<Option<String>> = scopes.search_constraints(self.resource_type).map(category).collect();
        let is_own = |granted: &Option<String>| {
            granted.as_deref().is_some_and(|granted| self.categories.first().is_some_and(|own| *own == granted))
        };
        let is_in = |kind: &Self, granted: &Option<String>| {
            granted.as_deref().is_some_and(|granted| kind.categories.contains(&granted))
        };
        let is_anothers = |granted: &Option<String>| kinds_of(self.resource_type).any(|(_, kind)| is_in(kind, granted));
        let holds_the_rest = self.categories.is_empty();
        match () {
            () if categories.iter().any(is_own) => Access::All,
            () if categories.iter().any(|granted| granted.is_none() || is_in(self, granted)) => Access::Part,
            () if holds_the_rest && categories.iter().any(|granted| !is_anothers(granted)) => Access::Part,
            () => Access::None,
        }
    }

    /// Whether the scopes allow all of it.
    pub fn is_allowed_by(&self, scopes: &ScopeSet) -> bool {
        self.access(scopes) == Access::All
    }

    /// Its scope, in the syntax of SMART 2.
    pub fn scope(&self) -> String {
        let category = self.categories.first().map(|category| format!("?category={category}")).unwrap_or_default();
        format!("patient/{}.rs{category}", self.resource_type)
    }

    /// Whether all of it is in one of these categories.
    pub fn is_among(&self, categories: &[&str]) -> bool {
        !self.categories.is_empty() && self.categories.iter().all(|own| categories.contains(own))
    }

    /// Whether the category of a resource is one of this kind.
    pub fn holds<V: JsonView>(&self, resource: &V) -> bool {
        match self.resource_type {
            "Condition" => !self.categories.is_empty() && is_of_one_visit(resource),
            _ => {
                let categories = resource.member_items("category");
                categories.iter().any(|category| self.categories.iter().any(|code| has_code(category, code)))
            }
        }
    }
}

/// The category in the constraint of a scope; `None` for another constraint.
fn category(constraint: &str) -> Option<String> {
    let value = constraint.strip_prefix("category=")?;
    Some(value.rsplit_once('|').map_or(value, |(_, code)| code).to_owned())
}

/// The kind of a resource, as an index in [`KINDS`]: the one with its category, otherwise the one with the
/// rest, otherwise the first.
pub fn kind_of<V: JsonView>(resource_type: &str, resource: &V) -> usize {
    let of_category = kinds_of(resource_type).find(|(_, kind)| kind.holds(resource));
    let of_rest = || kinds_of(resource_type).find(|(_, kind)| kind.categories.is_empty());
    of_category.or_else(of_rest).map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn allowed(scopes: &str) -> Vec<&'static str> {
        let scopes = ScopeSet::parse(scopes);
        KINDS.iter().filter(|kind| kind.is_allowed_by(&scopes)).map(|kind| kind.id).collect()
    }

    fn in_part(scopes: &str) -> Vec<&'static str> {
        let scopes = ScopeSet::parse(scopes);
        KINDS.iter().filter(|kind| kind.access(&scopes) == Access::Part).map(|kind| kind.id).collect()
    }

    const OF_OBSERVATIONS: [&str; 5] = ["results", "vital-signs", "way-of-life", "questionnaires", "findings"];

    #[test]
    fn a_scope_of_one_category_allows_one_kind_of_its_type() {
        assert_eq!(
            allowed("patient/Observation.rs?category=vital-signs patient/Immunization.r"),
            ["vital-signs"],
            "search is needed"
        );
        assert_eq!(allowed("patient/Observation.rs?category=http://x/y|laboratory"), ["results"]);
        assert_eq!(allowed("patient/Condition.rs?category=encounter-diagnosis"), ["visit-diagnoses"]);
        assert_eq!(allowed("user/Observation.read"), OF_OBSERVATIONS);
        assert_eq!(allowed("patient/*.rs").len(), KINDS.len());
    }

    #[test]
    fn a_scope_with_another_constraint_allows_a_part() {
        assert_eq!(in_part("patient/Observation.rs?category=imaging"), ["findings"]);
        assert_eq!(in_part("patient/Condition.rs?category=problem-list-item"), ["problems"]);
        assert_eq!(in_part("patient/Observation.rs?code=http://loinc.org|4548-4"), OF_OBSERVATIONS);
        assert_eq!(in_part("patient/Observation.rs?category=laboratory"), [""; 0]);
        assert_eq!(in_part("patient/Immunization.rs?date=ge2020"), ["vaccinations"]);
        assert_eq!(in_part("patient/Observation.rs?category=sdoh"), ["questionnaires"]);
    }

    #[test]
    fn each_kind_is_allowed_by_its_own_scope() {
        for kind in KINDS {
            let allowed = allowed(&kind.scope());
            assert!(allowed.contains(&kind.id), "{}", kind.id);
            assert!(kind.categories.is_empty() || allowed.len() == 1, "{}", kind.id);
        }
    }

    #[test]
    fn l6_l7_every_resource_of_a_type_belongs_to_one_kind() {
        let id = |resource_type: &str, codes: &[&str]| {
            let categories: Vec<Value> = codes.iter().map(|code| json!({"coding": [{"code": code}]})).collect();
            KINDS[kind_of(resource_type, &json!({"category": categories}))].id
        };
        assert_eq!(id("Condition", &["encounter-diagnosis"]), "visit-diagnoses");
        assert_eq!(id("Condition", &["encounter-diagnosis", "problem-list-item"]), "problems");
        assert_eq!(id("Condition", &[]), "problems");
        assert_eq!(id("Observation", &["laboratory"]), "results");
        assert_eq!(id("Observation", &["sdoh", "social-history"]), "way-of-life");
        assert_eq!(id("Observation", &["survey"]), "questionnaires");
        assert_eq!(id("Observation", &["imaging"]), "findings");
        assert_eq!(id("Observation", &[]), "findings");
        assert_eq!(id("DiagnosticReport", &["LAB"]), "reports");
        assert_eq!(KINDS[kind_of("Immunization", &json!("x"))].id, "vaccinations");
    }

    #[test]
    fn l7_if_a_server_searches_by_category_the_kinds_with_one_are_complete() {
        let whole: Vec<_> =
            KINDS.iter().filter(|kind| kind.is_among(&["laboratory", "LAB", "survey"])).map(|kind| kind.id).collect();
        assert_eq!(whole, ["results"], "what is in the category sdoh alone may be missing");
    }

    #[test]
    fn l7_each_type_is_requested_once_whatever_its_category() {
        let types = types();
        assert_eq!(types.len(), 11);
        assert!(types.contains(&"DiagnosticReport") && types.contains(&"Observation"));
        assert!(types.iter().all(|resource_type| query(resource_type).parameters.is_empty()));
    }
}
