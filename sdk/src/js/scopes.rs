//! `Scopes` for JavaScript.

use wasm_bindgen::prelude::*;

use crate::protocol::scope::{Permissions, Scope, ScopeSet};

/// A set of scopes.
#[wasm_bindgen(js_name = Scopes)]
pub struct JsScopes {
    set: ScopeSet,
}

#[wasm_bindgen(js_class = Scopes)]
impl JsScopes {
    /// Reads scopes that stand between spaces.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Self {
        Self { set: ScopeSet::parse(text) }
    }

    /// The scopes as they were written.
    pub fn list(&self) -> Vec<String> {
        self.set.iter().map(|scope| scope.as_str().to_owned()).collect()
    }

    /// What each of them allows, in a sentence for a patient.
    pub fn sentences(&self) -> Vec<String> {
        self.set.iter().map(Scope::sentence).collect()
    }

    /// Whether these allow all that the others do.
    pub fn covers(&self, others: &str) -> bool {
        self.set.covers_all(&ScopeSet::parse(others))
    }

    /// Whether a permission is given for some resources of a type, in any context.
    pub fn allows(&self, resource_type: &str, permissions: &str) -> bool {
        Permissions::parse(permissions).is_some_and(|wanted| self.set.allows_part_of(resource_type, wanted))
    }

    /// The fewest scopes that allow the same.
    pub fn reduced(&self) -> Self {
        Self { set: self.set.reduced() }
    }

    /// These and others.
    pub fn union(&self, others: &str) -> Self {
        Self { set: self.set.union(&ScopeSet::parse(others)) }
    }
}
