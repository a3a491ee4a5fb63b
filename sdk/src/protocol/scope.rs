//! SMART scopes, versions 1 and 2 (SMART App Launch 2.2, scopes and launch context).

use std::fmt;

/// Whose data a resource scope is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// One patient's.
    Patient,
    /// All that the user may see.
    User,
    /// All that the client may see.
    System,
}

/// What may be done with resources: any of create, read, update, delete and search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    bits: u8,
}

impl Permissions {
    /// Making resources (`c`).
    pub const CREATE: Self = Self { bits: 1 };
    /// Reading a resource by its id (`r`).
    pub const READ: Self = Self { bits: 2 };
    /// Changing resources (`u`).
    pub const UPDATE: Self = Self { bits: 4 };
    /// Removing resources (`d`).
    pub const DELETE: Self = Self { bits: 8 };
    /// Searching (`s`).
    pub const SEARCH: Self = Self { bits: 16 };
    const LETTERS: [(char, Self); 5] =
        [('c', Self::CREATE), ('r', Self::READ), ('u', Self::UPDATE), ('d', Self::DELETE), ('s', Self::SEARCH)];

    /// Reads `rs`, or version 1's `read`, `write` and `*`. Letters out of the order `cruds` are no permissions.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => return Some(Self::READ.and(Self::SEARCH)),
            "write" => return Some(Self::CREATE.and(Self::UPDATE).and(Self::DELETE)),
            "*" => return Self::parse("cruds"),
            _ => {}
        }
        let mut permissions = Self { bits: 0 };
        for letter in text.chars() {
            let (_, permission) = Self::LETTERS.iter().find(|(known, _)| *known == letter)?;
            if permission.bits <= permissions.bits {
                return None;
            }
            permissions = permissions.and(*permission);
        }
        (permissions.bits != 0).then_some(permissions)
    }

    /// Both together.
    pub const fn and(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// Whether all of `other` is in it.
    pub const fn covers(self, other: Self) -> bool {
        self.bits & other.bits == other.bits
    }

    const fn meets(self, other: Self) -> bool {
        self.bits & other.bits != 0
    }
}

/// A scope for resources, such as `patient/Observation.rs?category=laboratory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceScope {
    /// Whose data.
    pub context: Context,
    /// The resource type; `None` for `*`, every type.
    pub resource_type: Option<String>,
    /// What may be done.
    pub permissions: Permissions,
    /// The search that narrows it, without its question mark.
    pub constraint: Option<String>,
}

impl ResourceScope {
    fn parse(text: &str) -> Option<Self> {
        let (context, rest) = text.split_once('/')?;
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            "system" => Context::System,
            _ => return None,
        };
        let (rest, constraint) = match rest.split_once('?') {
            Some((rest, constraint)) if constraint.contains('=') => (rest, Some(constraint.to_owned())),
            Some(_) => return None,
            None => (rest, None),
        };
        let (resource_type, permissions) = rest.split_once('.')?;
        let resource_type = match resource_type {
            "*" => None,
            name if is_resource_type(name) => Some(name.to_owned()),
            _ => return None,
        };
        Some(Self { context, resource_type, permissions: Permissions::parse(permissions)?, constraint })
    }

    /// The scope in the words of version 2.
    fn to_text(&self) -> String {
        let context = match self.context {
            Context::Patient => "patient/",
            Context::User => "user/",
            Context::System => "system/",
        };
        let letters = Permissions::LETTERS.iter().filter(|(_, permission)| self.permissions.covers(*permission));
        let letters: String = letters.map(|(letter, _)| *letter).collect();
        let mut text = [context, self.resource_type.as_deref().unwrap_or("*"), ".", &letters].concat();
        if let Some(constraint) = &self.constraint {
            text.push('?');
            text.push_str(constraint);
        }
        text
    }

    /// Whether everything that `other` allows is allowed by this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.reaches(other) && self.permissions.covers(other.permissions)
    }

    fn reaches(&self, other: &Self) -> bool {
        self.context == other.context
            && (self.resource_type.is_none() || self.resource_type == other.resource_type)
            && (self.constraint.is_none() || self.constraint == other.constraint)
    }
}

/// Whether a text has the shape of a FHIR resource type's name.
pub fn is_resource_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase()) && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// One scope, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    written: String,
    resource: Option<ResourceScope>,
}

impl Scope {
    /// Takes one scope in. What is no resource scope is compared by its text.
    pub fn new(written: &str) -> Self {
        Self { written: written.to_owned(), resource: ResourceScope::parse(written) }
    }

    /// The scope as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// What it says of resources; `None` for `openid`, `launch` and the like.
    pub fn resource(&self) -> Option<&ResourceScope> {
        self.resource.as_ref()
    }

    fn differs_in_permissions_alone(&self, other: &Self) -> bool {
        match (&self.resource, &other.resource) {
            (Some(own), Some(other)) => {
                own.context == other.context
                    && own.resource_type == other.resource_type
                    && own.constraint == other.constraint
            }
            _ => false,
        }
    }

    /// Both as one, kept as written where one of them allows all that the other does.
    fn merged_with(&self, other: &Self) -> Self {
        let (Some(own), Some(added)) = (&self.resource, &other.resource) else { return self.clone() };
        if own.permissions.covers(added.permissions) {
            return self.clone();
        }
        if added.permissions.covers(own.permissions) {
            return other.clone();
        }
        let both = ResourceScope { permissions: own.permissions.and(added.permissions), ..own.clone() };
        Self { written: both.to_text(), resource: Some(both) }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

/// Scopes in the order in which they were written, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet {
    scopes: Vec<Scope>,
}

impl ScopeSet {
    /// Reads scopes that are separated by spaces.
    pub fn parse(text: &str) -> Self {
        let mut set = Self::default();
        text.split_ascii_whitespace().for_each(|scope| set.insert(scope));
        set
    }

    /// Adds a scope unless it is there.
    pub fn insert(&mut self, scope: &str) {
        if !self.contains(scope) {
            self.scopes.push(Scope::new(scope));
        }
    }

    /// Takes a scope out, by its text.
    pub fn remove(&mut self, scope: &str) {
        self.scopes.retain(|other| other.written != scope);
    }

    /// Whether a scope stands in it, letter by letter.
    pub fn contains(&self, scope: &str) -> bool {
        self.scopes.iter().any(|other| other.written == scope)
    }

    /// The scopes with spaces between, as a request carries them.
    pub fn to_text(&self) -> String {
        self.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The scopes.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter()
    }

    /// Whether the set allows all that one scope asks for, by one scope or by several together.
    ///
    /// ```
    /// use smartrust::protocol::scope::{Scope, ScopeSet};
    ///
    /// let granted = ScopeSet::parse("patient/*.read");
    /// assert!(granted.covers(&Scope::new("patient/Observation.rs")));
    /// assert!(!granted.covers(&Scope::new("patient/Observation.cud")));
    /// ```
    pub fn covers(&self, scope: &Scope) -> bool {
        let Some(wanted) = &scope.resource else { return self.contains(&scope.written) };
        let reaching = self.scopes.iter().filter_map(Scope::resource).filter(|own| own.reaches(wanted));
        let together = reaching.fold(Permissions { bits: 0 }, |sum, own| sum.and(own.permissions));
        together.covers(wanted.permissions)
    }

    /// Whether resources of a type may be read by id and searched for, in a context.
    pub fn may_read(&self, context: Context, resource_type: &str) -> bool {
        self.covers(&Scope {
            written: String::new(),
            resource: Some(ResourceScope {
                context,
                resource_type: Some(resource_type.to_owned()),
                permissions: Permissions::READ.and(Permissions::SEARCH),
                constraint: None,
            }),
        })
    }

    /// The constraints of the scopes that allow a part of a type to be searched for, one patient's or all that the user
    /// may see.
    pub fn search_constraints(&self, resource_type: &str) -> impl Iterator<Item = &str> {
        let scopes = self.scopes.iter().filter_map(Scope::resource);
        let fitting = scopes.filter(move |own| {
            own.context != Context::System
                && own.permissions.covers(Permissions::SEARCH)
                && own.resource_type.as_deref().is_none_or(|own| own == resource_type)
        });
        fitting.filter_map(|own| own.constraint.as_deref())
    }

    /// Whether another set allows nothing that this one does not.
    pub fn covers_all(&self, other: &Self) -> bool {
        other.iter().all(|scope| self.covers(scope))
    }

    /// The scopes of both sets, each once.
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        other.iter().for_each(|scope| union.insert(scope.as_str()));
        union
    }

    /// The fewest scopes that allow the same: what another scope covers is left out, and scopes that differ in their
    /// permissions alone become one, in the words of version 2.
    ///
    /// ```
    /// use smartrust::protocol::scope::ScopeSet;
    ///
    /// let set = ScopeSet::parse("openid patient/Observation.r patient/Observation.s patient/*.read patient/*.c");
    /// assert_eq!(set.reduced().to_text(), "openid patient/*.crs");
    /// ```
    pub fn reduced(&self) -> Self {
        let mut merged: Vec<Scope> = Vec::new();
        for scope in &self.scopes {
            match merged.iter_mut().find(|other| other.differs_in_permissions_alone(scope)) {
                Some(other) => *other = other.merged_with(scope),
                None => merged.push(scope.clone()),
            }
        }
        let is_covered = |scope: &Scope| {
            let others = merged.iter().filter(|other| *other != scope).filter_map(Scope::resource);
            scope.resource().is_some_and(|own| others.into_iter().any(|other| other.covers(own)))
        };
        Self { scopes: merged.iter().filter(|scope| !is_covered(scope)).cloned().collect() }
    }

    /// Whether a part of what one scope asks for is allowed.
    fn grants_part_of(&self, scope: &Scope) -> bool {
        let Some(wanted) = &scope.resource else { return false };
        self.scopes
            .iter()
            .filter_map(Scope::resource)
            .any(|own| (own.reaches(wanted) || wanted.reaches(own)) && own.permissions.meets(wanted.permissions))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text())
    }
}

/// What was asked for, beside what was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeGrant {
    /// What was asked for.
    pub requested: ScopeSet,
    /// What the server granted; all that was asked for, where it did not say (RFC 6749 section 5.1).
    pub granted: ScopeSet,
}

impl ScopeGrant {
    /// Compares a request with the `scope` of the token response.
    pub fn new(requested: ScopeSet, answered: Option<&str>) -> Self {
        let granted = answered.map_or_else(|| requested.clone(), ScopeSet::parse);
        Self { requested, granted }
    }

    /// What was asked for and of which nothing was granted.
    pub fn missing(&self) -> Vec<&Scope> {
        self.not_whole().filter(|scope| !self.granted.grants_part_of(scope)).collect()
    }

    /// What was asked for and of which a part was granted, such as a wildcard that came back as a few types.
    pub fn narrowed(&self) -> Vec<&Scope> {
        self.not_whole().filter(|scope| self.granted.grants_part_of(scope)).collect()
    }

    /// What was granted though it was not asked for.
    pub fn extra(&self) -> Vec<&Scope> {
        self.granted.iter().filter(|scope| !self.requested.covers(scope)).collect()
    }

    fn not_whole(&self) -> impl Iterator<Item = &Scope> {
        self.requested.iter().filter(|scope| !self.granted.covers(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(set: &str, scope: &str) -> bool {
        ScopeSet::parse(set).covers(&Scope::new(scope))
    }

    fn texts(scopes: Vec<&Scope>) -> Vec<&str> {
        scopes.into_iter().map(Scope::as_str).collect()
    }

    #[test]
    fn p1_versions_1_and_2_compare() {
        for (set, scope, covered) in [
            ("patient/Observation.read", "patient/Observation.rs", true),
            ("patient/Observation.rs", "patient/Observation.read", true),
            ("patient/Observation.write", "patient/Observation.cud", true),
            ("patient/Observation.*", "patient/Observation.cruds", true),
            ("patient/Observation.r patient/Observation.s", "patient/Observation.rs", true),
            ("patient/Observation.r", "patient/Observation.rs", false),
            ("patient/*.rs", "patient/Condition.r", true),
            ("patient/Condition.rs", "patient/*.rs", false),
            ("user/*.rs", "patient/Condition.rs", false),
            ("patient/Observation.rs", "patient/Observation.rs?category=laboratory", true),
            ("patient/Observation.rs?category=laboratory", "patient/Observation.rs", false),
            ("patient/Observation.rs?category=laboratory", "patient/Observation.rs?category=laboratory", true),
            ("openid fhirUser", "fhirUser", true),
            ("openid", "fhirUser", false),
        ] {
            assert_eq!(covers(set, scope), covered, "{set} covers {scope}");
        }
    }

    #[test]
    fn p1_what_is_no_scope_of_a_resource_is_compared_by_its_text() {
        for text in [
            "patient/Observation.sr",
            "patient/Observation.rr",
            "patient/observation.rs",
            "patient/.rs",
            "patient/X.",
            "group/X.rs",
        ] {
            assert_eq!(Scope::new(text).resource(), None, "{text}");
            assert!(covers(text, text) && !covers("patient/*.cruds", text), "{text}");
        }
    }

    #[test]
    fn p1_scopes_are_kept_as_written() {
        let written = "launch/patient patient/*.read patient/Observation.rs?category=a|b";
        assert_eq!(ScopeSet::parse(written).to_string(), written);
    }

    #[test]
    fn p2_a_set_answers_whether_a_type_may_be_read() {
        let set = ScopeSet::parse("patient/Observation.rs patient/Condition.r");
        assert!(set.may_read(Context::Patient, "Observation"));
        assert!(!set.may_read(Context::Patient, "Condition"));
        assert!(!set.may_read(Context::User, "Observation"));
    }

    #[test]
    fn p2_a_set_reduces_to_its_shortest_form() {
        for (set, reduced) in [
            ("patient/Observation.rs patient/Observation.read", "patient/Observation.rs"),
            ("patient/Observation.r openid patient/Observation.s", "patient/Observation.rs openid"),
            ("patient/Observation.rs patient/*.read", "patient/*.read"),
            ("patient/*.rs patient/Observation.cud", "patient/*.rs patient/Observation.cud"),
            ("patient/Observation.rs?category=laboratory patient/Observation.rs", "patient/Observation.rs"),
            (
                "patient/Observation.r?category=laboratory patient/Observation.s?category=laboratory",
                "patient/Observation.rs?category=laboratory",
            ),
            ("user/*.rs patient/Observation.rs", "user/*.rs patient/Observation.rs"),
            ("launch/patient openid openid", "launch/patient openid"),
            ("patient/*.c patient/*.r patient/*.u patient/*.d patient/*.s", "patient/*.cruds"),
        ] {
            assert_eq!(ScopeSet::parse(set).reduced().to_string(), reduced, "{set}");
        }
    }

    #[test]
    fn p2_a_union_has_the_scopes_of_both_each_once() {
        let union = ScopeSet::parse("openid patient/*.rs").union(&ScopeSet::parse("patient/*.rs launch"));
        assert_eq!(union.to_string(), "openid patient/*.rs launch");
    }

    #[test]
    fn t3_no_scope_in_the_answer_means_all_was_granted() {
        let grant = ScopeGrant::new(ScopeSet::parse("openid patient/*.rs"), None);
        assert_eq!(grant.granted.to_string(), "openid patient/*.rs");
        assert!(grant.missing().is_empty() && grant.narrowed().is_empty() && grant.extra().is_empty());
    }

    #[test]
    fn t3_granted_missing_and_extra_scopes_are_told_apart() {
        let requested = "openid offline_access patient/*.read patient/Condition.rs user/Practitioner.rs";
        let grant = ScopeGrant::new(
            ScopeSet::parse(requested),
            Some("openid patient/Patient.rs patient/Observation.rs online_access user/Practitioner.rs"),
        );
        assert_eq!(texts(grant.missing()), ["offline_access", "patient/Condition.rs"]);
        assert_eq!(texts(grant.narrowed()), ["patient/*.read"]);
        assert_eq!(texts(grant.extra()), ["online_access"]);
    }
}
