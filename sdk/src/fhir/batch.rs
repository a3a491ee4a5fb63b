//! Batches: requests as entries of a Bundle, and the response to each (FHIR R4, RESTful API: batch/transaction).

use super::outcome::OperationOutcome;
use super::request::FhirRequest;
use super::response::FhirResponse;
use crate::error::{Error, Failure, FhirError};
use crate::json::{JsonView, ObjectWriter, array};

/// A batch of entries, each written by [`FhirRequest::entry`](super::request::FhirRequest::entry).
///
/// ```
/// use smartrust::fhir::batch::{batch, read_batch};
/// use smartrust::fhir::request::{FhirRequest, Interaction};
/// use smartrust::protocol::url::Url;
///
/// let base = Url::parse("https://ehr.example/fhir")?;
/// let requests = [FhirRequest::read("Patient/9")];
/// let entries = [requests[0].entry(&base)?];
/// let request = FhirRequest::new(Interaction::Bundle, "").body(batch(entries)).build(&base)?;
/// assert_eq!(request.method.as_str(), "POST");
///
/// let response = serde_json::json!({"resourceType": "Bundle", "entry": [{"response": {"status": "404 Not Found"}}]});
/// let responses = read_batch(&response, &requests, base.host())?;
/// assert_eq!(responses[0].as_ref().unwrap_err().status(), Some(404));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn batch(entries: impl IntoIterator<Item = String>) -> String {
    ObjectWriter::new().text("resourceType", "Bundle").text("type", "batch").raw("entry", &array(entries)).finish()
}

/// The response to each entry, in the order of the requests.
///
/// For an example, see [`batch`].
///
/// # Errors
/// [`Error::BatchResponse`] if the response has another number of entries.
pub fn read_batch<V: JsonView>(
    bundle: &V,
    requests: &[FhirRequest],
    host: &str,
) -> Result<Vec<Result<FhirResponse<V>, Failure>>, Failure> {
    let entries = bundle.member_items("entry");
    if entries.len() != requests.len() {
        return Err(Error::BatchResponse { problem: "it does not have one entry for each request" }.into());
    }
    Ok(entries.iter().zip(requests).map(|(entry, request)| read_entry(entry, request, host)).collect())
}

fn read_entry<V: JsonView>(entry: &V, request: &FhirRequest, host: &str) -> Result<FhirResponse<V>, Failure> {
    let response = entry.member("response");
    let member = |name: &str| response.as_ref()?.member_text(name);
    let status = member("status").and_then(|status| status.split(' ').next()?.parse().ok());
    let status: u16 = status.ok_or(Error::BatchResponse { problem: "an entry has no status" })?;
    let resource = entry.member("resource");
    let outcome = || response.as_ref()?.member("outcome");
    let body = resource.clone().or_else(outcome);
    // The caller decides about an entry without a body.
    let is_expected = body.is_none() || request.is_expected_response(body.as_ref());
    if (200..300).contains(&status) && is_expected {
        return Ok(FhirResponse {
            status,
            etag: member("etag"),
            location: member("location"),
            last_modified: member("lastModified"),
            resource: body,
            bytes: 0,
        });
    }
    Err(Error::Fhir(Box::new(FhirError {
        status,
        host: host.to_owned(),
        operation_outcome: outcome().or(resource).as_ref().and_then(OperationOutcome::read),
        text: None,
        retry_after: None,
        etag: member("etag"),
    }))
    .into())
}
