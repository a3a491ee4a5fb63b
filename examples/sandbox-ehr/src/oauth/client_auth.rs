//! Who calls the token and the introspection endpoint (RFC 6749, 2.3): a public client names itself, a confidential one
//! proves that it knows its secret, by HTTP Basic or in the body.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::{Client, ClientSecret, Config};
use crate::parameters::Parameters;

/// An answer of RFC 6749, 5.2: status, error code, description.
pub type Refused = (StatusCode, &'static str, &'static str);

/// 400 with this error code.
pub const fn bad(error: &'static str, description: &'static str) -> Refused {
    (StatusCode::BAD_REQUEST, error, description)
}

const fn unauthorized(description: &'static str) -> Refused {
    (StatusCode::UNAUTHORIZED, "invalid_client", description)
}

/// The client of a request.
pub fn identify<'a>(config: &'a Config, headers: &HeaderMap, form: &Parameters) -> Result<&'a Client, Refused> {
    if form.get("client_assertion").is_some() {
        return Err(unauthorized("No client has a key here."));
    }
    let (client_id, secret) = match headers.get(AUTHORIZATION) {
        Some(header) => {
            let basic = header.to_str().ok().and_then(basic);
            let (client_id, secret) = basic.ok_or(unauthorized("The Authorization header is not Basic."))?;
            if form.get("client_secret").is_some() || form.get("client_id").is_some_and(|id| id != client_id) {
                return Err(bad("invalid_request", "The client authenticates in more than one way."));
            }
            (client_id, Some(secret))
        }
        None => {
            let client_id = form.get("client_id").ok_or(bad("invalid_request", "The client_id is missing."))?;
            (client_id.to_owned(), form.get("client_secret").map(str::to_owned))
        }
    };
    let client = config.client(&client_id).ok_or(unauthorized("This client is not registered here."))?;
    match (&client.secret, secret) {
        (None, None) => Ok(client),
        (None, Some(_)) => Err(unauthorized("This client is public and has no secret or key.")),
        (Some(_), None) => Err(unauthorized("This client must authenticate with its secret.")),
        (Some(own), Some(sent)) if *own == ClientSecret::new(sent.as_str()) => Ok(client),
        (Some(_), Some(_)) => Err(unauthorized("The secret of the client is not right.")),
    }
}

/// Client id and secret of a Basic header, each of which was form-encoded before (RFC 6749, 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    let bytes = STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(bytes).ok()?;
    let (client_id, secret) = credentials.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("Basic"))?;
    Some((form_decoded(client_id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("{text}=");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
