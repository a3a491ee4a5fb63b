//! Revocation (RFC 7009): a client revokes its token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::client_auth::{self, Refused, bad};
use crate::parameters::Parameters;
use crate::{Sandbox, Shared};

/// `POST revoke`. An unknown token counts as revoked (RFC 7009, 2.2).
pub async fn revoke(State(sandbox): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    match run(&sandbox, &headers, &Parameters::parse(&body)).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err((status, error, description)) => {
            (status, Json(json!({ "error": error, "error_description": description }))).into_response()
        }
    }
}

async fn run(sandbox: &Sandbox, headers: &HeaderMap, form: &Parameters) -> Result<(), Refused> {
    let endpoint = sandbox.config.at(sandbox.config.dialect.paths().revoke.unwrap_or_default());
    let client = client_auth::identify(sandbox, headers, form, &endpoint).await?;
    let token = form.get("token").ok_or(bad("invalid_request", "The token is missing."))?;
    if sandbox.store().grants.revoke_token(&client.id, token) {
        Ok(())
    } else {
        Err(bad("unauthorized_client", "The token was made for another client."))
    }
}
