//! User info (OpenID Connect Core 1.0, 5.3): the user of an access token.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::grants::User;
use super::{bearer, fhir_user, subject};
use crate::people::staff;
use crate::{Sandbox, Shared};

/// `GET` and `POST userinfo`, with the token in the header.
pub async fn userinfo(State(sandbox): State<Shared>, headers: HeaderMap) -> Response {
    let access = bearer(&headers).and_then(|token| sandbox.store().grants.access(token, sandbox.now()));
    let Some(access) = access else {
        return refused(StatusCode::UNAUTHORIZED, "invalid_token");
    };
    let has = |wanted: &str| access.scopes.iter().any(|scope| scope == wanted);
    if !has("openid") {
        return refused(StatusCode::FORBIDDEN, "insufficient_scope");
    }
    let mut claims = json!({ "sub": subject(access.user), "name": name(&sandbox, access.user) });
    if let Some(fhir_user) = fhir_user(&sandbox.config, access.user).filter(|_| has("fhirUser")) {
        claims["fhirUser"] = fhir_user.into();
    }
    ([(CACHE_CONTROL, "no-store")], Json(claims)).into_response()
}

fn name(sandbox: &Sandbox, user: User) -> String {
    match user {
        User::Patient(number) => sandbox.people.person(number).map(|person| person.name()).unwrap_or_default(),
        User::Provider => staff::PROVIDER.name(),
        User::Backend => String::new(),
    }
}

/// RFC 6750, 3.
fn refused(status: StatusCode, error: &'static str) -> Response {
    let challenge = format!("Bearer realm=\"WebChart\", error=\"{error}\"");
    (status, [(WWW_AUTHENTICATE, challenge)], Json(json!({ "error": error }))).into_response()
}
