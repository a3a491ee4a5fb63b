//! SMART scopes for FHIR resources (SMART App Launch 2.2, 3), in their v1 and v2 spellings.

use super::parameters::{self, Criterion, Kind};
use super::{Belonging, ResourceType};
use crate::dialect::Dialect;
use crate::parameters::Parameters;

/// Whose data a scope allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The patient in context.
    Patient,
    /// Everything that the user can see.
    User,
    /// Everyone, for a client without a user.
    System,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::User => "user",
            Self::System => "system",
        }
    }
}

/// What this server can do with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    Read,
    Search,
}

/// A scope for resources, as far as this server can grant it: reading and searching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceScope {
    level: Level,
    /// `None` is the wildcard.
    resource: Option<ResourceType>,
    read: bool,
    search: bool,
    spelling: Spelling,
    /// The search parameters that a resource must match, as written (SMART App Launch 2.2, 3.0.2.2).
    query: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    V1,
    V2,
}

impl ResourceScope {
    /// Reads a scope. `None` if it is not for resources, if it allows nothing that this server supports, or if
    /// its query cannot be applied: a query for all types, or with a parameter that the type does not have.
    pub fn parse(scope: &str) -> Option<Self> {
        let (plain, query) = scope.split_once('?').map_or((scope, None), |(plain, query)| (plain, Some(query)));
        let (level, rest) = plain.split_once('/')?;
        let level = match level {
            "patient" => Level::Patient,
            "user" => Level::User,
            "system" => Level::System,
            _ => return None,
        };
        let (resource, permissions) = rest.split_once('.')?;
        let resource = match resource {
            "*" => None,
            name => Some(ResourceType::parse(name)?),
        };
        let (spelling, read, search) = match permissions {
            "read" | "*" => (Spelling::V1, true, true),
            letters => (Spelling::V2, letters.contains('r'), letters.contains('s')),
        };
        let is_valid = match (spelling, query, resource) {
            (Spelling::V1, None, _) => true,
            (Spelling::V2, None, _) => is_v2(permissions),
            (Spelling::V2, Some(query), Some(resource)) => is_v2(permissions) && can_limit(resource, query),
            _ => false,
        };
        let is_for_patients = level != Level::Patient || resource != Some(ResourceType::Group);
        (is_valid && is_for_patients && (read || search)).then(|| Self {
            level,
            resource,
            read,
            search,
            spelling,
            query: query.map(str::to_owned),
        })
    }

    /// The criteria that a resource of this type must match.
    pub fn limits(&self, resource: ResourceType, fhir_base: &str) -> Vec<Criterion> {
        let query = Parameters::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        // A query that cannot be understood was not granted.
        parameters::criteria(resource, &query, fhir_base).unwrap_or_default()
    }

    /// The query, if the scope has one.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    pub fn allows(&self, resource: ResourceType, interaction: Interaction) -> bool {
        self.resources().contains(&resource)
            && match interaction {
                Interaction::Read => self.read,
                Interaction::Search => self.search,
            }
    }

    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether the scope is only for clients without a user.
    pub fn is_system(&self) -> bool {
        self.level == Level::System
    }

    /// Whether the scope has the syntax of SMART App Launch 1.
    pub fn is_v1(&self) -> bool {
        self.spelling == Spelling::V1
    }

    /// Whether the scope needs a patient in context.
    pub fn is_patient(&self) -> bool {
        self.level == Level::Patient
    }

    /// The types that the scope allows.
    pub fn resources(&self) -> Vec<ResourceType> {
        let has = |resource: &ResourceType| {
            self.resource.is_none_or(|own| own == *resource)
                && (self.level != Level::Patient || resource.belonging() != Belonging::Many)
        };
        ResourceType::ALL.into_iter().filter(has).collect()
    }

    /// The scope as this server grants it, without unsupported permissions.
    pub fn granted(&self) -> String {
        let resource = self.resource.map_or("*", ResourceType::name);
        match self.spelling {
            Spelling::V1 => format!("{}/{resource}.read", self.level.name()),
            Spelling::V2 => {
                let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
                format!("{}/{resource}.{}{query}", self.level.name(), self.letters())
            }
        }
    }

    /// The grant of the scope for one type. As in WebChart, a wildcard that was split has the syntax of v2; HIEBus only knows v1.
    pub fn granted_for(&self, dialect: Dialect, resource: ResourceType) -> String {
        match self.resource {
            Some(_) => self.granted(),
            None if dialect == Dialect::Hiebus => format!("{}/{}.read", self.level.name(), resource.name()),
            None => format!("{}/{}.{}", self.level.name(), resource.name(), self.letters()),
        }
    }

    fn letters(&self) -> &'static str {
        match (self.read, self.search) {
            (true, false) => "r",
            (false, true) => "s",
            _ => "rs",
        }
    }
}

/// Whether resources of this type can be matched against every parameter of a query.
fn can_limit(resource: ResourceType, query: &str) -> bool {
    let query = Parameters::parse(query.as_bytes());
    let is_known = |name: &str| {
        parameters::definitions(resource)
            .iter()
            .any(|definition| definition.name == name && definition.kind != Kind::Patient && name != "_id")
    };
    query.iter().count() > 0
        && query.iter().all(|(name, value)| is_known(name) && !value.is_empty())
        && parameters::criteria(resource, &query, "").is_ok()
}

/// Letters of `cruds`, each at most once and in this order.
fn is_v2(permissions: &str) -> bool {
    let mut rest = "cruds".chars();
    !permissions.is_empty() && permissions.chars().all(|letter| rest.any(|known| known == letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResourceType::{Condition, Observation};

    fn allows(scope: &str, resource: ResourceType, interaction: Interaction) -> bool {
        ResourceScope::parse(scope).is_some_and(|scope| scope.allows(resource, interaction))
    }

    #[test]
    fn both_versions_of_a_scope_are_read() {
        for scope in ["patient/Observation.read", "patient/Observation.rs", "patient/*.cruds", "user/Observation.*"] {
            assert!(allows(scope, Observation, Interaction::Read), "{scope}");
            assert!(allows(scope, Observation, Interaction::Search), "{scope}");
        }
        assert!(!allows("patient/Observation.r", Observation, Interaction::Search));
        assert!(!allows("patient/Observation.s", Observation, Interaction::Read));
        assert!(!allows("patient/Observation.rs", Condition, Interaction::Read));
    }

    #[test]
    fn a_query_stays_as_written() {
        for scope in [
            "patient/Observation.rs?category=laboratory",
            "user/Observation.r?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
        ] {
            assert_eq!(ResourceScope::parse(scope).map(|scope| scope.granted()).as_deref(), Some(scope));
        }
    }

    #[test]
    fn a_scope_that_cannot_be_granted_is_ignored() {
        for scope in [
            "patient/Observation.sr",
            "patient/Observation.rr",
            "patient/Observation.",
            "patient/Observation.write",
            "patient/Observation.cud",
            "patient/Observation.rs?colour=blue",
            "patient/Observation.rs?category=",
            "patient/Observation.rs?",
            "patient/Observation.rs?date=yesterday",
            "patient/Observation.rs?patient=2",
            "patient/Observation.read?category=laboratory",
            "patient/*.rs?category=laboratory",
            "patient/Group.rs",
            "patient/Nonsense.rs",
            "system/*.cud",
            "patient/*",
            "openid",
            "",
        ] {
            assert!(ResourceScope::parse(scope).is_none(), "{scope}");
        }
    }
}
