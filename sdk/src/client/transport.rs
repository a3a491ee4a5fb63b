//! Sends one request, for so long and no longer.

use std::future::poll_fn;
use std::task::Poll;

use super::fhir::{chance, fhir_error};
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::fhir::retry::Tries;
use crate::platform::{Body, HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::http::Request;
use crate::protocol::redaction::Secrets;
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
    /// The time by the server's clock (RFC 9110 section 6.6.1), of a response that is an error.
    pub date: Option<String>,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub last_modified: Option<String>,
    pub cache_control: Option<String>,
    pub body: Body<V>,
    /// How many bytes the body has, where the request counts them.
    pub bytes: u64,
    /// What the request carried and no error may repeat.
    pub secrets: Secrets,
}

impl<V> Answer<V> {
    /// Reads what the response says, by its status and body. No error that comes of it repeats a secret of the request.
    pub fn read_by<T>(&self, read: impl FnOnce(u16, &Body<V>) -> Result<T, Failure>) -> Result<T, Failure> {
        read(self.status, &self.body).map_err(|failure| failure.without(&self.secrets))
    }

    /// Reads a response to its end.
    pub async fn read(
        response: impl HttpResponse<Value = V>,
        counts_bytes: bool,
        secrets: Secrets,
    ) -> Result<Box<Self>, HttpFailure> {
        let status = response.status();
        // Asking for a header takes a browser as long as anything else here.
        let of_error = |name| if status < 400 { None } else { response.header(name) };
        let (retry_after, date) = (of_error("Retry-After"), of_error("Date"));
        let etag = response.header("ETag");
        let location = response.header("Location");
        let last_modified = response.header("Last-Modified");
        let cache_control = response.header("Cache-Control");
        let (body, bytes) = response.body(counts_bytes).await?;
        // Boxed, because many hands pass it on.
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

/// Sends a request and reads the whole answer, unless the caller calls it off or it takes too long.
pub(crate) async fn send<P: Platform>(
    platform: &P,
    request: &Request,
    timeout: u32,
    abort: &AbortSignal,
) -> Result<Box<Answer<<P as Json>::Value>>, Failure> {
    let exchange = async {
        let response = platform.send(request, abort).await?;
        Answer::read(response, request.counts_bytes, Secrets::of(request)).await
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
    match send(platform, request, DOCUMENT_TIMEOUT, &AbortSignal::never()).await {
        Ok(answer) => read_document(*answer),
        Err(failure) => Err(outcome_of(&failure)),
    }
}

/// Fetches a document as [`fetch_document`] does, and again after a while where the server is busy or the connection was
/// lost, within the time that a document has.
pub(crate) async fn fetch_patiently<P: Platform>(
    platform: &P,
    request: &Request,
) -> Result<(<P as Json>::Value, f64), String> {
    let deadline = platform.now() + f64::from(DOCUMENT_TIMEOUT) / 1000.0;
    let mut tries = Tries::default();
    loop {
        let left = ((deadline - platform.now()) * 1000.0) as u32;
        let failure = match send(platform, request, left, &AbortSignal::never()).await {
            Ok(answer) if answer.status == 200 => return read_document(*answer),
            Ok(answer) => fhir_error(*answer, &request.url),
            Err(failure) => failure,
        };
        let now = platform.now();
        match tries.wait(&failure, now, chance(platform)) {
            Some(wait) if now + wait < deadline => platform.sleep((wait * 1000.0) as u32).await,
            _ => return Err(outcome_of(&failure)),
        }
    }
}

fn read_document<V>(answer: Answer<V>) -> Result<(V, f64), String> {
    if answer.status != 200 {
        return Err(status_outcome(answer.status));
    }
    let Body::Json(document) = answer.body else { return Err("status 200 with something that is not JSON".into()) };
    Ok((document, answer.cache_control.as_deref().map_or(LIFETIME, lifetime)))
}

fn outcome_of(failure: &Error) -> String {
    match failure {
        Error::Network { .. } => "no answer could be read".to_owned(),
        Error::Timeout { .. } => TOO_LATE.to_owned(),
        Error::Fhir(error) => status_outcome(error.status),
        other => other.code().to_owned(),
    }
}

fn status_outcome(status: u16) -> String {
    format!("status {status}")
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
