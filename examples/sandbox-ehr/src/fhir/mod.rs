//! The FHIR R4 API: reading and searching, JSON only. [`render`] turns charts into resources; [`parameters`] says what
//! can be searched by; [`access`] decides what a token may see. Nothing here knows how a token came to be.

mod access;
mod dates;
mod metadata;
mod outcome;
mod paging;
mod parameters;
mod render;
mod scopes;
mod search;

pub use metadata::metadata;
pub use render::encounter_id;
pub use scopes::ResourceScope;

use axum::extract::{OriginalUri, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use self::access::{Reach, Token};
use self::outcome::Refusal;
use self::scopes::Interaction;
use crate::parameters::Parameters;
use crate::people::Population;
use crate::{Sandbox, Shared};

/// The resource types that this server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    Patient,
    Condition,
    Observation,
    Encounter,
    Practitioner,
}

impl ResourceType {
    pub const ALL: [Self; 5] = [Self::Patient, Self::Condition, Self::Observation, Self::Encounter, Self::Practitioner];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Condition => "Condition",
            Self::Observation => "Observation",
            Self::Encounter => "Encounter",
            Self::Practitioner => "Practitioner",
        }
    }

    /// What sharing it means, in a patient's words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Patient => "Your name, birth date, sex and contact details",
            Self::Condition => "Your health problems and diagnoses",
            Self::Observation => "Your vital signs and laboratory results",
            Self::Encounter => "Your visits to the clinic",
            Self::Practitioner => "The names of those who treat you",
        }
    }

    /// Whether it is part of a patient's record, so that a search must say whose.
    fn is_clinical(self) -> bool {
        matches!(self, Self::Condition | Self::Observation | Self::Encounter)
    }
}

/// Everything under the FHIR base but the capability statement.
pub async fn api(
    State(sandbox): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().split_once("/fhir").map_or("", |(_, rest)| rest);
    let query = Parameters::parse(uri.query().unwrap_or_default().as_bytes());
    match answer(&sandbox, &method, path, &query, &headers) {
        Ok(body) => fhir_json(StatusCode::OK, &body),
        Err(refusal) => refusal.into_response(),
    }
}

fn answer(
    sandbox: &Sandbox,
    method: &Method,
    path: &str,
    query: &Parameters,
    headers: &HeaderMap,
) -> Result<Value, Refusal> {
    let token = Token::read(sandbox, headers)?;
    if method != Method::GET {
        return Err(Refusal::not_supported("This server reads and searches only."));
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        [] => {
            let page = paging::open(query)?;
            search::run(sandbox, &token.reach(page.resource, Interaction::Search)?, &page)
        }
        [resource] => {
            let resource = resource_type(resource)?;
            let page = paging::first(resource, query)?;
            search::run(sandbox, &token.reach(resource, Interaction::Search)?, &page)
        }
        [resource, id] => read(sandbox, &token, resource_type(resource)?, id),
        _ => Err(Refusal::not_found("There is nothing at this address.")),
    }
}

fn resource_type(name: &str) -> Result<ResourceType, Refusal> {
    ResourceType::parse(name).ok_or(Refusal::not_found("This server does not know this resource type."))
}

fn read(sandbox: &Sandbox, token: &Token, resource: ResourceType, id: &str) -> Result<Value, Refusal> {
    let missing = Refusal::not_found("There is no resource with this id.");
    if !token.is_user(resource, id) {
        let reach = token.reach(resource, Interaction::Read)?;
        if let (Reach::Patient(own), true) = (&reach, resource != ResourceType::Practitioner)
            && render::patient_of(id) != Some(*own)
        {
            return Err(Refusal::forbidden("This resource belongs to another patient."));
        }
    }
    find(&sandbox.people, resource, id).ok_or(missing)
}

/// The resource with this id.
fn find(people: &Population, resource: ResourceType, id: &str) -> Option<Value> {
    let has_id = |candidate: &Value| candidate["id"] == id;
    match resource {
        ResourceType::Practitioner => Some(render::practitioner()).filter(has_id),
        ResourceType::Patient => {
            people.person(render::patient_of(id)?).map(|person| render::patient(&person)).filter(has_id)
        }
        _ => {
            let chart = people.chart(render::patient_of(id)?)?;
            render::records(&chart, resource).into_iter().find(has_id)
        }
    }
}

fn fhir_json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/fhir+json")], body.to_string()).into_response()
}
