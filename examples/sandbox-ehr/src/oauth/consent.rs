//! What the scope confirmation page offers, and what a person's answer grants.

use crate::fhir::{ResourceScope, ResourceType};

/// Scopes that a person cannot take away on the confirmation page, with what they mean.
const MANDATORY: [(&str, &str); 4] = [
    ("launch/patient", "Know which medical record is yours"),
    ("openid", "Confirm that it is you who logged in"),
    ("fhirUser", "Know your name as this portal knows it"),
    ("offline_access", "Stay connected after you have left the app"),
];

/// One item of the confirmation page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The name of the item: a scope, or a kind of data.
    pub name: &'static str,
    /// What allowing it means, in a patient's words.
    pub meaning: &'static str,
    pub is_mandatory: bool,
    scopes: Vec<String>,
}

/// The items for the scopes of a request: the mandatory ones first, then one for each kind of data. Scopes that this
/// server does not know have no item and are not granted.
pub fn items(requested: &[String]) -> Vec<Item> {
    let mandatory = MANDATORY
        .iter()
        .filter(|(scope, _)| requested.iter().any(|asked| asked == scope))
        .map(|&(name, meaning)| Item { name, meaning, is_mandatory: true, scopes: vec![name.to_owned()] });
    let parsed: Vec<ResourceScope> = requested.iter().filter_map(|scope| ResourceScope::parse(scope)).collect();
    let data = ResourceType::ALL.iter().filter_map(|&resource| {
        let mut scopes: Vec<String> = Vec::new();
        for scope in parsed.iter().filter(|scope| scope.resources().contains(&resource)) {
            let granted = scope.granted_for(resource);
            if !scopes.contains(&granted) {
                scopes.push(granted);
            }
        }
        let item = Item { name: resource.name(), meaning: resource.meaning(), is_mandatory: false, scopes };
        (!item.scopes.is_empty()).then_some(item)
    });
    mandatory.chain(data).collect()
}

/// The scopes that an answer grants, or `None` when it denies everything that could be denied.
pub fn granted(items: &[Item], denied: &[&str]) -> Option<Vec<String>> {
    let is_allowed = |item: &&Item| item.is_mandatory || !denied.contains(&item.name);
    let has_data = items.iter().any(|item| !item.is_mandatory);
    let allowed: Vec<&Item> = items.iter().filter(is_allowed).collect();
    if allowed.is_empty() || (has_data && allowed.iter().all(|item| item.is_mandatory)) {
        return None;
    }
    Some(allowed.into_iter().flat_map(|item| item.scopes.clone()).collect())
}

/// The scopes of an EHR launch, where nobody is asked: those that this server knows, as they were spelt.
pub fn granted_without_asking(requested: &[String]) -> Vec<String> {
    let is_context = |scope: &str| {
        matches!(scope, "launch" | "launch/encounter") || MANDATORY.iter().any(|(known, _)| *known == scope)
    };
    requested
        .iter()
        .filter_map(
            |scope| {
                if is_context(scope) { Some(scope.clone()) } else { Some(ResourceScope::parse(scope)?.granted()) }
            },
        )
        .collect()
}
