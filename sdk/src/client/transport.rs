//! Sends one request, for so long and no longer.

use std::future::poll_fn;
use std::task::Poll;

use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::platform::{Body, HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::encoding::decimal;
use crate::protocol::http::Request;
use crate::protocol::url::Url;

/// How long a configuration document may take, in milliseconds.
pub(crate) const DOCUMENT_TIMEOUT: u32 = 10_000;
/// How long a document is good for that does not say so itself, in seconds.
const LIFETIME: f64 = 300.0;
/// What came back where nothing did.
pub(crate) const TOO_LATE: &str = "no answer came in time";
/// How long a token or FHIR request may take, in milliseconds.
pub(crate) const REQUEST_TIMEOUT: u32 = 60_000;

/// A response that has arrived whole.
pub(crate) struct Answer<V> {
    pub status: u16,
    pub retry_after: Option<String>,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub last_modified: Option<String>,
    pub cache_control: Option<String>,
    pub body: Body<V>,
    /// How many bytes the body has, where the request counts them.
    pub bytes: u64,
}

impl<V> Answer<V> {
    /// Reads a response to its end.
    pub async fn read(response: impl HttpResponse<Value = V>, counts_bytes: bool) -> Result<Box<Self>, HttpFailure> {
        let status = response.status();
        // Asking for a header takes a browser as long as anything else here.
        let retry_after = if status < 400 { None } else { response.header("Retry-After") };
        let etag = response.header("ETag");
        let location = response.header("Location");
        let last_modified = response.header("Last-Modified");
        let cache_control = response.header("Cache-Control");
        let (body, bytes) = response.body(counts_bytes).await?;
        // Boxed, because many hands pass it on.
        Ok(Box::new(Self { status, retry_after, etag, location, last_modified, cache_control, body, bytes }))
    }
}

/// Sends a request and reads the whole answer, unless the caller calls it off or it takes too long.
pub(crate) async fn send<P: Platform>(
    platform: &P,
    request: &Request,
    timeout: u32,
    abort: &AbortSignal,
) -> Result<Box<Answer<<P as Json>::Value>>, Failure> {
    let exchange = async {
        let response = platform.send(request, abort).await?;
        Answer::read(response, request.counts_bytes).await
    };
    in_time(platform, &request.url, timeout, abort, exchange).await
}

/// Waits for work on an exchange with a host, for so long and unless the caller calls it off.
pub(crate) async fn in_time<P: Platform, T>(
    platform: &P,
    url: &Url,
    timeout: u32,
    abort: &AbortSignal,
    work: impl Future<Output = Result<T, HttpFailure>>,
) -> Result<T, Failure> {
    if abort.is_aborted() {
        return Err(Error::Aborted.into());
    }
    let (mut work, mut time) = (Box::pin(work), Box::pin(platform.sleep(timeout)));
    let working = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => time.as_mut().poll(context).map(|()| None),
    });
    let host = || url.host().into();
    Err(match abort.unless_fired(working).await {
        Some(Some(Ok(outcome))) => return Ok(outcome),
        Some(Some(Err(HttpFailure::Network))) => Error::Network { host: host() },
        Some(None) => Error::Timeout { host: host() },
        Some(Some(Err(HttpFailure::Aborted))) | None => Error::Aborted,
    }
    .into())
}

/// Fetches one document and says how long it is good for, or what came back in its place.
pub(crate) async fn fetch_document<P: Platform>(
    platform: &P,
    request: &Request,
) -> Result<(<P as Json>::Value, f64), String> {
    let answer =
        send(platform, request, DOCUMENT_TIMEOUT, &AbortSignal::never()).await.map_err(|failure| match &*failure {
            Error::Network { .. } => "no answer could be read".to_owned(),
            Error::Timeout { .. } => TOO_LATE.to_owned(),
            other => other.code().to_owned(),
        })?;
    if answer.status != 200 {
        return Err(["status ", &decimal(answer.status.into())].concat());
    }
    let Body::Json(document) = answer.body else { return Err("status 200 with something that is not JSON".into()) };
    Ok((document, answer.cache_control.as_deref().map_or(LIFETIME, lifetime)))
}

/// How long `Cache-Control` lets an answer be used, in seconds (RFC 9111 section 5.2.2).
fn lifetime(cache_control: &str) -> f64 {
    let mut directives = cache_control.split(',').map(str::trim_ascii);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return 0.0;
    }
    let max_age = directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse::<u32>().ok());
    max_age.map_or(LIFETIME, f64::from)
}
