//! Reads bytes: of a Binary, or of any other URL that the access token may be sent to.

use crate::abort::AbortSignal;
use crate::client::fhir::options::{RequestOptions, set_headers};
use crate::client::fhir::redirect::{Bearer, open};
use crate::client::fhir::response::outcome_error;
use crate::client::server::transport::{JsonResponse, READ_TIMEOUT, REQUEST_TIMEOUT, fhir_error, with_timeout};
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::content::{Content, content_requests, is_refused, may_be_resource, read_binary};
use crate::fhir::outcome::OperationOutcome;
use crate::platform::{HttpResponse, Platform};
use crate::protocol::http::Request;
use crate::protocol::redaction::Secrets;

/// The progress of reading bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentProgress {
    /// The number of bytes so far. If a request is repeated, it starts at 0 again.
    pub bytes: u64,
    /// The total number of bytes, if known (`Content-Length`).
    pub total: Option<u64>,
}

impl<P: Platform> Session<P> {
    /// Reads the bytes of a Binary or any other URL: a reference such as `Binary/1`, or the URL of an attachment, which may be relative to
    /// the FHIR base. `accept` is the expected media type, such as `attachment.contentType`. `on_progress` is called with each chunk.
    ///
    /// A Binary is requested with `accept`, then as FHIR JSON, then with any media type, until the server accepts one of them. If the
    /// response is the Binary as a resource, the result is its data. The server may send another media type than `accept`: check
    /// [`Content::media_type`].
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let never = AbortSignal::never();
    /// let document = session.read_bytes("Binary/1", Some("application/pdf"), &never, &|_| {}).await?;
    /// println!("{} bytes of {:?}", document.bytes.len(), document.media_type);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::ForeignUrl`] for a URL that the token must not be sent to, [`Error::Url`] for an invalid URL,
    /// [`Error::Content`] for a Binary without readable data, and as [`Session::read`].
    pub async fn read_bytes(
        &self,
        target: &str,
        accept: Option<&str>,
        options: impl Into<RequestOptions>,
        on_progress: &dyn Fn(&ContentProgress),
    ) -> Result<Content, Failure> {
        let mut options = options.into();
        let header = take_accept(&mut options.headers);
        let own = accept.map(str::to_owned).or(header);
        let mut refused = None;
        for mut request in content_requests(self.inner.guard.base(), target, own.as_deref())? {
            set_headers(&options.headers, &mut request)?;
            let attempt = async |request: &Request, bearer: Bearer<'_>| {
                self.receive(request, bearer, &options.abort, on_progress).await
            };
            match self.exchange_by(request, &options, attempt).await {
                Ok(content) => return Ok(content),
                Err(failure) if is_refused(&failure) || matches!(*failure, Error::Content { .. }) => {
                    refused.get_or_insert(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(refused.unwrap_or_else(|| Error::Content { problem: "no media type is accepted" }.into()))
    }

    /// Sends a request and reads its body in chunks.
    async fn receive(
        &self,
        request: &Request,
        bearer: Bearer<'_>,
        abort: &AbortSignal,
        on_progress: &dyn Fn(&ContentProgress),
    ) -> Result<Content, Failure> {
        let (platform, url) = (&self.inner.platform, &request.url);
        let opened = open(platform, request, bearer, abort);
        let mut response = with_timeout(platform, url, REQUEST_TIMEOUT, abort, opened).await??;
        if !(200..300).contains(&response.status()) {
            let reading = JsonResponse::read(response, false, Secrets::of_token(bearer.token));
            let response = with_timeout(platform, url, REQUEST_TIMEOUT, abort, reading).await?;
            return Err(fhir_error(*response, url));
        }
        let status = response.status();
        let media_type = response.header("Content-Type");
        let total = response.header("Content-Length").and_then(|length| length.parse::<u64>().ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = with_timeout(platform, url, READ_TIMEOUT, abort, response.chunk()).await? {
            bytes.extend_from_slice(&chunk);
            let received = bytes.len() as u64;
            // The header counts the compressed bytes of a compressed body.
            on_progress(&ContentProgress { bytes: received, total: total.filter(|total| *total >= received) });
        }
        let resource = may_be_resource(media_type.as_deref())
            .then(|| std::str::from_utf8(&bytes).ok().and_then(|text| platform.parse(text)))
            .flatten();
        if let Some(operation_outcome) = resource.as_ref().and_then(OperationOutcome::read) {
            return Err(outcome_error(status, url.host(), operation_outcome));
        }
        match resource.as_ref().and_then(read_binary) {
            Some(content) => content,
            None => Ok(Content { media_type, bytes }),
        }
    }
}

/// Removes `Accept` from the app's headers and returns it; of several, the last one, which a request would send.
fn take_accept(headers: &mut Vec<(String, String)>) -> Option<String> {
    let (accept, others) =
        std::mem::take(headers).into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("Accept"));
    *headers = others;
    let accept: Vec<(String, String)> = accept;
    accept.into_iter().next_back().map(|(_, value)| value)
}
