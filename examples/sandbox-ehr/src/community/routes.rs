//! Where the community and its authority are.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::{metadata, registration};
use crate::Shared;

/// The registration endpoint, below the base.
pub const REGISTER: &str = "/udap/register";

/// The metadata, the registration endpoint, and the authority: its certificate, its list of revoked certificates, and where it issues certificates.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/webchart.cgi/fhir/.well-known/udap", get(metadata::udap))
        .route("/webchart.cgi/udap/register", post(registration::register))
        .route("/webchart.cgi/community/anchors.pem", get(anchors))
        .route("/webchart.cgi/community/revoked.crl", get(revoked))
        .route("/webchart.cgi/community/certificates", post(issue))
}

async fn anchors(State(sandbox): State<Shared>) -> Response {
    let community = sandbox.community.as_ref();
    let pem = community.map(|community| community.anchor().to_owned()).unwrap_or_default();
    ([(CONTENT_TYPE, "application/x-pem-file")], pem).into_response()
}

async fn revoked(State(sandbox): State<Shared>) -> Response {
    match sandbox.community.as_ref().and_then(|community| community.revocation_list()) {
        Some(list) => ([(CONTENT_TYPE, "application/pkix-crl")], list).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Issues a certificate to everybody who asks: the community is made up.
async fn issue(State(sandbox): State<Shared>, request: String) -> Response {
    let issued = sandbox.community.as_ref().map(|community| community.issue(&request));
    match issued {
        Some(Ok(pem)) => ([(CONTENT_TYPE, "application/x-pem-file")], pem).into_response(),
        Some(Err(problem)) => (StatusCode::BAD_REQUEST, problem).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
