//! FHIR requests, as JavaScript asks for them.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::JsValue;

use super::abort::Followed;
use super::asked::{is_true, read_options, read_pairs, read_reading};
use super::value::{array, optional_text, written_object};
use crate::client::content::ContentProgress;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::matching::{MatchCandidate, MatchGrade, MatchOptions, match_request, read_matches};
use crate::fhir::request::{FhirRequest, Return};
use crate::fhir::response::FhirResponse;
use crate::platform::JsonView;
use crate::web::{JsonValue, WebPlatform};

/// Sends a request, and gives what came of it.
pub(super) async fn send(session: Session<WebPlatform>, asked: JsValue, signal: JsValue) -> Result<JsValue, Failure> {
    let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal)?);
    let response = session.request(&read_request(&asked)?, read_options(&asked, &followed)?).await?;
    Ok(if is_match(&asked) { matches_object(response) } else { response_object(response) })
}

/// Reads bytes, and gives them with their media type.
pub(super) async fn read_bytes(
    session: Session<WebPlatform>,
    asked: JsValue,
    listener: Function,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let (asked, followed) = (JsonValue::from_js(asked), Followed::new(signal)?);
    let target = asked.member_text("target").unwrap_or_default();
    let accept = asked.member_text("accept");
    let tell = |progress: &ContentProgress| {
        let progress = written_object! {
            "bytes": (progress.bytes as f64).into(),
            "total": progress.total.map_or(JsValue::UNDEFINED, |total| (total as f64).into()),
        };
        // The face's listener only queues the app's own, which is where an error can arise.
        let _ = listener.call1(&JsValue::UNDEFINED, &progress);
    };
    let content = session.read_bytes(&target, accept.as_deref(), read_options(&asked, &followed)?, &tell).await?;
    Ok(written_object! {
        "type": optional_text(content.media_type.as_deref()),
        "bytes": Uint8Array::from(content.bytes.as_slice()).into(),
    })
}

/// Reads a request: its interaction, target, parameters, body and conditions.
pub(super) fn read_request(asked: &JsonValue) -> Result<FhirRequest, Failure> {
    let body = asked.member("body");
    let request = match (asked.member_text("interaction").as_deref(), &body) {
        (Some("match"), Some(patient)) => {
            let count = asked.member("count").and_then(|count| count.number());
            let only_certain = is_true(asked, "onlyCertainMatches");
            return Ok(match_request(patient, MatchOptions { only_certain, count: count.map(|count| count as u32) }));
        }
        (Some("create"), Some(resource)) => FhirRequest::create(resource),
        (Some("update"), Some(resource)) => match read_pairs(asked, "parameters").as_slice() {
            [] => FhirRequest::update(resource),
            parameters => FhirRequest::update_where(resource, parameters),
        },
        _ => body.iter().fold(read_reading(asked)?, |request, body| request.body(body.to_json())),
    };
    with_conditions(request, asked, body.as_ref())
}

fn with_conditions(
    mut request: FhirRequest,
    asked: &JsonValue,
    body: Option<&JsonValue>,
) -> Result<FhirRequest, Failure> {
    if let Some(search) = asked.member_text("ifNoneExist") {
        request = request.if_none_exist(search);
    }
    if let Some(etag) = asked.member_text("ifMatch") {
        request = request.if_match(etag);
    } else if let Some(resource) = body.filter(|_| is_true(asked, "ifMatch")) {
        request = request.if_match_version_of(resource)?;
    }
    Ok(match asked.member_text("prefer").as_deref() {
        None => request,
        Some("minimal") => request.prefer(Return::Minimal),
        Some("representation") => request.prefer(Return::Representation),
        Some("OperationOutcome") => request.prefer(Return::OperationOutcome),
        Some(_) => return Err(Error::configuration("prefer", "it is not minimal, representation or OperationOutcome")),
    })
}

/// The people that the answer to a match may be about, and the server's remarks.
fn matches_object(response: FhirResponse<JsonValue>) -> JsValue {
    let matches = response.resource.as_ref().map(read_matches);
    let (candidates, outcomes) = matches.map(|matches| (matches.candidates, matches.outcomes)).unwrap_or_default();
    written_object! {
        "candidates": candidates.into_iter().map(candidate_object).collect::<Array>().into(),
        "outcomes": array(outcomes),
    }
}

fn candidate_object(candidate: MatchCandidate<JsonValue>) -> JsValue {
    written_object! {
        "resource": candidate.resource.into_js(),
        "score": candidate.score.map_or(JsValue::UNDEFINED, JsValue::from),
        "grade": optional_text(candidate.grade.map(MatchGrade::as_str)),
    }
}

/// Whether a request looks for a person.
fn is_match(asked: &JsonValue) -> bool {
    asked.member_text("interaction").as_deref() == Some("match")
}

/// What came of a request.
pub(super) fn response_object(response: FhirResponse<JsonValue>) -> JsValue {
    written_object! {
        "status": response.status.into(),
        "etag": optional_text(response.etag.as_deref()),
        "location": optional_text(response.location.as_deref()),
        "lastModified": optional_text(response.last_modified.as_deref()),
        "resource": response.resource.map_or(JsValue::UNDEFINED, JsonValue::into_js),
    }
}
