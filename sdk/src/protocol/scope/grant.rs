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
        let granted = answered.map_or_else(|| requested.clone(), ScopeSet::parse);
        Self { requested, granted }
    }

    /// What was asked for and of which nothing was granted.
    pub fn missing(&self) -> Vec<&Scope> {
        self.requested.those(&|scope| !self.granted.covers(scope) && !self.granted.grants_part_of(scope))
    }

    /// What was asked for and of which a part was granted, such as a wildcard that came back as a few types.
    pub fn narrowed(&self) -> Vec<&Scope> {
        self.requested.those(&|scope| !self.granted.covers(scope) && self.granted.grants_part_of(scope))
    }

    /// What was granted though it was not asked for.
    pub fn extra(&self) -> Vec<&Scope> {
        self.granted.those(&|scope| !self.requested.covers(scope))
    }
}
