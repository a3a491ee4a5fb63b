//! Requested and granted scopes.

use super::{Scope, ScopeSet};

/// Requested and granted scopes.
///
/// ```
/// use smartrust::protocol::scope::{ScopeGrant, ScopeSet};
///
/// let requested = ScopeSet::parse("openid patient/Observation.rs patient/Condition.rs");
/// let grant = ScopeGrant::new(requested, Some("openid patient/Observation.rs"));
/// let missing: Vec<&str> = grant.missing().into_iter().map(|scope| scope.as_str()).collect();
/// assert_eq!(missing, ["patient/Condition.rs"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeGrant {
    /// The requested scopes.
    pub requested: ScopeSet,
    /// The granted scopes; the requested ones if the server did not report any (RFC 6749 section 5.1).
    pub granted: ScopeSet,
}

impl ScopeGrant {
    /// Compares a request with the `scope` of the token response.
    pub fn new(requested: ScopeSet, granted: Option<&str>) -> Self {
        let granted = granted.map_or_else(|| requested.clone(), ScopeSet::from_response);
        Self { requested, granted }
    }

    /// Requested scopes of which nothing was granted. Scopes that are unknown are not missing.
    pub fn missing(&self) -> Vec<&Scope> {
        let is_reported = |scope: &Scope| scope.resource().is_none() || !self.granted.is_unknown();
        self.requested
            .those(&|scope| is_reported(scope) && !self.granted.covers(scope) && !self.granted.grants_part_of(scope))
    }

    /// The most that a refresh may request: the granted scopes, and also the requested ones if the grant is unknown.
    pub fn refreshable(&self) -> ScopeSet {
        if self.granted.is_unknown() { self.granted.union(&self.requested) } else { self.granted.clone() }
    }

    /// Requested scopes that were granted in part, such as a wildcard that was reduced to a few types.
    ///
    /// ```
    /// use smartrust::protocol::scope::{ScopeGrant, ScopeSet};
    ///
    /// let grant = ScopeGrant::new(ScopeSet::parse("patient/*.rs"), Some("patient/Observation.rs"));
    /// assert_eq!(grant.narrowed()[0].as_str(), "patient/*.rs");
    /// assert!(grant.missing().is_empty());
    /// ```
    pub fn narrowed(&self) -> Vec<&Scope> {
        self.requested.those(&|scope| !self.granted.covers(scope) && self.granted.grants_part_of(scope))
    }

    /// The version 2 syntax of the requested version 1 scopes, if none of them was granted:
    /// a server that only knows version 2 drops them.
    pub fn dropped_version_1(&self) -> Vec<String> {
        let missing = self.missing();
        let requested = self.requested.those(&|scope| scope.from_version_1().is_some());
        if requested.iter().all(|scope| missing.contains(scope)) {
            requested.iter().filter_map(|scope| scope.from_version_1()).collect()
        } else {
            Vec::new()
        }
    }

    /// Granted scopes that were not requested.
    pub fn extra(&self) -> Vec<&Scope> {
        self.granted.those(&|scope| !self.requested.covers(scope))
    }
}
