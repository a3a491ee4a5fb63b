//! A mediating backend for an app whose server wants a shared secret: the app's own server takes its token requests, adds the
//! secret, and passes them on. Everything else goes straight from the page to the EHR.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Parser;
use form_urlencoded::{Serializer, byte_serialize, parse};

/// What the proxy knows.
#[derive(Clone, Parser)]
#[command(version, about)]
pub struct Settings {
    /// The origin of the app's pages: requests of any other are refused.
    #[arg(long, env = "APP_ORIGIN", default_value = "http://localhost:8080")]
    pub app_origin: String,
    /// The server's token endpoint.
    #[arg(long, env = "TOKEN_ENDPOINT")]
    pub token_endpoint: String,
    /// The server's revocation endpoint, where it has one.
    #[arg(long, env = "REVOCATION_ENDPOINT")]
    pub revocation_endpoint: Option<String>,
    /// The client id.
    #[arg(long, env = "CLIENT_ID")]
    pub client_id: String,
    /// The client secret. Give it by the environment, where other users of the machine do not see it.
    #[arg(long, env = "CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: String,
}

/// A request to the server, authenticated as the client.
pub struct Upstream {
    /// Where it goes.
    pub url: String,
    /// The form.
    pub body: String,
    /// The `Authorization` header.
    pub authorization: String,
}

impl Settings {
    /// What becomes of a form that a page posted.
    ///
    /// # Errors
    /// The status to refuse it with, and why: another origin's page, another client, another grant than a user's.
    pub fn pass_on(&self, origin: Option<&str>, form: &[u8]) -> Result<Upstream, (StatusCode, &'static str)> {
        if origin != Some(&self.app_origin) {
            return Err((StatusCode::FORBIDDEN, "only the app's own pages may ask"));
        }
        let mut pairs: Vec<_> = parse(form).into_owned().collect();
        let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if value("client_id").is_some_and(|client_id| client_id != self.client_id) {
            return Err((StatusCode::BAD_REQUEST, "it is another client's"));
        }
        let url = match (value("grant_type"), value("token"), &self.revocation_endpoint) {
            (Some("authorization_code" | "refresh_token"), ..) => &self.token_endpoint,
            (None, Some(_), Some(revocation)) => revocation,
            _ => return Err((StatusCode::BAD_REQUEST, "it is neither a user's token request nor a revocation")),
        };
        // The secret speaks for the client; nothing that a page sent may do so beside it.
        pairs.retain(|(name, _)| !name.starts_with("client_"));
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = [encoded(&self.client_id), encoded(&self.client_secret)].join(":");
        let authorization = format!("Basic {}", STANDARD.encode(pair));
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        Ok(Upstream { url: url.clone(), body, authorization })
    }
}

/// The proxy, at `/token-proxy`.
pub fn router(settings: Settings) -> Router {
    Router::new().route("/token-proxy", post(answer)).with_state(Arc::new(settings))
}

async fn answer(State(settings): State<Arc<Settings>>, headers: HeaderMap, form: axum::body::Bytes) -> Response {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let upstream = match settings.pass_on(origin, &form) {
        Ok(upstream) => upstream,
        Err(refusal) => return refusal.into_response(),
    };
    let sent = tokio::task::spawn_blocking(move || send(&upstream)).await;
    let Ok(Ok((status, body))) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

fn send(upstream: &Upstream) -> Result<(StatusCode, String), ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    let request = ureq::Agent::new_with_config(config).post(&upstream.url);
    let request = request.header("Authorization", &upstream.authorization).header("Accept", "application/json");
    let mut response = request.content_type("application/x-www-form-urlencoded").send(&upstream.body)?;
    Ok((response.status(), response.body_mut().read_to_string()?))
}
