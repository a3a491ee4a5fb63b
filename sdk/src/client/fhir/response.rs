//! Reads the response of a FHIR request: its resource, or an error.

use crate::client::server::transport::{JsonResponse, fhir_error};
use crate::error::{Error, Failure, FhirError};
use crate::fhir::outcome::OperationOutcome;
use crate::fhir::response::FhirResponse;
use crate::platform::{Body, Json, JsonView};
use crate::protocol::url::Url;

pub(crate) type Value<P> = <P as Json>::Value;

/// Reads a response. A successful response with an unexpected resource is an error, without the secrets of the request.
pub(crate) fn read_response<V: JsonView>(
    response: JsonResponse<V>,
    url: &Url,
    is_expected: impl Fn(Option<&V>) -> bool,
) -> Result<FhirResponse<V>, Failure> {
    if !(200..300).contains(&response.status) {
        return Err(fhir_error(response, url));
    }
    let JsonResponse { status, etag, location, last_modified, bytes, body, secrets, .. } = response;
    let resource = match body {
        Body::Json(resource) => Some(resource),
        Body::Text(_) => return Err(not_json(status, url)),
        Body::Empty => None,
    };
    if !is_expected(resource.as_ref()) {
        return Err(not_expected(status, url, resource.as_ref()).without(&secrets));
    }
    Ok(FhirResponse { status, etag, location, last_modified, resource, bytes })
}

/// The error of a successful response that cannot be used: its OperationOutcome, or else that it is not JSON.
pub(crate) fn not_expected<V: JsonView>(status: u16, url: &Url, resource: Option<&V>) -> Failure {
    match resource.and_then(OperationOutcome::read) {
        Some(outcome) => outcome_error(status, url.host(), outcome),
        None => not_json(status, url),
    }
}

/// The error of an OperationOutcome with a status of success.
pub(crate) fn outcome_error(status: u16, host: &str, outcome: OperationOutcome) -> Failure {
    let (host, operation_outcome) = (host.to_owned(), Some(outcome));
    Error::Fhir(Box::new(FhirError { status, host, operation_outcome, text: None, retry_after: None, etag: None }))
        .into()
}

pub(crate) fn not_json(status: u16, url: &Url) -> Failure {
    Error::NotJson { status, host: url.host().into() }.into()
}
