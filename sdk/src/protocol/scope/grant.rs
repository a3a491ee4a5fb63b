//! What was asked for beside what was granted.

use super::{Scope, ScopeSet};

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
        let granted = answered.map_or_else(|| requested.clone(), ScopeSet::from_response);
        Self { requested, granted }
    }

    /// What was asked for and of which nothing was granted. What is unknown is not missing.
    pub fn missing(&self) -> Vec<&Scope> {
        let is_told = |scope: &Scope| scope.resource().is_none() || !self.granted.is_unknown();
        self.requested
            .those(&|scope| is_told(scope) && !self.granted.covers(scope) && !self.granted.grants_part_of(scope))
    }

    /// What may be asked for at most in a refresh: what was granted, and where that is unknown what was asked for, too.
    pub fn refreshable(&self) -> ScopeSet {
        if self.granted.is_unknown() { self.granted.union(&self.requested) } else { self.granted.clone() }
    }

    /// What was asked for and of which a part was granted, such as a wildcard that came back as a few types.
    pub fn narrowed(&self) -> Vec<&Scope> {
        self.requested.those(&|scope| !self.granted.covers(scope) && self.granted.grants_part_of(scope))
    }

    /// The scopes of version 1 in the words of version 2, where scopes of version 1 were asked for and nothing was granted for any
    /// of them: a server that knows version 2 alone drops them.
    pub fn dropped_version_1(&self) -> Vec<String> {
        let missing = self.missing();
        let asked = self.requested.those(&|scope| scope.from_version_1().is_some());
        if asked.iter().all(|scope| missing.contains(scope)) {
            asked.iter().filter_map(|scope| scope.from_version_1()).collect()
        } else {
            Vec::new()
        }
    }

    /// What was granted though it was not asked for.
    pub fn extra(&self) -> Vec<&Scope> {
        self.granted.those(&|scope| !self.requested.covers(scope))
    }
}
