//! What JavaScript asks for: a request that reads or searches, and how it is made.

use super::abort::Followed;
use crate::client::fhir::{Cache, RequestOptions, Retries};
use crate::error::{Error, Failure};
use crate::fhir::request::{FhirRequest, Interaction};
use crate::platform::JsonView;
use crate::protocol::encoding::form_pairs;
use crate::web::JsonValue;

/// Reads a request that reads or searches: its interaction, target and parameters.
pub(super) fn read_reading(asked: &JsonValue) -> Result<FhirRequest, Failure> {
    let name = asked.member_text("interaction").unwrap_or_default();
    let interaction =
        Interaction::from_name(&name).ok_or_else(|| Error::configuration("interaction", "it is unknown"))?;
    let target = asked.member_text("target").unwrap_or_default();
    let parameters = read_pairs(asked, "parameters");
    let request = parameters
        .into_iter()
        .fold(FhirRequest::new(interaction, target), |request, (name, value)| request.with(name, value));
    Ok(if is_true(asked, "post") { request.posted() } else { request })
}

/// Reads how a request is made.
pub(super) fn read_options(asked: &JsonValue, followed: &Followed) -> Result<RequestOptions, Failure> {
    Ok(RequestOptions {
        abort: followed.signal(),
        headers: read_pairs(asked, "headers"),
        retries: match asked.member("retry").and_then(|retry| retry.flag()) {
            None => Retries::WhenSafe,
            Some(true) => Retries::Always,
            Some(false) => Retries::Never,
        },
        check_scopes: is_true(asked, "checkScopes"),
        cache: match asked.member_text("cache").as_deref() {
            None | Some("no-store") => Cache::NoStore,
            Some("default") => Cache::Default,
            Some(_) => return Err(Error::configuration("cache", "it is not \"no-store\" or \"default\"")),
        },
    })
}

/// Whether a member is `true`.
pub(super) fn is_true(asked: &JsonValue, name: &str) -> bool {
    asked.member(name).and_then(|member| member.flag()) == Some(true)
}

/// Reads the pairs of a name and a value that the face wrote as a form.
pub(super) fn read_pairs(asked: &JsonValue, name: &str) -> Vec<(String, String)> {
    asked.member_text(name).map(|form| form_pairs(&form)).unwrap_or_default()
}
