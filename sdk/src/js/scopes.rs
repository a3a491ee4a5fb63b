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
    /// Reads scopes that are separated by spaces.
    #[wasm_bindgen(constructor)]
    pub fn new(scopes: &str) -> Self {
        Self { set: ScopeSet::parse(scopes) }
    }

    /// The scopes as strings.
    pub fn list(&self) -> Vec<String> {
        self.set.iter().map(|scope| scope.as_str().to_owned()).collect()
    }

    /// A sentence for each scope that explains it to a patient.
    pub fn sentences(&self) -> Vec<String> {
        self.set.iter().map(Scope::sentence).collect()
    }

    /// Whether these scopes allow everything that the others allow.
    pub fn covers(&self, others: &str) -> bool {
        self.set.covers_all(&ScopeSet::parse(others))
    }

    /// Whether a permission is granted for some resources of a type, in any context.
    pub fn allows(&self, resource_type: &str, permissions: &str) -> bool {
        Permissions::parse(permissions).is_some_and(|permissions| self.set.allows_part_of(resource_type, permissions))
    }

    /// The smallest set of scopes that allows the same.
    pub fn reduced(&self) -> Self {
        Self { set: self.set.reduced() }
    }

    /// These scopes and others.
    pub fn union(&self, others: &str) -> Self {
        Self { set: self.set.union(&ScopeSet::parse(others)) }
    }
}
