//! The items of the scope confirmation page, and the grant for the user's choice.

use crate::dialect::Dialect;
use crate::fhir::workflow::WorkflowScope;
use crate::fhir::{ResourceScope, ResourceType};
use crate::hub::is_event_scope;
use crate::pages::is_messaging_scope;

/// Allows a public client to register another client, with its own key ("SMART Protected Dynamic Client Registration", a draft).
pub const REGISTER_SCOPE: &str = "system/DynamicClient.register";

/// Scopes that the user cannot deny on the confirmation page, with what they mean.
const MANDATORY: [(&str, &str); 4] = [
    ("launch/patient", "Know which medical record is yours"),
    ("openid", "Confirm that it is you who logged in"),
    ("fhirUser", "Know your name as this portal knows it"),
    ("offline_access", "Stay connected after you have left the app"),
];

/// One item of the confirmation page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The name of the item: a scope, or a kind of data, or a part of a kind.
    pub name: String,
    /// What allowing it means, in plain language.
    pub meaning: String,
    pub is_mandatory: bool,
    is_data: bool,
    scopes: Vec<String>,
}

/// The items for the scopes of a request: the mandatory ones first, then one for each kind of data, and finally whether the app
/// may stay connected with its own key. Scopes that this server does not know have no item and are not granted.
pub fn items(dialect: Dialect, requested: &[String]) -> Vec<Item> {
    let mandatory = MANDATORY
        .iter()
        .filter(|(scope, _)| requested.iter().any(|requested| requested == scope))
        .map(|&(name, meaning)| Item { is_mandatory: true, ..Item::new(name, meaning, vec![name.to_owned()]) });
    let parsed: Vec<ResourceScope> = requested.iter().filter_map(|scope| for_a_person(scope)).collect();
    let data = ResourceType::ALL.iter().flat_map(|resource| items_of(dialect, *resource, &parsed));
    let registers = requested.iter().any(|scope| scope == REGISTER_SCOPE);
    let workflow = requested.iter().filter_map(|scope| {
        let meaning = WorkflowScope::parse(scope)?.meaning();
        Some(Item::new(scope, meaning, vec![scope.clone()]))
    });
    mandatory.chain(data).chain(workflow).chain(registers.then(Item::to_register)).collect()
}

/// A scope for resources that a user can grant.
fn for_a_person(scope: &str) -> Option<ResourceScope> {
    ResourceScope::parse(scope).filter(|scope| !scope.is_system())
}

/// One item for all resources of a type, and one for each part that a scope with a query requests.
fn items_of(dialect: Dialect, resource: ResourceType, requested: &[ResourceScope]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for scope in requested.iter().filter(|scope| scope.resources().contains(&resource)) {
        let granted = scope.granted_for(dialect, resource);
        let (name, meaning) = match scope.query() {
            None => (resource.name().to_owned(), resource.meaning().to_owned()),
            Some(query) => {
                (format!("{}?{query}", resource.name()), format!("{}, only {}", resource.meaning(), in_words(query)))
            }
        };
        match items.iter_mut().find(|item| item.name == name) {
            Some(item) if item.scopes.contains(&granted) => {}
            Some(item) => item.scopes.push(granted),
            None => items.push(Item { is_data: true, ..Item::new(&name, &meaning, vec![granted]) }),
        }
    }
    items
}

/// `category=http://…|vital-signs` as "vital signs".
fn in_words(query: &str) -> String {
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).flat_map(|(_, value)| value.split(','));
    let words = values.map(|value| value.rsplit('|').next().unwrap_or(value).replace('-', " "));
    words.collect::<Vec<_>>().join(", ")
}

impl Item {
    fn new(name: &str, meaning: &str, scopes: Vec<String>) -> Self {
        Self { name: name.to_owned(), meaning: meaning.to_owned(), is_mandatory: false, is_data: false, scopes }
    }

    fn to_register() -> Self {
        let meaning = "Stay connected on this device for 90 days, or until you end it";
        Self::new(REGISTER_SCOPE, meaning, vec![REGISTER_SCOPE.to_owned()])
    }
}

/// The scopes that the user grants, or `None` if the user denies all data.
pub fn granted(items: &[Item], denied: &[&str]) -> Option<Vec<String>> {
    let is_allowed = |item: &&Item| item.is_mandatory || !denied.contains(&item.name.as_str());
    let has_data = items.iter().any(|item| item.is_data);
    let allowed: Vec<&Item> = items.iter().filter(is_allowed).collect();
    if allowed.is_empty() || (has_data && !allowed.iter().any(|item| item.is_data)) {
        return None;
    }
    Some(allowed.into_iter().flat_map(|item| item.scopes.clone()).collect())
}

/// The scopes of an EHR launch, which has no confirmation page: those that this server knows, as written.
pub fn granted_without_asking(requested: &[String]) -> Vec<String> {
    let is_context = |scope: &str| {
        matches!(scope, "launch" | "launch/encounter")
            || is_event_scope(scope)
            || is_messaging_scope(scope)
            || WorkflowScope::parse(scope).is_some()
            || MANDATORY.iter().any(|(known, _)| *known == scope)
    };
    requested
        .iter()
        .filter_map(|scope| if is_context(scope) { Some(scope.clone()) } else { Some(for_a_person(scope)?.granted()) })
        .collect()
}

/// The scopes of a client without a user: those for systems, as written.
pub fn granted_to_backend(requested: &[String]) -> Vec<String> {
    let parsed = requested.iter().filter_map(|scope| ResourceScope::parse(scope));
    parsed.filter(ResourceScope::is_system).map(|scope| scope.granted()).collect()
}
