//! FHIR requests with a body and conditions, and their responses.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::JsValue;

use super::abort::Forwarded;
use super::options::{self, is_true, read_options, read_pairs};
use super::value::{array, object, optional_text};
use crate::client::record::ContentProgress;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::matching::{MatchCandidate, MatchGrade, MatchOptions, match_request, read_matches};
use crate::fhir::request::{FhirRequest, Return};
use crate::fhir::response::FhirResponse;
use crate::platform::JsonView;
use crate::web::{JsonValue, WebPlatform};

/// Sends a request, and returns its response, or the candidates of `$match`.
pub(super) async fn send(session: Session<WebPlatform>, request: JsValue, signal: JsValue) -> Result<JsValue, Failure> {
    let (request, forwarded) = (JsonValue::from_js(request), Forwarded::new(signal)?);
    let response = session.request(&read_request(&request)?, read_options(&request, &forwarded)?).await?;
    Ok(if is_match(&request) { matches_object(response) } else { response_object(response) })
}

/// Reads bytes with their media type.
pub(super) async fn read_bytes(
    session: Session<WebPlatform>,
    request: JsValue,
    listener: Function,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let (request, forwarded) = (JsonValue::from_js(request), Forwarded::new(signal)?);
    let target = request.member_text("target").unwrap_or_default();
    let accept = request.member_text("accept");
    let report = |progress: &ContentProgress| {
        let total = progress.total.map_or(JsValue::UNDEFINED, |total| JsValue::from_f64(total as f64));
        let progress = object(&[("bytes", (progress.bytes as f64).into()), ("total", total)]);
        // This listener of `pkg/` does not throw: it queues a call of the app's listener.
        let _ = listener.call1(&JsValue::UNDEFINED, &progress);
    };
    let content = session.read_bytes(&target, accept.as_deref(), read_options(&request, &forwarded)?, &report).await?;
    Ok(object(&[
        ("type", optional_text(content.media_type.as_deref())),
        ("bytes", Uint8Array::from(content.bytes.as_slice()).into()),
    ]))
}

/// Reads a request: its interaction, target, parameters, body and conditions.
pub(super) fn read_request(request: &JsonValue) -> Result<FhirRequest, Failure> {
    let body = request.member("body");
    let fhir_request = match (request.member_text("interaction").as_deref(), &body) {
        (Some("match"), Some(patient)) => {
            let count = request.member("count").and_then(|count| count.number());
            let only_certain = is_true(request, "onlyCertainMatches");
            return Ok(match_request(patient, MatchOptions { only_certain, count: count.map(|count| count as u32) }));
        }
        (Some("create"), Some(resource)) => FhirRequest::create(resource),
        (Some("update"), Some(resource)) => match read_pairs(request, "parameters").as_slice() {
            [] => FhirRequest::update(resource),
            parameters => FhirRequest::update_where(resource, parameters),
        },
        _ => body.iter().fold(options::read_request(request)?, |fhir_request, body| fhir_request.body(body.to_json())),
    };
    with_conditions(fhir_request, request, body.as_ref())
}

fn with_conditions(
    mut fhir_request: FhirRequest,
    request: &JsonValue,
    body: Option<&JsonValue>,
) -> Result<FhirRequest, Failure> {
    if let Some(search) = request.member_text("ifNoneExist") {
        fhir_request = fhir_request.if_none_exist(search);
    }
    if let Some(etag) = request.member_text("ifMatch") {
        fhir_request = fhir_request.if_match(etag);
    } else if let Some(resource) = body.filter(|_| is_true(request, "ifMatch")) {
        fhir_request = fhir_request.if_match_version_of(resource)?;
    }
    Ok(match request.member_text("prefer").as_deref() {
        None => fhir_request,
        Some("minimal") => fhir_request.prefer(Return::Minimal),
        Some("representation") => fhir_request.prefer(Return::Representation),
        Some("OperationOutcome") => fhir_request.prefer(Return::OperationOutcome),
        Some(_) => return Err(Error::configuration("prefer", "it is not minimal, representation or OperationOutcome")),
    })
}

/// The candidates and OperationOutcomes in the response to `$match`.
fn matches_object(response: FhirResponse<JsonValue>) -> JsValue {
    let matches = response.resource.as_ref().map(read_matches);
    let (candidates, outcomes) = matches.map(|matches| (matches.candidates, matches.outcomes)).unwrap_or_default();
    let candidates: Array = candidates.into_iter().map(candidate_object).collect();
    object(&[("candidates", candidates.into()), ("outcomes", array(outcomes))])
}

fn candidate_object(candidate: MatchCandidate<JsonValue>) -> JsValue {
    object(&[
        ("resource", candidate.resource.into_js()),
        ("score", candidate.score.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("grade", optional_text(candidate.grade.map(MatchGrade::as_str))),
    ])
}

/// Whether a request is `$match`.
fn is_match(request: &JsonValue) -> bool {
    request.member_text("interaction").as_deref() == Some("match")
}

/// A response as an object.
pub(super) fn response_object(response: FhirResponse<JsonValue>) -> JsValue {
    object(&[
        ("status", response.status.into()),
        ("etag", optional_text(response.etag.as_deref())),
        ("location", optional_text(response.location.as_deref())),
        ("lastModified", optional_text(response.last_modified.as_deref())),
        ("resource", response.resource.map_or(JsValue::UNDEFINED, JsonValue::into_js)),
    ])
}
