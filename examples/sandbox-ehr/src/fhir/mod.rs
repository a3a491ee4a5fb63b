//! The FHIR R4 API: read and search, JSON only, and the data of apps in [`workflow`]. [`types`] lists the resource types; [`render`] turns
//! charts into resources, [`cache`] stores the last ones; [`parameters`] has the search parameters; [`matching`] finds a described person;
//! [`access`] decides what a token may read. Nothing here knows how a token was granted.

mod access;
mod cache;
mod dates;
mod matching;
mod metadata;
mod outcome;
mod paging;
mod parameters;
pub mod render;
mod scopes;
mod search;
mod types;
pub mod workflow;

pub use access::{Token, View};
pub use cache::Cache;
pub use metadata::metadata;
pub use outcome::Refusal;
pub use parameters::{Criterion, as_patient_number, criteria, has_parameter};
pub use render::encounter_id;
pub use scopes::{Interaction, ResourceScope};
pub use types::{Belonging, ResourceType};

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::control::Deviation;
use crate::dialect::Dialect;
use crate::parameters::Parameters;
use crate::{Sandbox, Shared};

/// Everything below the FHIR base except the capability statement.
pub async fn api(
    State(sandbox): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().split_once("/fhir").map_or("", |(_, rest)| rest);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let query = Parameters::parse(uri.query().unwrap_or_default().as_bytes());
    let response = Token::read(&sandbox, &headers).and_then(|token| match (&method, segments.as_slice()) {
        _ if sandbox.meets(Deviation::Outcome200) => Ok(as_response(outcome::of_trouble())),
        (method, segments @ (&["Basic", ..] | &["Task"])) => {
            workflow::respond(&sandbox, &token, method, segments, &query, (&headers, &body))
        }
        (&Method::GET, ["Binary", id]) => binary(&sandbox, &token, id, &headers),
        (&Method::GET, segments) => get(&sandbox, &token, segments, &query).map(as_response),
        (&Method::POST, [resource, "_search"]) => {
            let resource = resource_type(resource)?;
            let form = form(&headers, &body)?;
            first_page(&sandbox, &token, resource, &query.joined(form)).map(as_response)
        }
        (&Method::POST, ["Patient", "$match"]) if sandbox.config.dialect == Dialect::Epic => {
            let view = token.view(&sandbox, ResourceType::Patient, Interaction::Search)?;
            matching::run(&sandbox, &view, &body).map(as_response)
        }
        _ => Err(Refusal::not_supported("This server reads and searches only.")),
    });
    response.unwrap_or_else(IntoResponse::into_response)
}

fn as_response(body: Value) -> Response {
    fhir_json(StatusCode::OK, &body)
}

fn get(sandbox: &Sandbox, token: &Token, segments: &[&str], query: &Parameters) -> Result<Value, Refusal> {
    match segments {
        [] => {
            let page = paging::open(query)?;
            search::run(sandbox, &token.view(sandbox, page.resource, Interaction::Search)?, &page)
        }
        [resource] => first_page(sandbox, token, resource_type(resource)?, query),
        [resource, id] => read(sandbox, token, resource_type(resource)?, id),
        _ => Err(Refusal::not_found("There is nothing at this address.")),
    }
}

fn resource_type(name: &str) -> Result<ResourceType, Refusal> {
    ResourceType::parse(name).ok_or(Refusal::not_found("This server does not know this resource type."))
}

fn first_page(sandbox: &Sandbox, token: &Token, resource: ResourceType, query: &Parameters) -> Result<Value, Refusal> {
    let page = paging::first(resource, query)?;
    search::run(sandbox, &token.view(sandbox, resource, Interaction::Search)?, &page)
}

/// The parameters of a search by POST (FHIR R4, Search, 3.1.0.1.1).
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        Ok(Parameters::parse(body))
    } else {
        Err(Refusal::invalid("A search by POST must be application/x-www-form-urlencoded."))
    }
}

fn read(sandbox: &Sandbox, token: &Token, resource: ResourceType, id: &str) -> Result<Value, Refusal> {
    let missing = Refusal::not_found("There is no resource with this id.");
    if token.is_user(resource, id) {
        return find(sandbox, resource, id).ok_or(missing);
    }
    let view = token.view(sandbox, resource, Interaction::Read)?;
    let is_somebodys = matches!(resource.belonging(), Belonging::Patients | Belonging::Record);
    let owner = render::patient_of(id).filter(|_| is_somebodys);
    if is_somebodys && !view.reaches_everyone() && !owner.is_some_and(|number| view.reaches(number)) {
        return Err(Refusal::forbidden("This resource belongs to another patient."));
    }
    if resource.belonging() == Belonging::Many && !view.reaches_everyone() {
        return Err(Refusal::forbidden("A group is for those who may see all its patients."));
    }
    let found = find(sandbox, resource, id).ok_or(missing)?;
    if view.shows(&found, owner) {
        Ok(found)
    } else {
        Err(Refusal::forbidden("The scopes of the token leave this resource out."))
    }
}

/// A Binary can be read by every token that can read its DocumentReference. The response is its content or, for clients that accept JSON, a resource; for a PDF
/// it is only the content.
fn binary(sandbox: &Sandbox, token: &Token, id: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    read(sandbox, token, ResourceType::DocumentReference, id)?;
    let chart = render::patient_of(id).and_then(|number| sandbox.people.chart(number));
    let content = chart.and_then(|chart| render::document_content(&chart, id));
    let (media_type, text) = content.ok_or(Refusal::not_found("There is no resource with this id."))?;
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("json") && media_type == "application/pdf" {
        return Err(Refusal::not_acceptable("This Binary is given by its own media type alone."));
    }
    if accept.contains("json") {
        return Ok(as_response(render::binary(id, media_type, &text)));
    }
    let headers = [
        (CONTENT_TYPE, media_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    Ok((headers, text).into_response())
}

/// The resource with this id.
fn find(sandbox: &Sandbox, resource: ResourceType, id: &str) -> Option<Value> {
    let people = &sandbox.people;
    let has_id = |candidate: &Value| candidate["id"] == id;
    match resource.belonging() {
        Belonging::Shared => render::shared(resource).into_iter().find(has_id),
        Belonging::Many => render::group(people).into_iter().find(has_id),
        Belonging::Patients => {
            people.person(render::patient_of(id)?).map(|person| render::patient(&person)).filter(has_id)
        }
        Belonging::Record => {
            let records = sandbox.records(render::patient_of(id)?, resource)?;
            records.iter().find(|candidate| has_id(candidate)).cloned()
        }
    }
}

fn fhir_json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/fhir+json")], body.to_string()).into_response()
}
