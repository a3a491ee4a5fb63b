//! The kinds of data that the record shows, in its order.

use smartrust::client::record::RecordQuery;
use smartrust::platform::JsonView;
use smartrust::protocol::scope::{Context, ScopeSet};

use super::allergies::allergies;
use super::care::{care_team, insurance, procedures, vaccinations, visits};
use super::documents::{Document, documents};
use super::entry::EntryList;
use super::measurement::measurements;
use super::medications::medications;
use super::problems::problems;
use super::trend::{Series, series};

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What its part of the page is called in addresses.
    pub id: &'static str,
    /// What its part of the page is called.
    pub heading: &'static str,
    /// The resource type.
    pub resource_type: &'static str,
    /// The category, where it is one of several kinds of a type.
    pub category: Option<&'static str>,
    /// What the entries that are over are called.
    pub past: &'static str,
}

const fn kind(id: &'static str, heading: &'static str, resource_type: &'static str, past: &'static str) -> Kind {
    Kind { id, heading, resource_type, category: None, past }
}

const fn observations(id: &'static str, heading: &'static str, category: &'static str) -> Kind {
    Kind { id, heading, resource_type: "Observation", category: Some(category), past: "" }
}

/// All kinds.
pub const KINDS: [Kind; 11] = [
    kind("problems", "Problems", "Condition", "Over or inactive"),
    kind("allergies", "Allergies", "AllergyIntolerance", "No longer"),
    kind("medications", "Medicines", "MedicationRequest", "No longer taken"),
    observations("results", "Test results", "laboratory"),
    observations("vital-signs", "Vital signs", "vital-signs"),
    kind("vaccinations", "Vaccinations", "Immunization", ""),
    kind("procedures", "Procedures", "Procedure", ""),
    kind("visits", "Visits", "Encounter", ""),
    kind("documents", "Documents", "DocumentReference", ""),
    kind("care-team", "Care team", "CareTeam", "Earlier"),
    kind("insurance", "Insurance", "Coverage", "Ended"),
];

/// What a kind of data shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A list.
    Entries(EntryList),
    /// What was measured.
    Measured(Vec<Series>),
    /// Documents.
    Documents(Vec<Document>),
}

impl Kind {
    /// What to load for it.
    pub fn query(&self) -> RecordQuery {
        let query = RecordQuery::new(self.resource_type);
        match self.category {
            Some(category) => query.with("category", category),
            None => query,
        }
    }

    /// Whether scopes allow all of it.
    pub fn is_allowed_by(&self, scopes: &ScopeSet) -> bool {
        let of_type = |context| scopes.may_read(context, self.resource_type);
        let of_category = |category: &str| {
            let mut constraints = scopes.search_constraints(self.resource_type);
            constraints.any(|constraint| {
                let value = constraint.strip_prefix("category=").unwrap_or_default();
                value.rsplit_once('|').map_or(value, |(_, code)| code) == category
            })
        };
        of_type(Context::Patient) || of_type(Context::User) || self.category.is_some_and(of_category)
    }

    /// The scope for it, as fine as servers of SMART 2 know it.
    pub fn scope(&self) -> String {
        let category = self.category.map(|category| format!("?category={category}")).unwrap_or_default();
        format!("patient/{}.rs{category}", self.resource_type)
    }

    /// Reads its resources.
    pub fn read<V: JsonView>(&self, resources: &[V]) -> Content {
        Content::Entries(match self.resource_type {
            "Observation" => return Content::Measured(series(measurements(resources))),
            "DocumentReference" => return Content::Documents(documents(resources)),
            "Condition" => problems(resources),
            "AllergyIntolerance" => allergies(resources),
            "MedicationRequest" => medications(resources),
            "Immunization" => vaccinations(resources),
            "Procedure" => procedures(resources),
            "Encounter" => visits(resources),
            "CareTeam" => care_team(resources),
            "Coverage" => insurance(resources),
            _ => EntryList::default(),
        })
    }
}

impl Content {
    /// How many things there are to show.
    pub fn len(&self) -> usize {
        match self {
            Self::Entries(list) => list.len(),
            Self::Measured(series) => series.len(),
            Self::Documents(documents) => documents.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn allowed(scopes: &str) -> Vec<&'static str> {
        let scopes = ScopeSet::parse(scopes);
        KINDS.iter().filter(|kind| kind.is_allowed_by(&scopes)).map(|kind| kind.id).collect()
    }

    #[test]
    fn a_scope_of_one_category_allows_one_kind_of_its_type() {
        assert_eq!(allowed("patient/Observation.rs?category=vital-signs patient/Condition.r"), ["vital-signs"]);
        assert_eq!(allowed("patient/Observation.rs?category=http://x/y|laboratory"), ["results"]);
        assert_eq!(allowed("user/Observation.read"), ["results", "vital-signs"]);
        assert_eq!(allowed("patient/*.rs").len(), KINDS.len());
    }

    #[test]
    fn each_kind_is_allowed_by_its_own_scope_alone() {
        for kind in KINDS {
            assert_eq!(allowed(&kind.scope()), [kind.id]);
        }
    }

    #[test]
    fn each_kind_reads_its_resources() {
        for kind in KINDS {
            let resource = json!({
                "resourceType": kind.resource_type, "valueString": "x", "code": {"text": "x"},
                "participant": [{"member": {"display": "x"}}],
            });
            assert_eq!(kind.read(&[resource]).len(), 1, "{}", kind.id);
            assert_eq!(kind.read::<serde_json::Value>(&[]).len(), 0, "{}", kind.id);
        }
    }
}
