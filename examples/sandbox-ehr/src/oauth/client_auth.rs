//! Client authentication at the token and introspection endpoints (RFC 6749, 2.3): a public client sends its ID, a confidential one
//! its secret, by HTTP Basic or in the body, or an assertion.

use std::collections::HashMap;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::client_assertion::{self, Assertion};
use crate::Sandbox;
use crate::clients::{Client, ClientKeys, ClientSecret};
use crate::community::has_purpose;
use crate::parameters::Parameters;

const TWO_WAYS: Refused = bad("invalid_request", "The client authenticates in more than one way.");
const NOT_REGISTERED: Refused = unauthorized("This client is not registered here.");

/// The description of an error without one.
pub const NO_DESCRIPTION: &str = "";

/// A response of RFC 6749, 5.2: status, error code, description.
pub type Refused = (StatusCode, &'static str, &'static str);

/// 400 with this error code.
pub const fn bad(error: &'static str, description: &'static str) -> Refused {
    (StatusCode::BAD_REQUEST, error, description)
}

/// 401: the client did not authenticate.
pub const fn unauthorized(description: &'static str) -> Refused {
    (StatusCode::UNAUTHORIZED, "invalid_client", description)
}

/// The client of a request that was posted to `endpoint`.
pub async fn identify(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    form: &Parameters,
    endpoint: &str,
) -> Result<Client, Refused> {
    if let Some(assertion) = form.get("client_assertion") {
        if headers.contains_key(AUTHORIZATION) || form.get("client_secret").is_some() {
            return Err(TWO_WAYS);
        }
        return by_assertion(sandbox, assertion, form, endpoint).await;
    }
    let (client_id, secret) = match headers.get(AUTHORIZATION) {
        Some(header) => {
            let basic = header.to_str().ok().and_then(basic);
            let (client_id, secret) = basic.ok_or(unauthorized("The Authorization header is not Basic."))?;
            if form.get("client_secret").is_some() || form.get("client_id").is_some_and(|id| id != client_id) {
                return Err(TWO_WAYS);
            }
            (client_id, Some(secret))
        }
        None => {
            let client_id = form.get("client_id").ok_or(bad("invalid_request", "The client_id is missing."))?;
            (client_id.to_owned(), form.get("client_secret").map(str::to_owned))
        }
    };
    let client = registered(sandbox, &client_id)?;
    if client.keys.is_some() {
        return Err(unauthorized("This client must authenticate with its key."));
    }
    match (&client.secret, secret) {
        (None, None) => Ok(client),
        (None, Some(_)) => Err(unauthorized("This client is public and has no secret or key.")),
        (Some(_), None) => Err(unauthorized("This client must authenticate with its secret.")),
        (Some(own), Some(sent)) if *own == ClientSecret::new(sent.as_str()) => Ok(client),
        (Some(_), Some(_)) => Err(unauthorized("The secret of the client is not right.")),
    }
}

/// The client with this ID.
pub fn registered(sandbox: &Sandbox, client_id: &str) -> Result<Client, Refused> {
    sandbox.client(client_id).ok_or(NOT_REGISTERED)
}

/// The client whose key signed the assertion. The assertion cannot be used again.
async fn by_assertion(
    sandbox: &Sandbox,
    assertion: &str,
    form: &Parameters,
    endpoint: &str,
) -> Result<Client, Refused> {
    if form.get("client_assertion_type") != Some(client_assertion::TYPE) {
        return Err(bad("invalid_request", "The client_assertion_type is not jwt-bearer."));
    }
    let assertion = Assertion::parse(assertion)?;
    if form.get("client_id").is_some_and(|id| id != assertion.client_id()) {
        return Err(bad("invalid_request", "The client_id is not the one of the assertion."));
    }
    let client = registered(sandbox, assertion.client_id())?;
    if matches!(client.keys, Some(ClientKeys::Certificates(_))) {
        check_community(form, &assertion)?;
    }
    prove(sandbox, assertion, &client, endpoint).await?;
    Ok(client)
}

/// What a request of an app of the trust community has in addition (UDAP Security 2.0, 5.2).
fn check_community(form: &Parameters, assertion: &Assertion<'_>) -> Result<(), Refused> {
    if form.get("udap") != Some("1") {
        return Err(bad("invalid_request", "The parameter udap is not 1."));
    }
    let claims = assertion.all_claims().unwrap_or_default();
    if form.get("grant_type") == Some("client_credentials") && !has_purpose(claims.get("extensions")) {
        return Err(bad("invalid_grant", "The extension hl7-b2b is missing or incomplete."));
    }
    Ok(())
}

/// Checks that a key of this client signed the assertion for `endpoint`, and marks it as used.
pub async fn prove(
    sandbox: &Sandbox,
    assertion: Assertion<'_>,
    client: &Client,
    endpoint: &str,
) -> Result<(), Refused> {
    let registered = client.keys.as_ref().ok_or(unauthorized("This client has no key."))?;
    let now = sandbox.now();
    let token_endpoint = sandbox.config.token_endpoint();
    let proof = match registered {
        ClientKeys::Certificates(uri) => {
            let community = sandbox.community.as_ref().ok_or(unauthorized("There is no community."))?;
            let signer = community.signer(assertion.certificates(), now).map_err(unauthorized)?;
            if !signer.uris.contains(uri) {
                return Err(unauthorized("The certificate is not the client's."));
            }
            assertion.verify_by(&signer.key, &[&token_endpoint], now)?
        }
        keys => {
            let keys = client_assertion::keys(keys).await?;
            assertion.verify(&keys, &[&token_endpoint, endpoint], now)?
        }
    };
    if sandbox.store().assertions.use_once(&client.id, &proof.jti, proof.expires, now) {
        Ok(())
    } else {
        Err(unauthorized("The assertion was used before: make a new one, with another jti."))
    }
}

/// The used assertions that have not expired.
#[derive(Default)]
pub struct Assertions(HashMap<(String, String), u64>);

impl Assertions {
    /// Marks the `jti` of a client as used; returns false if it already was.
    pub fn use_once(&mut self, client_id: &str, jti: &str, expires: u64, now: u64) -> bool {
        self.0.retain(|_, expires| *expires > now);
        self.0.insert((client_id.to_owned(), jti.to_owned()), expires).is_none()
    }
}

/// Client id and secret of a Basic header, both form-encoded (RFC 6749, 2.3.1).
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
