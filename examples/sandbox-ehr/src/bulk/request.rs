//! The parameters of a kick-off (Bulk Data Access 2.0, "Bulk Data Kick-off Request").

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

use super::elements::Elements;
use super::selection::{Selection, TypeSelection};
use crate::Sandbox;
use crate::fhir::{
    Belonging, Interaction, Refusal, ResourceType, Token, as_patient_number, criteria, has_parameter, render,
};
use crate::parameters::Parameters;

/// Whose data is requested.
pub enum Level {
    System,
    Patient,
    Group(String),
}

/// The parameters of a kick-off, before they are compared with a token.
#[derive(Default)]
struct Requested {
    types: Vec<ResourceType>,
    /// Whether there was a `_type`, even if the server has none of its types.
    names_types: bool,
    since: Option<NaiveDateTime>,
    filters: Vec<(ResourceType, Parameters)>,
    elements: Elements,
    patients: Vec<u32>,
    associated: Vec<ResourceType>,
    by_patient: bool,
    allows_pages: bool,
    ignored: Ignored,
}

/// What could not be done as requested. With lenient handling, it is reported afterwards; otherwise the request is refused.
#[derive(Default)]
pub struct Ignored {
    is_lenient: bool,
    pub problems: Vec<String>,
}

impl Ignored {
    fn add(&mut self, problem: String) -> Result<(), Refusal> {
        if !self.is_lenient {
            return Err(Refusal::invalid(problem));
        }
        self.problems.push(problem);
        Ok(())
    }
}

/// The result of an accepted kick-off.
pub struct Accepted {
    pub selection: Selection,
    /// The parts of the request that were left out.
    pub ignored: Vec<String>,
    /// Whether the manifest may have several pages.
    pub allows_pages: bool,
}

/// Reads a kick-off.
pub fn read(
    sandbox: &Sandbox,
    token: &Token,
    level: &Level,
    method: &Method,
    query: &Parameters,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Accepted, Refusal> {
    let preferences = preferences(headers);
    if !preferences.iter().any(|preference| preference == "respond-async") {
        return Err(Refusal::invalid("An export needs the header Prefer: respond-async."));
    }
    let pairs = match *method {
        Method::POST => query.joined(parameters(headers, body)?),
        _ => query.clone(),
    };
    let mut requested = Requested::default();
    requested.ignored.is_lenient = preferences.iter().any(|preference| preference == "handling=lenient");
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        requested.take(name, value, method, &sandbox.config.fhir_base())?;
    }
    let patients = patients(sandbox, level, &mut requested)?;
    let types = types(sandbox, token, level, &mut requested)?;
    let selection = Selection {
        people: sandbox.people,
        patients,
        types,
        since: requested.since,
        elements: requested.elements,
        files_per_type: sandbox.config.bulk.files_per_type.max(1) as usize,
        by_patient: requested.by_patient,
    };
    Ok(Accepted { selection, ignored: requested.ignored.problems, allows_pages: requested.allows_pages })
}

/// The preferences of all `Prefer` headers (RFC 7240, 2).
fn preferences(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split([',', ';'])).map(|preference| preference.trim().to_lowercase()).collect()
}

/// The parameters of a Parameters resource.
fn parameters(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if !content_type.contains("json") || body["resourceType"] != "Parameters" {
        return Err(Refusal::invalid("An export by POST needs a Parameters resource, as application/fhir+json."));
    }
    let pair = |parameter: &Value| {
        let members = parameter.as_object()?;
        let (_, value) = members.iter().find(|(name, _)| name.starts_with("value"))?;
        let text = match value.as_bool() {
            Some(flag) => flag.to_string(),
            None => value.as_str().or(value["reference"].as_str())?.to_owned(),
        };
        Some((parameter["name"].as_str()?.to_owned(), text))
    };
    let pairs = body["parameter"].as_array().into_iter().flatten().map(pair).collect::<Option<Vec<_>>>();
    pairs.map(Parameters::from_pairs).ok_or(Refusal::invalid("A parameter has no name, or no text and no reference."))
}

impl Requested {
    fn take(&mut self, name: &str, value: &str, method: &Method, fhir_base: &str) -> Result<(), Refusal> {
        match name {
            "_outputFormat" => match value {
                "application/fhir+ndjson" | "application/ndjson" | "ndjson" => Ok(()),
                _ => self.ignored.add(format!("Files are application/fhir+ndjson, not {value}.")),
            },
            "_since" => {
                // In a query string an unencoded plus sign arrives as a space.
                let since = DateTime::parse_from_rfc3339(&value.replace(' ', "+"));
                self.since = Some(since.map_err(|_| Refusal::invalid("_since is not an instant."))?.naive_utc());
                Ok(())
            }
            "_type" => {
                self.names_types = true;
                value.split(',').try_for_each(|name| match ResourceType::parse(name.trim()) {
                    Some(resource) => {
                        self.types.push(resource);
                        Ok(())
                    }
                    None => self.ignored.add(format!("This server does not export {name}.")),
                })
            }
            "_elements" => value.split(',').try_for_each(|text| match self.elements.add(text.trim()) {
                Ok(()) => Ok(()),
                Err(text) => self.ignored.add(format!("{text} is not an element for _elements.")),
            }),
            "_typeFilter" => filters(value).into_iter().try_for_each(|filter| self.take_filter(filter, fhir_base)),
            "organizeOutputBy" => match value {
                "Patient" => {
                    self.by_patient = true;
                    Ok(())
                }
                _ => self.ignored.add(format!("Files are organized by Patient, not by {value}.")),
            },
            "allowPartialManifests" => {
                self.allows_pages = value == "true";
                Ok(())
            }
            "includeAssociatedData" => value.split(',').try_for_each(|text| match text.trim() {
                "LatestProvenanceResources" | "RelevantProvenanceResources" => {
                    self.associated.push(ResourceType::Provenance);
                    Ok(())
                }
                text => self.ignored.add(format!("This server has no associated data {text}.")),
            }),
            "patient" if *method == Method::POST => match as_patient_number(value, fhir_base) {
                Some(number) => {
                    self.patients.push(number);
                    Ok(())
                }
                None => Err(Refusal::invalid(format!("{value} is not a patient of this server."))),
            },
            "patient" => Err(Refusal::invalid("patient stands in a Parameters resource, sent by POST.")),
            _ => self.ignored.add(format!("This server does not have the parameter {name}.")),
        }
    }

    fn take_filter(&mut self, filter: &str, fhir_base: &str) -> Result<(), Refusal> {
        let Some((resource, query)) =
            filter.split_once('?').and_then(|(name, query)| Some((ResourceType::parse(name)?, query)))
        else {
            return self.ignored.add(format!("{filter} is not a search for a type that this server exports."));
        };
        let query = Parameters::parse(query.as_bytes());
        if let Some((name, _)) = query.iter().find(|(name, _)| !has_parameter(resource, name)) {
            return self.ignored.add(format!("{} has no search parameter {name}.", resource.name()));
        }
        criteria(resource, &query, fhir_base)?;
        self.filters.push((resource, query));
        Ok(())
    }
}

/// Several searches in one parameter: a comma separates them if a search begins after it.
fn filters(text: &str) -> Vec<&str> {
    let mut filters: Vec<&str> = Vec::new();
    let mut start = 0;
    for (comma, _) in text.match_indices(',') {
        let begins = text[comma + 1..].split_once('?').is_some_and(|(name, _)| ResourceType::parse(name).is_some());
        if begins {
            filters.push(&text[start..comma]);
            start = comma + 1;
        }
    }
    filters.push(&text[start..]);
    filters
}

/// The patients of the level, or those that the request names.
fn patients(sandbox: &Sandbox, level: &Level, requested: &mut Requested) -> Result<Vec<u32>, Refusal> {
    let people = &sandbox.people;
    let all = match level {
        Level::System | Level::Patient => (1..=people.size()).collect(),
        Level::Group(id) => render::members(people, id).ok_or(Refusal::not_found("There is no group with this id."))?,
    };
    if requested.patients.is_empty() {
        return Ok(all);
    }
    if matches!(level, Level::System) {
        return Err(Refusal::invalid("An export of the whole system takes no patient."));
    }
    let (mut known, unknown): (Vec<u32>, Vec<u32>) =
        requested.patients.iter().partition(|number| all.binary_search(number).is_ok());
    unknown
        .iter()
        .try_for_each(|number| requested.ignored.add(format!("Patient/{number} is not among those meant.")))?;
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

/// The requested types that the token can access; all of these if the request names none.
fn types(
    sandbox: &Sandbox,
    token: &Token,
    level: &Level,
    requested: &mut Requested,
) -> Result<Vec<TypeSelection>, Refusal> {
    let fhir_base = sandbox.config.fhir_base();
    let fits_level = |resource: ResourceType| matches!(level, Level::System) || resource.belonging() != Belonging::Many;
    let is_requested = |requested: &Requested, resource: ResourceType| {
        !requested.names_types || requested.types.contains(&resource) || requested.associated.contains(&resource)
    };
    let mut types = Vec::new();
    let wanted: Vec<ResourceType> =
        ResourceType::ALL.into_iter().filter(|resource| is_requested(requested, *resource)).collect();
    for resource in wanted {
        let is_named = requested.types.contains(&resource);
        if !fits_level(resource) {
            if is_named {
                requested.ignored.add(format!("{} is exported with the whole system alone.", resource.name()))?;
            }
            continue;
        }
        let view = match token.view(sandbox, resource, Interaction::Search) {
            Ok(view) => view,
            Err(refusal) if is_named && !requested.ignored.is_lenient => return Err(refusal),
            Err(_) => {
                if is_named {
                    requested.ignored.add(format!("The token has no scope for {}.", resource.name()))?;
                }
                continue;
            }
        };
        let own = requested.filters.iter().filter(|(kind, _)| *kind == resource);
        let filters = own.map(|(_, query)| criteria(resource, query, &fhir_base)).collect::<Result<_, _>>()?;
        types.push(TypeSelection { resource, view, filters });
    }
    let is_left_out = |resource: ResourceType| !types.iter().any(|kind| kind.resource == resource);
    if let Some((resource, _)) = requested.filters.iter().find(|(resource, _)| is_left_out(*resource)) {
        requested.ignored.add(format!("A _typeFilter is for {}, which is not exported.", resource.name()))?;
    }
    if types.is_empty() {
        return Err(Refusal::forbidden("Nothing is left to export."));
    }
    Ok(types)
}
