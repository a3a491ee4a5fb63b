//! A mediating backend for an app with a client secret, or with a key that its authenticator holds: the app's own server receives its token
//! requests, adds the secret or an assertion, and forwards them. All other requests go directly from the page to the EHR.
//!
//! The module `form` decides which requests are passed on, and what of them; `authenticator` requests an assertion.

mod authenticator;
mod form;
mod header_rules;
mod settings;
mod site;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};

pub use form::{Caller, Refusal, Upstream};
pub use header_rules::HeaderRules;
pub use settings::Settings;
pub use site::site;

/// The longest form that is read, in bytes: a code or token of several kilobytes fits.
const LONGEST_FORM: usize = 64 * 1024;
/// The longest response that is passed on, in bytes.
const LONGEST_RESPONSE: u64 = 1024 * 1024;

struct Proxy {
    settings: Settings,
    agent: ureq::Agent,
}

/// The proxy, at `/token-proxy`.
pub fn router(settings: Settings) -> Router {
    // A redirect is never followed: it would carry the secret and the token to another place.
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(settings.upstream_timeout))
        .build();
    let proxy = Proxy { settings, agent: ureq::Agent::new_with_config(config) };
    Router::new()
        .route("/token-proxy", post(handle))
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .with_state(Arc::new(proxy))
}

async fn handle(State(proxy): State<Arc<Proxy>>, headers: HeaderMap, form: Bytes) -> Response {
    let upstream = match caller(&headers).and_then(|caller| proxy.settings.pass_on(caller, &form)) {
        Ok(upstream) => upstream,
        Err(refusal) => return refusal.into_response(),
    };
    let sent = tokio::task::spawn_blocking(move || {
        let upstream = authenticator::complete(&proxy.agent, &proxy.settings, upstream)?;
        send(&proxy.agent, &upstream)
    });
    match sent.await {
        Ok(Ok(response)) => response,
        Ok(Err(ureq::Error::Timeout(_))) => StatusCode::GATEWAY_TIMEOUT.into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// What the browser says of the page that sent a request.
fn caller(headers: &HeaderMap) -> Result<Caller<'_>, Refusal> {
    let single = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|value| value.to_str().unwrap_or_default())),
            _ => Err(Refusal::forbidden("a header about its page comes twice")),
        }
    };
    Ok(Caller { origin: single(header::ORIGIN)?, site: single(HeaderName::from_static("sec-fetch-site"))? })
}

/// Sends a request to the server, and makes of its response the one for the page: status and body, and no header but one.
fn send(agent: &ureq::Agent, upstream: &Upstream) -> Result<Response, ureq::Error> {
    let request = agent.post(&upstream.url);
    let request = request.header("Accept", "application/json");
    let request = match &upstream.authorization {
        Some(authorization) => request.header("Authorization", authorization),
        None => request,
    };
    let mut response = request.content_type("application/x-www-form-urlencoded").send(&upstream.body)?;
    if response.status().is_redirection() {
        return Err(ureq::Error::RedirectFailed);
    }
    let mut headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]);
    headers.extend(response.headers_mut().remove(header::RETRY_AFTER).map(|value| (header::RETRY_AFTER, value)));
    let status = response.status();
    let body = response.body_mut().with_config().limit(LONGEST_RESPONSE).read_to_string()?;
    Ok((status, headers, body).into_response())
}
