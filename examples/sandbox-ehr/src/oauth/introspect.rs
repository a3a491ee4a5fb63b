//! Introspection (RFC 7662; SMART App Launch 2.2, 7.2): the data of a token, for a caller that has the token and for its
//! client. For everyone else, the token is not active.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::client_auth;
use super::grants::Introspected;
use super::{bearer, fhir_user, subject};
use crate::parameters::Parameters;
use crate::{Sandbox, Shared};

/// `POST oauth/introspect/`.
pub async fn introspect(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let mut response = match (form.get("token"), caller(&sandbox, &headers, &form).await) {
        (_, None) => unauthorized(),
        (None, Some(_)) => {
            let problem = json!({ "error": "invalid_request", "error_description": "The token is missing." });
            (StatusCode::BAD_REQUEST, Json(problem)).into_response()
        }
        (Some(token), Some(caller)) => {
            let found = sandbox.store().grants.introspect(token, sandbox.now());
            let found = found.filter(|found| caller.may_see(token, found));
            Json(found.map_or_else(|| json!({ "active": false }), |found| description(&sandbox, &found)))
                .into_response()
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, "no-store".parse().expect("a valid header value"));
    response
}

/// Who calls the endpoint.
enum Caller {
    /// A caller with this token, which may be invalid.
    Bearer(String),
    /// A client that authenticated.
    Client(String),
}

impl Caller {
    fn may_see(&self, token: &str, found: &Introspected) -> bool {
        match self {
            Self::Bearer(own) => own == token,
            Self::Client(id) => *id == found.grant.client_id,
        }
    }
}

async fn caller(sandbox: &Sandbox, headers: &HeaderMap, form: &Parameters) -> Option<Caller> {
    if let Some(token) = bearer(headers) {
        return Some(Caller::Bearer(token.to_owned()));
    }
    let endpoint = sandbox.config.at(sandbox.config.dialect.paths().introspect.unwrap_or_default());
    let client = client_auth::identify(sandbox, headers, form, &endpoint).await.ok()?;
    (!client.is_public()).then(|| Caller::Client(client.id.clone()))
}

fn unauthorized() -> Response {
    let problem = json!({
        "error": "invalid_client",
        "error_description": "Present the token itself as Bearer, or authenticate as its client."
    });
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer realm=\"WebChart\"")], Json(problem)).into_response()
}

fn description(sandbox: &Sandbox, found: &Introspected) -> Value {
    let (config, grant) = (&sandbox.config, &found.grant);
    let has = |wanted: &str| found.scopes.iter().any(|scope| scope == wanted);
    let mut body = json!({
        "active": true,
        "scope": found.scopes.join(" "),
        "client_id": grant.client_id,
        "exp": found.expires,
    });
    let mut add = |name: &str, value: String| body[name] = value.into();
    if found.is_access_token {
        add("token_type", "Bearer".to_owned());
    }
    if has("openid") {
        add("iss", config.issuer());
        add("sub", subject(grant.user));
    }
    if let Some(fhir_user) = fhir_user(config, grant.user).filter(|_| has("fhirUser")) {
        add("fhirUser", fhir_user);
    }
    if let Some(patient) = grant.patient {
        add("patient", patient.to_string());
    }
    if let Some(encounter) = grant.launch.as_ref().and_then(|launch| launch.encounter.as_ref()) {
        add("encounter", encounter.clone());
    }
    body
}
