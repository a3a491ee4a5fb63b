//! FHIR requests and their options, which `pkg/` passes as objects.

use super::abort::Forwarded;
use crate::client::fhir::{Cache, RequestOptions, Retries};
use crate::error::{Error, Failure};
use crate::fhir::request::{FhirRequest, Interaction};
use crate::platform::JsonView;
use crate::protocol::encoding::form_pairs;
use crate::web::JsonValue;

/// Reads a request without a body: its interaction, target and parameters.
pub(super) fn read_request(request: &JsonValue) -> Result<FhirRequest, Failure> {
    let name = request.member_text("interaction").unwrap_or_default();
    let interaction =
        Interaction::from_name(&name).ok_or_else(|| Error::configuration("interaction", "it is unknown"))?;
    let target = request.member_text("target").unwrap_or_default();
    let parameters = read_pairs(request, "parameters");
    let fhir_request = parameters
        .into_iter()
        .fold(FhirRequest::new(interaction, target), |fhir_request, (name, value)| fhir_request.with(name, value));
    Ok(if is_true(request, "post") { fhir_request.posted() } else { fhir_request })
}

/// Reads the options of a request.
pub(super) fn read_options(request: &JsonValue, forwarded: &Forwarded) -> Result<RequestOptions, Failure> {
    Ok(RequestOptions {
        abort: forwarded.signal(),
        headers: read_pairs(request, "headers"),
        retries: match request.member("retry").and_then(|retry| retry.flag()) {
            None => Retries::WhenSafe,
            Some(true) => Retries::Always,
            Some(false) => Retries::Never,
        },
        check_scopes: is_true(request, "checkScopes"),
        cache: match request.member_text("cache").as_deref() {
            None | Some("no-store") => Cache::NoStore,
            Some("default") => Cache::Default,
            Some(_) => return Err(Error::configuration("cache", "it is not \"no-store\" or \"default\"")),
        },
    })
}

/// Whether a member is `true`.
pub(super) fn is_true(request: &JsonValue, name: &str) -> bool {
    request.member(name).and_then(|member| member.flag()) == Some(true)
}

/// Reads pairs of a name and a value, which `pkg/` passes as `application/x-www-form-urlencoded`.
pub(super) fn read_pairs(request: &JsonValue, name: &str) -> Vec<(String, String)> {
    request.member_text(name).map(|form| form_pairs(&form)).unwrap_or_default()
}
