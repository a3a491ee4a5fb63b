//! Fetches a text of limited size, if it has changed.

use crate::abort::AbortSignal;
use crate::client::server::transport::{DOCUMENT_TIMEOUT, READ_TIMEOUT, with_timeout};
use crate::error::{DirectoryError, Error, Failure};
use crate::platform::{HttpResponse, Platform};
use crate::protocol::http::Request;
use crate::protocol::url::Url;

/// The outcome of a request.
pub(super) enum Fetched {
    /// It has not changed since the version with the given ETag.
    NotModified,
    /// The text, and its version.
    Text { text: String, etag: Option<String> },
}

/// Fetches a text of at most `max_bytes`.
pub(super) async fn fetch_text<P: Platform>(
    platform: &P,
    url: &Url,
    etag: Option<&str>,
    max_bytes: usize,
    abort: &AbortSignal,
) -> Result<Fetched, Failure> {
    let mut response = match send(platform, url, etag, abort).await {
        // The header needs a preflight, which a server that only allows simple requests refuses.
        Err(failure) if etag.is_some() && matches!(*failure, Error::Network { .. }) => {
            send(platform, url, None, abort).await
        }
        outcome => outcome,
    }
    .map_err(|failure| unreachable_host(url, failure))?;
    let status = response.status();
    if status == 304 && etag.is_some() {
        return Ok(Fetched::NotModified);
    }
    if status != 200 {
        return Err(unreachable(url, format!("the server returned status {status}")));
    }
    let etag = response.header("ETag");
    let mut bytes = Vec::new();
    while let Some(chunk) = with_timeout(platform, url, READ_TIMEOUT, abort, response.chunk())
        .await
        .map_err(|failure| unreachable_host(url, failure))?
    {
        if bytes.len() + chunk.len() > max_bytes {
            let url = url.without_query().as_str().into();
            return Err(DirectoryError::TooLarge { url, megabytes: max_bytes >> 20 }.into());
        }
        bytes.extend(chunk);
    }
    let text = String::from_utf8(bytes).map_err(|_| super::invalid(url, "it is not encoded as UTF-8"))?;
    Ok(Fetched::Text { text, etag })
}

async fn send<P: Platform>(
    platform: &P,
    url: &Url,
    etag: Option<&str>,
    abort: &AbortSignal,
) -> Result<P::Response, Failure> {
    let mut request = Request::get(url.clone(), "application/fhir+json, application/json");
    if let Some(etag) = etag {
        request.set_header("If-None-Match", etag);
    }
    let head = async { platform.send(&request, abort).await };
    with_timeout(platform, url, DOCUMENT_TIMEOUT, abort, head).await
}

fn unreachable_host(url: &Url, failure: Failure) -> Failure {
    match &*failure {
        Error::Network { .. } => unreachable(url, "no response can be read".into()),
        Error::Timeout { .. } => unreachable(url, "it did not respond in time".into()),
        _ => failure,
    }
}

fn unreachable(url: &Url, problem: String) -> Failure {
    DirectoryError::Unreachable { url: url.without_query().as_str().into(), problem: problem.into() }.into()
}
