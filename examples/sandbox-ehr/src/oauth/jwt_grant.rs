//! Access tokens for a signed assertion (RFC 7523, 2.1): for a client that registered its own key.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};

use super::client_assertion::Assertion;
use super::client_auth::{self, NO_DESCRIPTION, Refused, bad};
use super::grants::Tokens;
use super::token::scopes_of;
use crate::Sandbox;
use crate::control::Deviation;
use crate::parameters::Parameters;

pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Tokens for the grant of the client that signed the assertion. Its `client_id` identifies the user who allowed the registration.
pub async fn exchange(sandbox: &Sandbox, headers: &HeaderMap, form: &Parameters) -> Result<Tokens, Refused> {
    let is_sent = |name: &&str| form.get(name).is_some();
    if headers.contains_key(AUTHORIZATION) || ["client_secret", "client_assertion"].iter().any(is_sent) {
        return Err(bad("invalid_request", "This grant only takes the assertion, and no client authentication."));
    }
    let assertion = form.get("assertion").ok_or(bad("invalid_request", "The assertion is missing."))?;
    let assertion = Assertion::parse(assertion).map_err(as_grant)?;
    if form.get("client_id").is_some_and(|id| id != assertion.client_id()) {
        return Err(bad("invalid_request", "The client_id is not the one of the assertion."));
    }
    let client = client_auth::registered(sandbox, assertion.client_id())?;
    if !sandbox.registrations().allow(&client.id, GRANT_TYPE) {
        return Err(bad("unauthorized_client", "This client did not register for this grant."));
    }
    client_auth::prove(sandbox, assertion, &client, &sandbox.config.token_endpoint()).await.map_err(as_grant)?;
    let (now, ttl) = (sandbox.now(), sandbox.config.token_ttl.as_secs());
    let mut store = sandbox.store();
    if store.grants.is_new_client(&client.id) && sandbox.meets(Deviation::NewClientRefused) {
        return Err(bad("invalid_grant", NO_DESCRIPTION));
    }
    let tokens = store.grants.issue_by_key(&client.id, scopes_of(form), now, ttl);
    tokens.map_err(|(error, description)| bad(error, description))
}

/// An invalid assertion is an invalid grant here (RFC 7523, 3.1), not an invalid client.
fn as_grant((_, _, description): Refused) -> Refused {
    (StatusCode::BAD_REQUEST, "invalid_grant", description)
}
