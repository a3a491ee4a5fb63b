//! The ID token (OpenID Connect Core 1.0, 2; SMART App Launch 2.2, 2.0.13).

use axum::http::StatusCode;
use serde::Serialize;

use super::client_auth::Refused;
use super::grants::{Source, Tokens};
use super::{at_hash, fhir_user, forgery, subject};
use crate::Sandbox;

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
struct Claims<'a> {
    iss: String,
    sub: String,
    aud: &'a str,
    iat: u64,
    exp: u64,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(rename = "fhirUser", skip_serializing_if = "Option::is_none")]
    fhir_user: Option<String>,
}

/// The signed ID token for the user of these tokens.
pub fn id_token(sandbox: &Sandbox, tokens: &Tokens) -> Result<String, Refused> {
    let config = &sandbox.config;
    let now = sandbox.now();
    let has_fhir_user = tokens.scopes.iter().any(|scope| scope == "fhirUser");
    let claims = Claims {
        iss: config.issuer(),
        sub: subject(tokens.grant.user),
        aud: &tokens.grant.client_id,
        iat: now,
        exp: now + config.token_ttl.as_secs(),
        at_hash: at_hash(&tokens.access_token),
        nonce: tokens.nonce.as_deref(),
        fhir_user: has_fhir_user.then(|| fhir_user(config, tokens.grant.user)).flatten(),
    };
    let key = sandbox.signing_key();
    let signed = match &sandbox.control {
        Some(control) => serde_json::to_value(&claims)
            .ok()
            .and_then(|claims| forgery::sign(control, &key, claims, tokens.source == Source::RefreshToken)),
        None => key.sign("JWT", &claims).ok(),
    };
    signed.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The ID token could not be signed."))
}
