//! Errors without the secrets that a server repeated.

use super::{Error, Failure, FhirError, HubError, HubRefusal, OAuthError};
use crate::fhir::outcome::OperationOutcome;
use crate::protocol::redaction::Secrets;

impl Failure {
    /// The failure with `[redacted]` in place of each secret that the server's text repeats.
    pub(crate) fn without(self, secrets: &Secrets) -> Self {
        let redact = |text: Box<str>| secrets.redact(&text).into_boxed_str();
        match Error::from(self) {
            Error::Authorization(error) => Error::Authorization(Box::new(oauth(*error, secrets))),
            Error::Token(error) => Error::Token(Box::new(oauth(*error, secrets))),
            Error::Registration(error) => Error::Registration(Box::new(oauth(*error, secrets))),
            Error::TokenResponse { status, problem } => Error::TokenResponse { status, problem: redact(problem) },
            Error::UserInfo { status, problem } => Error::UserInfo { status, problem: redact(problem) },
            Error::Export { problem } => Error::Export { problem: redact(problem) },
            Error::Fhir(error) => Error::Fhir(fhir(error, secrets)),
            Error::FileOutcome { file, line, mut outcome } => {
                redact_outcome(&mut outcome, secrets);
                Error::FileOutcome { file, line, outcome }
            }
            Error::Hub(HubError::Refused(refusal)) => Error::Hub(HubError::Refused(Box::new(hub(*refusal, secrets)))),
            #[cfg(feature = "udap")]
            Error::Udap(error) => Error::Udap(error.without(secrets)),
            other => other,
        }
        .into()
    }
}

fn oauth(error: OAuthError, secrets: &Secrets) -> OAuthError {
    OAuthError {
        error: secrets.redact(&error.error),
        description: error.description.map(|text| secrets.redact(&text)),
        uri: error.uri.map(|text| secrets.redact(&text)),
        ..error
    }
}

fn hub(refusal: HubRefusal, secrets: &Secrets) -> HubRefusal {
    match refusal {
        HubRefusal::Status { status, text } => {
            HubRefusal::Status { status, text: text.map(|text| secrets.redact(&text)) }
        }
        other => other,
    }
}

fn fhir(mut error: Box<FhirError>, secrets: &Secrets) -> Box<FhirError> {
    error.text = error.text.map(|text| secrets.redact(&text));
    if let Some(outcome) = &mut error.operation_outcome {
        redact_outcome(outcome, secrets);
    }
    error
}

fn redact_outcome(outcome: &mut OperationOutcome, secrets: &Secrets) {
    outcome.json = secrets.redact(&outcome.json);
    for issue in &mut outcome.issues {
        issue.text = issue.text.take().map(|text| secrets.redact(&text));
    }
}
