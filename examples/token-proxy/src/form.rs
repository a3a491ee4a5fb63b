//! Which requests are passed on, and what of them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::{Serializer, byte_serialize, parse};
use std::collections::HashMap;

use crate::Settings;

/// The parameters of a token request for a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5), those of a refresh (RFC 6749
/// section 6) and those of a revocation (RFC 7009 section 2.1). No others are passed on: neither those that would authenticate a
/// client, for which the secret stands, nor any that only the server knows.
const CODE: [&str; 4] = ["grant_type", "code", "redirect_uri", "code_verifier"];
const REFRESH: [&str; 3] = ["grant_type", "refresh_token", "scope"];
const REVOCATION: [&str; 2] = ["token", "token_type_hint"];

/// What the browser says of the page that sent a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'a> {
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `Sec-Fetch-Site` header, which browsers send with what they fetch by https or on this machine.
    pub site: Option<&'a str>,
}

/// A request to the server, authenticated as the client.
pub struct Upstream {
    /// Where it goes.
    pub url: String,
    /// The form.
    pub body: String,
    /// The `Authorization` header; `None` if the authenticator adds parameters to the form.
    pub authorization: Option<String>,
}

/// Why a request was not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The OAuth error code (RFC 6749 section 5.2).
    pub error: &'static str,
    /// The reason.
    pub description: String,
}

impl Refusal {
    pub(crate) fn forbidden(description: &str) -> Self {
        Self { status: StatusCode::FORBIDDEN, error: "unauthorized_client", description: description.to_owned() }
    }

    fn wrong(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = HashMap::from([("error", self.error.to_owned()), ("error_description", self.description)]);
        (self.status, [("Cache-Control", "no-store")], Json(body)).into_response()
    }
}

impl Settings {
    /// The request to the server for a form that a page posted.
    ///
    /// # Errors
    /// For a page of another origin, another client, another grant than a user's, and a parameter that comes twice.
    pub fn pass_on(&self, caller: Caller<'_>, form: &[u8]) -> Result<Upstream, Refusal> {
        let is_own = caller.origin == Some(&self.app_origin) && caller.site.is_none_or(|site| site == "same-origin");
        if !is_own {
            return Err(Refusal::forbidden("only the app's own pages may post here"));
        }
        let parameters = read(form)?;
        let value = |name: &str| parameters.get(name).map(String::as_str);
        if value("client_id").is_some_and(|client_id| client_id != self.client_id) {
            return Err(Refusal::wrong("invalid_request", "client_id is another client's"));
        }
        let (url, names) = match (value("grant_type"), value("token"), &self.revocation_endpoint) {
            (Some("authorization_code"), ..) => (&self.token_endpoint, &CODE[..]),
            (Some("refresh_token"), ..) => (&self.token_endpoint, &REFRESH[..]),
            (None, Some(_), Some(revocation)) => (revocation, &REVOCATION[..]),
            _ => return Err(Refusal::wrong("unsupported_grant_type", "only users' tokens are passed on")),
        };
        let passed = names.iter().filter_map(|name| Some((*name, value(name)?)));
        // It is written anew, so that the server reads the same parameters as this proxy did.
        let body = Serializer::new(String::new()).extend_pairs(passed).finish();
        Ok(Upstream { url: url.clone(), body, authorization: self.authorization() })
    }

    /// Client id and secret, each form-encoded first (RFC 6749 section 2.3.1), if there is a secret.
    fn authorization(&self) -> Option<String> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&self.client_id), encoded(self.client_secret.as_deref()?));
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// The parameters of a form. One without a value is as absent; none may come twice, as servers differ in which of the two they
/// take (RFC 6749 section 3.2).
fn read(form: &[u8]) -> Result<HashMap<String, String>, Refusal> {
    let mut parameters = HashMap::new();
    for (name, value) in parse(form).into_owned() {
        if parameters.insert(name.clone(), value).is_some() {
            return Err(Refusal::wrong("invalid_request", format!("{name} comes twice")));
        }
    }
    parameters.retain(|_, value| !value.is_empty());
    Ok(parameters)
}
