//! Refusals, as OperationOutcomes.

use axum::http::StatusCode;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::fhir_json;

/// The response of a server that uses status 200 for an error.
pub fn of_trouble() -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "error", "code": "processing", "diagnostics": "The record is being moved." }]
    })
}

/// Why a FHIR request is refused.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// A code of FHIR R4's issue-type.
    code: &'static str,
    diagnostics: String,
    challenge: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, diagnostics: impl Into<String>) -> Self {
        Self { status, code, diagnostics: diagnostics.into(), challenge: None }
    }

    /// 401 without a token (RFC 6750, 3.1: without an error code if the request has no token).
    pub fn no_token() -> Self {
        Self {
            challenge: Some("Bearer realm=\"WebChart\""),
            ..Self::new(StatusCode::UNAUTHORIZED, "login", "This request needs an access token.")
        }
    }

    /// 401 with a token that is invalid or has expired.
    pub fn dead_token() -> Self {
        Self {
            challenge: Some("Bearer realm=\"WebChart\", error=\"invalid_token\""),
            ..Self::new(StatusCode::UNAUTHORIZED, "expired", "The access token has expired or was revoked.")
        }
    }

    pub fn forbidden(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", diagnostics)
    }

    pub fn not_found(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", diagnostics)
    }

    pub fn not_acceptable(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "not-supported", diagnostics)
    }

    pub fn not_supported(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "not-supported", diagnostics)
    }

    pub fn invalid(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", diagnostics)
    }

    /// 412, for a change that is not based on the current version.
    pub fn outdated() -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "conflict", "This is not the current version.")
    }

    /// 500, for an error of the server itself.
    pub fn failed(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "exception", diagnostics)
    }

    /// 500, for an error that may be temporary.
    pub fn transient(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "transient", diagnostics)
    }

    pub fn required(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "required", diagnostics)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let outcome = json!({
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": "error", "code": self.code, "diagnostics": self.diagnostics }]
        });
        let mut response = fhir_json(self.status, &outcome);
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
