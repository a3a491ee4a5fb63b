//! Redirects of requests with an access token. The host must not follow them, because it would send the token and the app's headers to
//! any URL. This module follows a redirect only if the token may be sent to its target.

use crate::abort::AbortSignal;
use crate::client::server::transport::{JsonResponse, REQUEST_TIMEOUT, with_timeout};
use crate::error::{Error, Failure};
use crate::platform::{HttpFailure, HttpResponse, Json, Platform};
use crate::protocol::guard::Guard;
use crate::protocol::http::{Method, Redirect, Request};
use crate::protocol::redaction::Secrets;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

/// The maximum number of redirects of one request.
const MAX_REDIRECTS: usize = 5;

/// An access token, and the guard that decides where it may be sent.
#[derive(Clone, Copy)]
pub(crate) struct Bearer<'a> {
    pub token: &'a AccessToken,
    pub guard: &'a Guard,
}

impl Bearer<'_> {
    /// The request with the token.
    ///
    /// # Errors
    /// [`Error::ForeignUrl`] if the token must not be sent to the URL.
    pub fn authorize(self, request: &Request) -> Result<Request, Failure> {
        let mut request = request.clone();
        request.redirect = Redirect::Manual;
        match self.guard.authorize(&mut request, self.token) {
            Ok(()) => Ok(request),
            Err(_) => Err(Error::ForeignUrl { origin: request.url.origin().into() }.into()),
        }
    }
}

/// Sends a request with a token and waits for the status and headers of the response. A redirect of a GET is followed if the token may
/// be sent to its target.
///
/// # Errors
/// In the inner result [`Error::ForeignUrl`], and [`Error::Redirected`] for a redirect that is not followed.
pub(crate) async fn open<P: Platform>(
    platform: &P,
    request: &Request,
    bearer: Bearer<'_>,
    abort: &AbortSignal,
) -> Result<Result<P::Response, Failure>, HttpFailure> {
    let mut request = match bearer.authorize(request) {
        Ok(request) => request,
        Err(failure) => return Ok(Err(failure)),
    };
    let host: Box<str> = request.url.host().into();
    let redirected = |to: Option<&Url>| {
        let to = to.map(|url| url.without_query().as_str().into());
        Ok(Err(Error::Redirected { host: host.clone(), to }.into()))
    };
    for _ in 0..=MAX_REDIRECTS {
        let response = platform.send(&request, abort).await?;
        if !is_redirect(response.status()) {
            return Ok(Ok(response));
        }
        let location = response.header("Location").and_then(|location| request.url.join(&location).ok());
        if request.method != Method::Get {
            return redirected(location.as_ref());
        }
        let is_hidden = response.status() == 0;
        drop(response);
        let url = if is_hidden { find_target(platform, &request.url, abort).await? } else { location };
        let Some(url) = url else { return redirected(None) };
        if !url.has_origin_of(&request.url) {
            // The token may be sent to another origin that the guard admits; the app's headers may not.
            request.headers.retain(|(name, _)| name.eq_ignore_ascii_case("Accept"));
        }
        request.url = url;
        match bearer.authorize(&request) {
            Ok(authorized) => request = authorized,
            Err(_) => return redirected(Some(&request.url)),
        }
    }
    redirected(Some(&request.url))
}

/// Whether a status is a redirect. Browsers hide redirects behind the status 0.
fn is_redirect(status: u16) -> bool {
    matches!(status, 0 | 301 | 302 | 303 | 307 | 308)
}

/// The target of a URL's redirects. A browser does not reveal the target of a single redirect, so the URL is requested without the token
/// and without the app's headers, and the browser follows. `None` if the server redirects only requests with a token.
async fn find_target<P: Platform>(platform: &P, url: &Url, abort: &AbortSignal) -> Result<Option<Url>, HttpFailure> {
    let mut probe = Request::get(url.clone(), "*/*");
    probe.no_store = true;
    let end = match platform.send(&probe, abort).await {
        Ok(response) => response.url().and_then(|end| Url::parse(&end).ok()),
        Err(HttpFailure::Aborted) => return Err(HttpFailure::Aborted),
        Err(HttpFailure::Network) => None,
    };
    Ok(end.filter(|end| end != url))
}

/// Sends a request with a token and reads the whole response.
///
/// # Errors
/// As [`open`], and as [`send`](crate::client::server::transport::send).
pub(crate) async fn send_with_token<P: Platform>(
    platform: &P,
    request: &Request,
    bearer: Bearer<'_>,
    abort: &AbortSignal,
) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
    let exchange = async {
        match open(platform, request, bearer, abort).await? {
            Ok(response) => {
                let secrets = Secrets::of_token(bearer.token);
                JsonResponse::read(response, request.counts_bytes, secrets).await.map(Ok)
            }
            Err(failure) => Ok(Err(failure)),
        }
    };
    with_timeout(platform, &request.url, REQUEST_TIMEOUT, abort, exchange).await?
}
