//! Fetches a server's documents: its configuration and its keys.

use super::transport::{DOCUMENT_TIMEOUT, JsonResponse, fhir_error, random_fraction, send};
use crate::abort::AbortSignal;
use crate::error::Error;
use crate::fhir::retry::RetryDelays;
use crate::platform::{Body, Json, Platform};
use crate::protocol::http::Request;

/// How long a document without `Cache-Control` may be cached, in seconds.
const LIFETIME: f64 = 300.0;
/// The outcome of a request without a response.
pub(super) const TIMED_OUT: &str = "no response came in time";

/// Fetches a document and returns how long it may be cached in seconds. The error describes the response.
pub(crate) async fn fetch_document<P: Platform>(
    platform: &P,
    request: &Request,
) -> Result<(<P as Json>::Value, f64), String> {
    match send(platform, request, DOCUMENT_TIMEOUT, &AbortSignal::never()).await {
        Ok(response) => read_document(*response),
        Err(failure) => Err(describe_failure(&failure)),
    }
}

/// Like [`fetch_document`], with retries after transient errors within [`DOCUMENT_TIMEOUT`].
pub(super) async fn fetch_with_retries<P: Platform>(
    platform: &P,
    request: &Request,
) -> Result<(<P as Json>::Value, f64), String> {
    let deadline = platform.now() + f64::from(DOCUMENT_TIMEOUT) / 1000.0;
    let mut tries = RetryDelays::default();
    loop {
        let remaining = ((deadline - platform.now()) * 1000.0) as u32;
        let failure = match send(platform, request, remaining, &AbortSignal::never()).await {
            Ok(response) if response.status == 200 => return read_document(*response),
            Ok(response) => fhir_error(*response, &request.url),
            Err(failure) => failure,
        };
        let now = platform.now();
        match tries.next_delay(&failure, now, random_fraction(platform)) {
            Some(wait) if now + wait < deadline => platform.sleep((wait * 1000.0) as u32).await,
            _ => return Err(describe_failure(&failure)),
        }
    }
}

fn read_document<V>(response: JsonResponse<V>) -> Result<(V, f64), String> {
    if response.status != 200 {
        return Err(describe_status(response.status));
    }
    let Body::Json(document) = response.body else { return Err("status 200 with something that is not JSON".into()) };
    Ok((document, response.cache_control.as_deref().map_or(LIFETIME, max_age)))
}

fn describe_failure(failure: &Error) -> String {
    match failure {
        Error::Network { .. } => "no response could be read".to_owned(),
        Error::Timeout { .. } => TIMED_OUT.to_owned(),
        Error::Fhir(error) => describe_status(error.status),
        other => other.code().to_owned(),
    }
}

fn describe_status(status: u16) -> String {
    format!("status {status}")
}

/// How long `Cache-Control` lets a response be cached, in seconds (RFC 9111 section 5.2.2).
fn max_age(cache_control: &str) -> f64 {
    let mut directives = cache_control.split(',').map(str::trim_ascii);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return 0.0;
    }
    let max_age = directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse::<u32>().ok());
    max_age.map_or(LIFETIME, f64::from)
}
