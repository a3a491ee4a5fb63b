//! The details of some errors.

use super::message::{after_space, in_brackets};
use crate::fhir::outcome::OperationOutcome;

/// A document that discovery requested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {outcome}")]
pub struct DiscoveryAttempt {
    /// The document's URL.
    pub url: String,
    /// The outcome.
    pub outcome: String,
}

/// A member of a configuration that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member} is wrong: {problem}")]
pub struct ConfigurationError {
    /// The member, such as `redirectUri`.
    pub member: String,
    /// What is wrong.
    pub problem: String,
}

/// A check that an ID token failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{check}: {problem}")]
pub struct IdTokenError {
    /// Which check failed.
    pub check: &'static str,
    /// The problem.
    pub problem: String,
}

/// An OAuth error from the server. Show its strings as text, never as HTML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}{}", in_brackets(.description.as_deref()))]
pub struct OAuthError {
    /// The code, such as `access_denied`.
    pub error: String,
    /// `error_description`.
    pub description: Option<String>,
    /// `error_uri`.
    pub uri: Option<String>,
    /// The HTTP status of a token response; `None` for a redirect.
    pub status: Option<u16>,
    /// A sentence with a suggestion for this request.
    pub hint: Option<String>,
}

/// An introspection or revocation that the server refused, or whose response was not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("(status {status}): {problem}.{}", after_space(*.hint))]
pub struct RefusedRequest {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with the response, or the OAuth error's message.
    pub problem: String,
    /// The OAuth error, if the server returned one.
    pub oauth: Option<OAuthError>,
    /// A sentence with a suggestion.
    pub hint: Option<&'static str>,
}

/// An error status of a FHIR server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} returned the status {status}{}", .operation_outcome.as_ref().and_then(OperationOutcome::first_text).or(.text.as_deref()).map_or_else(|| ".".to_owned(), |text| format!(": {text}")))]
pub struct FhirError {
    /// The HTTP status.
    pub status: u16,
    /// The host of the response.
    pub host: String,
    /// The OperationOutcome in the body, if there is one.
    pub operation_outcome: Option<OperationOutcome>,
    /// The server's message if there is no OperationOutcome: plain text, or the message of another JSON object. Show it as
    /// text, never as HTML.
    pub text: Option<String>,
    /// `Retry-After`, unchanged.
    pub retry_after: Option<String>,
    /// `ETag`, unchanged.
    pub etag: Option<String>,
}

impl FhirError {
    pub(super) fn code(&self) -> &'static str {
        match self.status {
            401 => "unauthorized",
            403 => "forbidden",
            404 => "not_found",
            409 => "conflict",
            410 => "gone",
            412 => "precondition_failed",
            422 => "unprocessable",
            429 => "too_many_requests",
            _ => "fhir_error",
        }
    }
}
