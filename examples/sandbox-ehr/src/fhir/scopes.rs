//! SMART scopes for FHIR resources (SMART App Launch 2.2, 3), in their v1 and v2 spellings.

use super::ResourceType;

/// Whose data a scope is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The patient in context.
    Patient,
    /// Whatever the user may see.
    User,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::User => "user",
        }
    }
}

/// What this server can do with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    Read,
    Search,
}

/// A scope for resources, as far as this server can grant it: reading and searching, without a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceScope {
    level: Level,
    /// `None` is the wildcard.
    resource: Option<ResourceType>,
    read: bool,
    search: bool,
    spelling: Spelling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    V1,
    V2,
}

impl ResourceScope {
    /// Reads a scope. `None` when it is none for resources, when it allows nothing that this server can do, or when
    /// it is limited by a query, which this server does not support.
    pub fn parse(scope: &str) -> Option<Self> {
        let (level, rest) = scope.split_once('/')?;
        let level = match level {
            "patient" => Level::Patient,
            "user" => Level::User,
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
        let is_valid = spelling == Spelling::V1 || is_v2(permissions);
        (is_valid && (read || search)).then_some(Self { level, resource, read, search, spelling })
    }

    pub fn allows(&self, resource: ResourceType, interaction: Interaction) -> bool {
        self.resource.is_none_or(|own| own == resource)
            && match interaction {
                Interaction::Read => self.read,
                Interaction::Search => self.search,
            }
    }

    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether the scope needs a patient in context.
    pub fn is_patient(&self) -> bool {
        self.level == Level::Patient
    }

    /// The types that the scope is about.
    pub fn resources(&self) -> Vec<ResourceType> {
        self.resource.map_or_else(|| ResourceType::ALL.to_vec(), |resource| vec![resource])
    }

    /// The scope as this server grants it: what it cannot do is left out.
    pub fn granted(&self) -> String {
        let resource = self.resource.map_or("*", ResourceType::name);
        match self.spelling {
            Spelling::V1 => format!("{}/{resource}.read", self.level.name()),
            Spelling::V2 => format!("{}/{resource}.{}", self.level.name(), self.letters()),
        }
    }

    /// What the scope grants for one type. A wildcard that was split is spelt as v2, as WebChart does.
    pub fn granted_for(&self, resource: ResourceType) -> String {
        match self.resource {
            Some(_) => self.granted(),
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
    fn both_spellings_are_understood() {
        for scope in ["patient/Observation.read", "patient/Observation.rs", "patient/*.cruds", "user/Observation.*"] {
            assert!(allows(scope, Observation, Interaction::Read), "{scope}");
            assert!(allows(scope, Observation, Interaction::Search), "{scope}");
        }
        assert!(!allows("patient/Observation.r", Observation, Interaction::Search));
        assert!(!allows("patient/Observation.s", Observation, Interaction::Read));
        assert!(!allows("patient/Observation.rs", Condition, Interaction::Read));
    }

    #[test]
    fn what_cannot_be_granted_is_no_scope() {
        for scope in [
            "patient/Observation.sr",
            "patient/Observation.rr",
            "patient/Observation.",
            "patient/Observation.write",
            "patient/Observation.cud",
            "patient/Observation.rs?category=laboratory",
            "patient/Nonsense.rs",
            "system/*.rs",
            "patient/*",
            "openid",
            "",
        ] {
            assert!(ResourceScope::parse(scope).is_none(), "{scope}");
        }
    }
}
