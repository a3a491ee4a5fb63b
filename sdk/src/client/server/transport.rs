//! Sends a request with a timeout.

use std::future::poll_fn;
use std::task::Poll;

use crate::abort::AbortSignal;
use crate::error::{Error, Failure, FhirError};
use crate::fhir::outcome::OperationOutcome;
use crate::platform::{Body, Entropy, HttpFailure, HttpResponse, Json, JsonView, Platform};
use crate::protocol::encoding::base64url;
use crate::protocol::http::Request;
use crate::protocol::plain_text::message;
use crate::protocol::redaction::Secrets;
use crate::protocol::url::Url;

/// The timeout of a configuration document, in milliseconds.
pub(crate) const DOCUMENT_TIMEOUT: u32 = 10_000;
/// The timeout of a token or FHIR request, in milliseconds.
pub(crate) const REQUEST_TIMEOUT: u32 = 60_000;
/// How long to wait for the next bytes of a body, in milliseconds.
pub(crate) const READ_TIMEOUT: u32 = 60_000;

/// A response with its whole body.
pub(crate) struct JsonResponse<V> {
    pub status: u16,
    pub retry_after: Option<String>,
    /// The time of the server's clock (RFC 9110 section 6.6.1), if the response is an error.
    pub date: Option<String>,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub last_modified: Option<String>,
    pub cache_control: Option<String>,
    pub body: Body<V>,
    /// The size of the body in bytes, if the request counts them.
    pub bytes: u64,
    /// The secrets in the request, which no error may contain.
    pub secrets: Secrets,
}

impl<V> JsonResponse<V> {
    /// Interprets the status and body. Secrets of the request are removed from errors.
    pub fn read_by<T>(&self, read: impl FnOnce(u16, &Body<V>) -> Result<T, Failure>) -> Result<T, Failure> {
        read(self.status, &self.body).map_err(|failure| failure.without(&self.secrets))
    }

    /// Reads the body.
    pub async fn read(
        response: impl HttpResponse<Value = V>,
        counts_bytes: bool,
        secrets: Secrets,
    ) -> Result<Box<Self>, HttpFailure> {
        let status = response.status();
        // Reading a header is slow in browsers.
        let of_error = |name| if status < 400 { None } else { response.header(name) };
        let (retry_after, date) = (of_error("Retry-After"), of_error("Date"));
        let etag = response.header("ETag");
        let location = response.header("Location");
        let last_modified = response.header("Last-Modified");
        let cache_control = response.header("Cache-Control");
        let (body, bytes) = response.body(counts_bytes).await?;
        // Boxed, because it is moved often.
        Ok(Box::new(Self {
            status,
            retry_after,
            date,
            etag,
            location,
            last_modified,
            cache_control,
            body,
            bytes,
            secrets,
        }))
    }
}

/// Sends a request and reads the whole response, unless the caller aborts or the timeout passes.
pub(crate) async fn send<P: Platform>(
    platform: &P,
    request: &Request,
    timeout: u32,
    abort: &AbortSignal,
) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
    let exchange = async {
        let response = platform.send(request, abort).await?;
        JsonResponse::read(response, request.counts_bytes, Secrets::of(request)).await
    };
    with_timeout(platform, &request.url, timeout, abort, exchange).await
}

/// Waits for an exchange with a host, unless the caller aborts or the timeout passes.
pub(crate) async fn with_timeout<P: Platform, T>(
    platform: &P,
    url: &Url,
    timeout: u32,
    abort: &AbortSignal,
    work: impl Future<Output = Result<T, HttpFailure>>,
) -> Result<T, Failure> {
    if abort.is_aborted() {
        return Err(Error::Aborted.into());
    }
    let (mut work, mut timer) = (Box::pin(work), Box::pin(platform.sleep(timeout)));
    let working = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => timer.as_mut().poll(context).map(|()| None),
    });
    let host = || url.host().into();
    Err(match abort.unless_aborted(working).await {
        Some(Some(Ok(outcome))) => return Ok(outcome),
        Some(Some(Err(HttpFailure::Network))) => Error::Network { host: host() },
        Some(None) => Error::Timeout { host: host() },
        Some(Some(Err(HttpFailure::Aborted))) | None => Error::Aborted,
    }
    .into())
}

/// The error of a response with an error status, without the secrets of the request.
pub(crate) fn fhir_error<V: JsonView>(response: JsonResponse<V>, url: &Url) -> Failure {
    let operation_outcome = match &response.body {
        Body::Json(resource) => OperationOutcome::read(resource),
        _ => None,
    };
    let failure: Failure = Error::Fhir(Box::new(FhirError {
        status: response.status,
        host: url.host().to_owned(),
        text: if operation_outcome.is_some() { None } else { message(&response.body) },
        operation_outcome,
        retry_after: response.retry_after,
        etag: response.etag,
    }))
    .into();
    failure.without(&response.secrets)
}

/// Random bytes.
///
/// # Errors
/// [`Error::Entropy`].
pub(crate) fn random_bytes<const COUNT: usize>(platform: &impl Entropy) -> Result<[u8; COUNT], Failure> {
    let mut bytes = [0; COUNT];
    platform.fill(&mut bytes).map_err(|_| Error::Entropy)?;
    Ok(bytes)
}

/// A random string of this many bytes in base64url.
///
/// # Errors
/// As [`random_bytes`].
pub(crate) fn random_string<const BYTES: usize>(platform: &impl Entropy) -> Result<String, Failure> {
    Ok(base64url(&random_bytes::<BYTES>(platform)?))
}

/// A random number from 0 to 1; 0 if the host has no random numbers.
pub(crate) fn random_fraction(platform: &impl Entropy) -> f64 {
    let mut byte = [0];
    let filled = platform.fill(&mut byte);
    filled.map_or(0.0, |()| f64::from(byte[0]) / 255.0)
}
