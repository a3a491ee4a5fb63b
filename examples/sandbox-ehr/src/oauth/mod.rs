//! The authorization server (RFC 6749, SMART App Launch 2.2): discovery documents, the authorization endpoint with its scope
//! confirmation page, the endpoints for tokens, introspection, revocation, user info and registration, client authentication, launch
//! tokens and the key that signs them. [`grants::Grants`] stores the grants. Nothing here knows what a resource contains.

pub mod authorize;
pub mod client_assertion;
pub mod client_auth;
pub mod confirm;
pub mod consent;
pub mod discovery;
mod forgery;
pub mod grants;
mod id_token;
pub mod introspect;
mod jwt_grant;
pub mod keys;
pub mod launch_token;
pub mod protected_registration;
pub mod registration;
pub mod request;
pub mod revoke;
pub mod token;
pub mod userinfo;

pub use keys::SystemKey;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use self::grants::User;
use crate::config::Config;
use crate::people::PROVIDER_ID;

/// The URL of a user's resource. A backend has none.
pub fn fhir_user(config: &Config, user: User) -> Option<String> {
    let base = config.fhir_base();
    match user {
        User::Patient(number) => Some(format!("{base}/Patient/{number}")),
        User::Provider => Some(format!("{base}/Practitioner/{PROVIDER_ID}")),
        User::Backend => None,
    }
}

/// The `sub` of a user (OpenID Connect Core 1.0, 2).
pub fn subject(user: User) -> String {
    match user {
        User::Patient(number) => format!("patient-{number}"),
        User::Provider => format!("practitioner-{PROVIDER_ID}"),
        User::Backend => "backend".to_owned(),
    }
}

/// The token of a request (RFC 6750, 2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// 256 bits from the operating system, as text that needs no encoding in a URL.
pub fn random_secret() -> String {
    let mut bytes = [0_u8; 32];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The S256 challenge of a verifier (RFC 7636, 4.2).
pub fn s256_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// The `at_hash` of an access token under RS256 (OpenID Connect Core 1.0, 3.1.3.6).
pub fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token.as_bytes())[..16])
}
