//! Scopes in their order, compared, united and reduced.

use std::fmt;

use super::{Context, Permissions, ResourceScope, Scope};

/// Scopes in the order in which they were written, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet {
    scopes: Vec<Scope>,
    is_unknown: bool,
}

impl ScopeSet {
    /// Reads scopes that are separated by spaces.
    ///
    /// For an example, see [`Self::may_read`].
    pub fn parse(text: &str) -> Self {
        let mut set = Self::default();
        text.split_ascii_whitespace().for_each(|scope| set.insert(scope));
        set
    }

    /// Reads the `scope` of a token response. If it has no resource scope in a known syntax, what it
    /// allows [is unknown](Self::is_unknown).
    ///
    /// ```
    /// use smartrust::protocol::scope::{Context, ScopeSet};
    ///
    /// let granted = ScopeSet::from_response("openid https://ehr.example/scopes/clinical");
    /// assert!(granted.is_unknown() && granted.may_read(Context::Patient, "Observation"));
    /// assert!(!ScopeSet::from_response("openid fhirUser").may_read(Context::Patient, "Observation"));
    /// ```
    pub fn from_response(text: &str) -> Self {
        let set = Self::parse(text);
        let says_nothing_of_resources = set.scopes.iter().all(|scope| scope.resource.is_none());
        let is_foreign = set.scopes.is_empty() || set.scopes.iter().any(|scope| !scope.is_known());
        Self { is_unknown: says_nothing_of_resources && is_foreign, ..set }
    }

    /// Whether it is unknown what the granted scopes allow. Reading then counts as allowed: the
    /// server has the last word.
    pub fn is_unknown(&self) -> bool {
        self.is_unknown
    }

    /// Adds a scope unless it is there.
    pub fn insert(&mut self, scope: &str) {
        if !self.contains(scope) {
            self.scopes.push(Scope::new(scope));
        }
    }

    /// Removes a scope.
    pub fn remove(&mut self, scope: &str) {
        self.scopes.retain(|other| other.written != scope);
    }

    /// Whether a scope is in it, exactly.
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

    /// Whether the set allows all that one scope requests, by one scope or by several together.
    ///
    /// ```
    /// use smartrust::protocol::scope::{Scope, ScopeSet};
    ///
    /// let granted = ScopeSet::parse("patient/*.read");
    /// assert!(granted.covers(&Scope::new("patient/Observation.rs")));
    /// assert!(!granted.covers(&Scope::new("patient/Observation.cud")));
    /// ```
    pub fn covers(&self, scope: &Scope) -> bool {
        if let Some(wanted) = scope.fhircast() {
            return self.covers_event_scope(&wanted);
        }
        let Some(wanted) = &scope.resource else { return self.contains(&scope.written) };
        let reaching = self.scopes.iter().filter_map(Scope::resource).filter(|own| own.reaches(wanted));
        let together = reaching.fold(Permissions { bits: 0 }, |sum, own| sum.and(own.permissions));
        together.covers(wanted.permissions)
    }

    /// Whether resources of a type may be read and searched in a context.
    ///
    /// ```
    /// use smartrust::protocol::scope::{Context, ScopeSet};
    ///
    /// let scopes = ScopeSet::parse("launch/patient patient/Observation.rs");
    /// assert!(scopes.may_read(Context::Patient, "Observation"));
    /// assert!(!scopes.may_read(Context::Patient, "Condition"));
    /// ```
    pub fn may_read(&self, context: Context, resource_type: &str) -> bool {
        let reading = Scope {
            written: String::new(),
            resource: Some(ResourceScope {
                context,
                resource_type: Some(resource_type.to_owned()),
                permissions: Permissions::READ.and(Permissions::SEARCH),
                constraint: None,
            }),
        };
        self.is_unknown || self.covers(&reading)
    }

    /// Whether the permissions cover at least some resources of a type, in any context.
    ///
    /// ```
    /// use smartrust::protocol::scope::{Permissions, ScopeSet};
    ///
    /// let scopes = ScopeSet::parse("patient/Observation.rs?category=laboratory");
    /// assert!(scopes.allows_part_of("Observation", Permissions::SEARCH));
    /// assert_eq!(scopes.search_constraints("Observation").collect::<Vec<_>>(), ["category=laboratory"]);
    /// ```
    pub fn allows_part_of(&self, resource_type: &str, permissions: Permissions) -> bool {
        let allows = |own: &ResourceScope| {
            own.resource_type.as_deref().is_none_or(|own| own == resource_type) && own.permissions.covers(permissions)
        };
        self.is_unknown || self.scopes.iter().filter_map(Scope::resource).any(allows)
    }

    /// The constraints of the scopes that allow a part of a type to be searched for, one patient's or all that the user
    /// may see.
    ///
    /// For an example, see [`Self::allows_part_of`].
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

    /// The fewest scopes that allow the same: scopes that others cover are removed, and scopes that differ only in their
    /// permissions are merged, in the syntax of version 2.
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
            let others = merged.iter().filter(|other| *other != scope).cloned().collect();
            Self { scopes: others, is_unknown: false }.covers(scope)
        };
        let scopes = merged.iter().filter(|scope| !is_covered(scope)).cloned().collect();
        Self { scopes, is_unknown: self.is_unknown }
    }

    /// The scopes that a test picks.
    pub(super) fn those(&self, test: &dyn Fn(&Scope) -> bool) -> Vec<&Scope> {
        self.scopes.iter().filter(|scope| test(scope)).collect()
    }

    /// Whether a part of a scope is covered. A server may return a resource in another role than the requested one.
    pub(super) fn grants_part_of(&self, scope: &Scope) -> bool {
        if let Some(wanted) = scope.launch() {
            let launches = self.scopes.iter().filter_map(Scope::launch);
            return launches.map(|own| own.resource_type).any(|own| own == wanted.resource_type);
        }
        let Some(wanted) = &scope.resource else { return false };
        self.scopes.iter().filter_map(Scope::resource).any(|own| own.meets(wanted))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text())
    }
}
