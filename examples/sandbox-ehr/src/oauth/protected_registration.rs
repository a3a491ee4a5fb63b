//! "SMART Protected Dynamic Client Registration", a draft that Epic implements: an app that launched as a public client registers a key
//! of this device with its access token, and then gets access tokens with assertions.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::consent::REGISTER_SCOPE;
use super::registration::{Problem, key_set, refused};
use super::{bearer, jwt_grant, random_secret};
use crate::Shared;
use crate::clients::{Client, ClientKeys};

/// `POST oauth2/register`.
pub async fn register(
    State(sandbox): State<Shared>,
    headers: HeaderMap,
    body: Result<Json<Value>, JsonRejection>,
) -> Response {
    let now = sandbox.now();
    let mut store = sandbox.store();
    let token = bearer(&headers).unwrap_or_default();
    let Some(access) = store.grants.access(token, now) else {
        return unauthorized(StatusCode::UNAUTHORIZED, "invalid_token");
    };
    if !access.scopes.iter().any(|scope| scope == REGISTER_SCOPE) {
        return unauthorized(StatusCode::FORBIDDEN, "insufficient_scope");
    }
    let Some(initial) = sandbox.client(&access.client_id) else {
        return unauthorized(StatusCode::UNAUTHORIZED, "invalid_token");
    };
    let (metadata, keys) = match read(&initial, body) {
        Ok(read) => read,
        Err(problem) => return refused(problem),
    };
    let client = Client {
        id: random_secret(),
        name: format!("{}, kept on a device", initial.name),
        redirect_uris: Vec::new(),
        secret: None,
        keys: Some(keys),
    };
    if store.grants.transfer(token, &client.id, now).is_none() {
        return unauthorized(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    sandbox.registrations().add_fixed(&sandbox, client, metadata)
}

/// The registered members: the software and its keys. The server decides everything else.
fn read(
    initial: &Client,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<(Map<String, Value>, ClientKeys), Problem> {
    let Ok(Json(Value::Object(request))) = body else {
        return Err(("invalid_client_metadata", "The body is not a JSON object."));
    };
    if request.get("software_id").and_then(Value::as_str) != Some(&initial.software_id()) {
        return Err(("invalid_client_metadata", "The software_id is not the one of the app that launched."));
    }
    let keys = key_set(request.get("jwks").unwrap_or(&Value::Null))?;
    let mut metadata = Map::new();
    metadata.insert("software_id".to_owned(), initial.software_id().into());
    metadata.insert("grant_types".to_owned(), json!([jwt_grant::GRANT_TYPE]));
    metadata.insert("token_endpoint_auth_method".to_owned(), "none".into());
    Ok((metadata, keys))
}

/// RFC 6750, 3.
fn unauthorized(status: StatusCode, error: &'static str) -> Response {
    let challenge = format!("Bearer realm=\"Epic\", error=\"{error}\"");
    (status, [(WWW_AUTHENTICATE, challenge)], Json(json!({ "error": error }))).into_response()
}
