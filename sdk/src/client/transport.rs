//! Sends one request, for so long and no longer.

use futures_util::future::{Either, select};

use crate::abort::{AbortHandle, AbortSignal};
use crate::error::{Error, Failure};
use crate::platform::{Body, HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::http::Request;

/// How long a configuration document may take, in milliseconds.
pub(crate) const DOCUMENT_TIMEOUT: u32 = 10_000;
/// How long a token or FHIR request may take, in milliseconds.
pub(crate) const REQUEST_TIMEOUT: u32 = 60_000;

/// A response that has arrived whole.
pub(crate) struct Answer<V> {
    pub status: u16,
    /// Of an error alone, as `etag`.
    pub retry_after: Option<String>,
    pub etag: Option<String>,
    pub cache_control: Option<String>,
    pub body: Body<V>,
}

/// Sends a request and reads the whole answer, unless the caller calls it off or it takes too long.
pub(crate) async fn send<P: Platform>(
    platform: &P,
    request: &Request,
    timeout: u32,
    abort: &AbortSignal,
) -> Result<Answer<<P as Json>::Value>, Failure> {
    if abort.is_aborted() {
        return Err(Error::Aborted.into());
    }
    let host = || request.url.host().into();
    let own_abort = AbortHandle::new();
    let signal = own_abort.signal();
    let exchange = Box::pin(async {
        let response = platform.send(request, &signal).await?;
        let status = response.status();
        let of_error = |name: &str| if status >= 400 { response.header(name) } else { None };
        Ok(Answer {
            status,
            retry_after: of_error("Retry-After"),
            etag: of_error("ETag"),
            cache_control: response.header("Cache-Control"),
            body: response.body().await?,
        })
    });
    let too_late = Box::pin(platform.sleep(timeout));
    let given_up = select(too_late, abort.aborted());
    match select(exchange, given_up).await {
        Either::Left((Ok(answer), _)) => Ok(answer),
        Either::Left((Err(HttpFailure::Network), _)) => Err(Error::Network { host: host() }.into()),
        Either::Left((Err(HttpFailure::Aborted), _)) => Err(Error::Aborted.into()),
        Either::Right((reason, _)) => {
            own_abort.abort();
            Err(match reason {
                Either::Left(_) => Error::Timeout { host: host() },
                Either::Right(_) => Error::Aborted,
            }
            .into())
        }
    }
}
