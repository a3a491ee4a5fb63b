//! App state (SMART App Launch 2.2, app state): `Basic` resources with versions, which are kept in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::header::{ETAG, HeaderValue, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::WorkflowScope;
use crate::Sandbox;
use crate::fhir::access::Token;
use crate::fhir::fhir_json;
use crate::fhir::outcome::Refusal;
use crate::oauth::grants::User;
use crate::parameters::Parameters;
use crate::people::PROVIDER_ID;

/// The maximum size of a resource, in bytes.
pub const BODY_LIMIT_BYTES: usize = 256 * 1024;

/// The maximum number of resources.
const CAPACITY: usize = 1000;

/// The app states of all users and patients.
#[derive(Default)]
pub struct States(Mutex<Stored>);

#[derive(Default)]
struct Stored {
    resources: Vec<Value>,
    /// The number of the last version.
    versions: u64,
}

impl States {
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the capability to a SMART configuration.
pub fn announce(document: &mut Value) {
    if let Some(capabilities) = document["capabilities"].as_array_mut() {
        capabilities.push("smart-app-state".into());
    }
}

pub fn respond(
    sandbox: &Sandbox,
    token: &Token,
    method: &Method,
    rest: &[&str],
    query: &Parameters,
    (headers, body): (&HeaderMap, &Bytes),
) -> Result<Response, Refusal> {
    match (method, rest) {
        (&Method::GET, []) => search(sandbox, token, query),
        (&Method::POST, []) => create(sandbox, token, &resource(body)?),
        (&Method::PUT, [id]) => update(sandbox, token, id, headers, &resource(body)?),
        (&Method::DELETE, [id]) => delete(sandbox, token, id, headers),
        _ => Err(Refusal::not_supported("App state can be searched, created, updated and deleted.")),
    }
}

fn search(sandbox: &Sandbox, token: &Token, query: &Parameters) -> Result<Response, Refusal> {
    let code = query.get("code").ok_or(Refusal::required("A search for app state needs code."))?;
    let subject = match (query.get("subject"), query.get("subject:missing")) {
        (Some(subject), None) => Some(subject),
        (None, Some("true")) => None,
        _ => return Err(Refusal::required("A search for app state needs subject, or subject:missing=true.")),
    };
    check(sandbox, token, 's', code, subject)?;
    let stored = sandbox.states.lock();
    let entries: Vec<Value> = stored
        .resources
        .iter()
        .filter(|resource| code_of(resource).as_deref() == Some(code) && subject_of(resource) == subject)
        .map(|resource| json!({ "fullUrl": address(sandbox, resource), "resource": resource }))
        .collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": entries.len() });
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    Ok(fhir_json(StatusCode::OK, &bundle))
}

fn create(sandbox: &Sandbox, token: &Token, resource: &Value) -> Result<Response, Refusal> {
    let code = code_of(resource).ok_or(Refusal::invalid("An app state has one code, with a system."))?;
    check(sandbox, token, 'c', &code, subject_of(resource))?;
    if resource.get("id").is_some() {
        return Err(Refusal::invalid("The server chooses the id."));
    }
    let mut stored = sandbox.states.lock();
    if stored.resources.len() >= CAPACITY {
        return Err(Refusal::failed("This sandbox stores no more app states: restart it."));
    }
    let id = stored.versions + 1;
    let created = stored.version(resource, &id.to_string());
    stored.resources.push(created.clone());
    Ok(with_headers(sandbox, StatusCode::CREATED, &created))
}

fn update(
    sandbox: &Sandbox,
    token: &Token,
    id: &str,
    headers: &HeaderMap,
    resource: &Value,
) -> Result<Response, Refusal> {
    let mut stored = sandbox.states.lock();
    let position = stored.current(sandbox, token, 'u', id, headers)?;
    let known = &stored.resources[position];
    if resource["id"] != id {
        return Err(Refusal::invalid("The id in the resource is not the one in the URL."));
    }
    if code_of(resource) != code_of(known) || subject_of(resource) != subject_of(known) {
        return Err(Refusal::outdated());
    }
    let updated = stored.version(resource, id);
    stored.resources[position] = updated.clone();
    Ok(with_headers(sandbox, StatusCode::OK, &updated))
}

fn delete(sandbox: &Sandbox, token: &Token, id: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let mut stored = sandbox.states.lock();
    let position = stored.current(sandbox, token, 'd', id, headers)?;
    stored.resources.remove(position);
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Stored {
    /// The resource with a new version.
    fn version(&mut self, resource: &Value, id: &str) -> Value {
        self.versions += 1;
        let mut versioned = resource.clone();
        versioned["id"] = id.into();
        versioned["meta"] = json!({ "versionId": self.versions.to_string() });
        versioned
    }

    /// The position of a resource whose current version is in `If-Match`. A missing resource also fails the precondition.
    fn current(
        &self,
        sandbox: &Sandbox,
        token: &Token,
        letter: char,
        id: &str,
        headers: &HeaderMap,
    ) -> Result<usize, Refusal> {
        let expected = headers.get(IF_MATCH).ok_or(Refusal::required("A change needs If-Match."))?;
        let position = self.resources.iter().position(|resource| resource["id"] == id).ok_or_else(Refusal::outdated)?;
        let known = &self.resources[position];
        check(sandbox, token, letter, &code_of(known).unwrap_or_default(), subject_of(known))?;
        if expected.to_str().is_ok_and(|expected| expected == etag(known)) {
            Ok(position)
        } else {
            Err(Refusal::outdated())
        }
    }
}

/// Checks that the token allows an interaction with the state of a subject: the patient in context, or the user; a provider may use all.
fn check(sandbox: &Sandbox, token: &Token, letter: char, code: &str, subject: Option<&str>) -> Result<(), Refusal> {
    let access = token.access();
    let base = sandbox.config.fhir_base();
    let patient = access.patient.map(|number| format!("{base}/Patient/{number}"));
    let user = match access.user {
        User::Patient(number) => Some(format!("{base}/Patient/{number}")),
        User::Provider => Some(format!("{base}/Practitioner/{PROVIDER_ID}")),
        User::Backend => None,
    };
    let is_here = subject.is_none_or(|subject| subject.starts_with(&format!("{base}/")));
    let allows = |scope: WorkflowScope<'_>| {
        scope.allows("Basic", letter, Some(code))
            && match scope.is_patient {
                true => subject.is_some() && subject == patient.as_deref(),
                false => access.user == User::Provider || (subject.is_some() && subject == user.as_deref()),
            }
    };
    if is_here && access.scopes.iter().filter_map(|scope| WorkflowScope::parse(scope)).any(allows) {
        Ok(())
    } else {
        Err(Refusal::forbidden("The token has no scope for this app state."))
    }
}

fn resource(body: &Bytes) -> Result<Value, Refusal> {
    let is_string = |extension: &Value| {
        let members = extension.as_object();
        members.is_some_and(|members| members.len() == 2)
            && extension["url"].is_string()
            && extension["valueString"].is_string()
    };
    let extensions = |resource: &Value| match resource.get("extension") {
        Some(extensions) => extensions.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_string)),
        None => true,
    };
    serde_json::from_slice(body)
        .ok()
        .filter(|resource: &Value| resource["resourceType"] == "Basic" && extensions(resource))
        .ok_or(Refusal::invalid("A Basic resource is needed whose extensions have a url and a valueString only."))
}

/// The code as a search parameter; `None` unless there is exactly one.
fn code_of(resource: &Value) -> Option<String> {
    let [coding] = resource["code"]["coding"].as_array()?.as_slice() else { return None };
    Some(format!("{}|{}", coding["system"].as_str()?, coding["code"].as_str()?))
}

fn subject_of(resource: &Value) -> Option<&str> {
    resource["subject"]["reference"].as_str()
}

fn etag(resource: &Value) -> String {
    format!("W/\"{}\"", resource["meta"]["versionId"].as_str().unwrap_or_default())
}

fn address(sandbox: &Sandbox, resource: &Value) -> String {
    format!("{}/Basic/{}", sandbox.config.fhir_base(), resource["id"].as_str().unwrap_or_default())
}

fn with_headers(sandbox: &Sandbox, status: StatusCode, resource: &Value) -> Response {
    let mut response = fhir_json(status, resource);
    for (name, value) in [(ETAG, etag(resource)), (LOCATION, address(sandbox, resource))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
