//! Errors as text for people who know neither the standards nor the code.

use smartrust::Error;

/// Who reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A patient, who starts from the home page.
    Patient,
    /// A provider, who opens the app from a chart.
    Provider,
}

/// A failure as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: String,
    /// The stable code, for support.
    pub code: &'static str,
    /// The error message.
    pub details: String,
    /// The action that helps.
    pub action: Action,
}

/// The action that helps after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Try the same again.
    TryAgain,
    /// Start again, at the start page or from the chart.
    StartAgain,
    /// Ask whoever runs the app, or the clinic.
    AskForHelp,
}

impl Trouble {
    /// A launch or a request that failed.
    pub fn of(error: &Error, audience: Audience) -> Self {
        let (title, text) = title_and_text(error);
        let advice = if action(error) == Action::StartAgain { start_again(audience) } else { "" };
        Self::worded(error, title, &format!("{text} {advice}"))
    }

    /// A session that ended, but not by a sign-out on this page.
    pub fn of_ended(reason: &Error, audience: Audience) -> Self {
        let again = start_again(audience);
        match reason {
            Error::SignedOut => {
                Self::worded(reason, "You are signed out", &format!("You signed out in another window or tab. {again}"))
            }
            Error::Token(error) if matches!(&*error.error, "invalid_grant" | "invalid_client") => Self::worded(
                reason,
                "Your access has ended",
                &format!("The connection has expired, or the clinic ended it. {again}"),
            ),
            _ => Self::of(reason, audience),
        }
    }

    /// A session without a patient, so that there is no record to show.
    pub fn no_patient(audience: Audience) -> Self {
        Self {
            title: "No patient was chosen",
            text: format!("The clinic did not say whose record to show. {}", start_again(audience)),
            code: Error::NoPatient.code(),
            details: Error::NoPatient.to_string(),
            action: Action::StartAgain,
        }
    }

    fn worded(error: &Error, title: &'static str, text: &str) -> Self {
        Self {
            title,
            text: text.trim().to_owned(),
            code: error.code(),
            details: error.to_string(),
            action: action(error),
        }
    }
}

/// Whether the server could not be reached.
pub fn is_unreachable(error: &Error) -> bool {
    match error {
        Error::Network { .. } | Error::Timeout { .. } => true,
        Error::Fhir(error) => matches!(error.status, 502..=504),
        _ => false,
    }
}

/// How each audience starts again.
pub fn start_again(audience: Audience) -> &'static str {
    match audience {
        Audience::Patient => "You can connect again whenever you like.",
        Audience::Provider => "Open this app again from the patient's chart.",
    }
}

fn action(error: &Error) -> Action {
    match error {
        Error::UntrustedIssuer { .. } | Error::Configuration(_) | Error::UnknownServer { .. } => Action::AskForHelp,
        Error::Network { .. }
        | Error::Timeout { .. }
        | Error::Discovery { .. }
        | Error::Fhir(_)
        | Error::NotJson { .. }
        | Error::Storage => Action::TryAgain,
        // The launch can continue when the server is back.
        Error::TokenResponse { status: 429 | 500.., .. } => Action::TryAgain,
        _ => Action::StartAgain,
    }
}

fn title_and_text(error: &Error) -> (&'static str, String) {
    let (title, text) = match error {
        Error::UntrustedIssuer { iss } => {
            return (
                "This app does not know who opened it",
                format!(
                    "It was opened from {}, which is not one of the clinics it is set up for. Nothing was sent there, and no record was opened. If this is your clinic, ask whoever runs this app to add it.",
                    host(iss)
                ),
            );
        }
        Error::LaunchLink { .. } => {
            ("The link that opened this app is incomplete", "A part of it is missing, so no record could be opened.")
        }
        Error::Authorization(error) if error.error == "access_denied" => (
            "Nothing was shared",
            "The sign-in ended without sharing anything. If that was your choice, there is nothing more to do.",
        ),
        Error::Authorization(_) => ("The sign-in did not work", "The clinic sent you back without opening the record."),
        Error::StateMismatch => (
            "This sign-in could not be matched",
            "It was started in another window or browser, or too long ago. To keep records safe, it was not used.",
        ),
        Error::CallbackReplayed => {
            ("This sign-in was used before", "Each sign-in opens the record once, and this one is over.")
        }
        Error::Callback { .. } => {
            ("The sign-in came back incomplete", "The clinic's response had a mistake, so it was not used.")
        }
        Error::Token(error) if error.error == "invalid_grant" => {
            ("The sign-in took too long", "The clinic no longer accepts it, or it was used before.")
        }
        Error::TokenResponse { status: 429 | 500.., .. } => (
            "The clinic has a problem",
            "Its system could not complete the sign-in. Wait a moment and try again. You do not have to sign in again.",
        ),
        Error::Token(_) | Error::TokenResponse { .. } | Error::PkceUnsupported | Error::Scope { .. } => {
            ("The clinic did not complete the sign-in", "This app cannot use its response.")
        }
        Error::IdToken(_) => (
            "We could not be sure who signed in",
            "We checked what the clinic says about who you are, and something was wrong. To keep records safe, nothing was opened.",
        ),
        Error::PatientChanged => (
            "The clinic offered another person's record",
            "It is not the person whose record was open here, so it was not shown. If you share a computer, sign in as yourself.",
        ),
        Error::SessionExpired => {
            ("Your time is up", "The clinic opened the record for a limited time, and that time has passed.")
        }
        Error::SignedOut => ("You are signed out", "The connection to the record was ended."),
        Error::NoPatient => ("No patient was chosen", "The clinic did not say whose record to show."),
        Error::Network { .. } => (
            "No connection to the clinic",
            "Check your internet connection and try again. It may also be that the clinic cannot be reached at the moment.",
        ),
        Error::Timeout { .. } => ("The clinic takes too long to answer", "Wait a moment and try again."),
        Error::Discovery { .. } => {
            ("The clinic cannot be reached", "Its system did not say how to sign in. It may not be working right now.")
        }
        Error::Fhir(error) => match error.status {
            401 | 403 => ("The clinic does not show this", "It says that this part of the record is not open to you."),
            404 | 410 => ("This is not in the record", "The clinic's system does not have it."),
            429 => ("The clinic is busy", "It gets too many requests. Wait a minute and try again."),
            500.. => ("The clinic has a problem", "Its system could not answer. Try again in a little while."),
            _ => ("The clinic refused this", "Its system refused the request. Try again in a little while."),
        },
        Error::Content { .. } => {
            ("The clinic sent nothing that can be shown", "This document has no contents that can be read.")
        }
        Error::NotJson { .. } | Error::PageCycle | Error::Reference { .. } | Error::ForeignUrl { .. } => {
            ("The clinic's response cannot be used", "It had a mistake, so it is not shown.")
        }
        Error::KeepUnsupported { .. } => (
            "You cannot stay connected to this clinic",
            "You can still see your record: untick \u{201c}Keep me connected on this device\u{201d}, and connect again.",
        ),
        Error::KeepRefused { .. } => (
            "The clinic did not accept this device",
            "You can still see your record: connect without \u{201c}Keep me connected on this device\u{201d}. From tomorrow on, you can try to stay connected again.",
        ),
        Error::KeyMissing => (
            "This device is not connected any more",
            "You disconnected it in another window, or the browser deleted what it needs to open the record.",
        ),
        Error::Storage => (
            "This browser does not save data for this page",
            "This page has to remember your sign-in while you are at the clinic's page. Let this page save data, or leave private browsing. Then try again.",
        ),
        Error::Configuration(_)
        | Error::UnknownServer { .. }
        | Error::ReservedParameter { .. }
        | Error::InsecureUrl { .. }
        | Error::Url { .. } => (
            "This app is not set up properly",
            "It is not your fault. Please tell whoever runs it, and name the code below.",
        ),
        _ => ("Something went wrong", "Try again. If it happens again, name the code below to whoever runs this app."),
    };
    (title, text.to_owned())
}

/// The host of a URL, or the text itself if it is not a URL.
fn host(address: &str) -> &str {
    let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
    after_scheme.split(['/', '?', '#']).next().unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::wrong;
    use smartrust::error::{DiscoveryAttempt, FhirError, IdTokenError, OAuthError};

    const JARGON: [&str; 9] = ["scope", "token", "fhir", "oauth", "json", "endpoint", "issuer", "pkce", "cors"];

    fn oauth(error: &str) -> Box<OAuthError> {
        let description = Some("The scope is bad.".to_owned());
        Box::new(OAuthError { error: error.into(), description, uri: None, status: None, hint: None })
    }

    fn fhir(status: u16) -> Error {
        Error::Fhir(Box::new(FhirError {
            status,
            host: "ehr.example".into(),
            operation_outcome: None,
            text: None,
            retry_after: None,
            etag: None,
        }))
    }

    fn every_kind() -> Vec<Error> {
        let text = || "scope token FHIR".into();
        let mut errors = vec![
            wrong("clientId", "scope token FHIR").into(),
            Error::UnknownServer { name: None },
            Error::UntrustedIssuer { iss: "https://ehr.example/r4".into() },
            Error::LaunchLink { parameter: "launch" },
            Error::InsecureUrl { what: text() },
            Error::ForeignUrl { origin: text() },
            Error::Discovery { attempts: [DiscoveryAttempt { url: "x".into(), outcome: "token".into() }].into() },
            Error::PkceUnsupported,
            Error::ReservedParameter { name: text() },
            Error::Scope { problem: text() },
            Error::StateMismatch,
            Error::CallbackReplayed,
            Error::Callback { problem: "no code" },
            Error::Authorization(oauth("access_denied")),
            Error::Authorization(oauth("invalid_scope")),
            Error::Token(oauth("invalid_grant")),
            Error::Token(oauth("invalid_client")),
            Error::TokenResponse { status: 200, problem: text() },
            Error::IdToken(Box::new(IdTokenError { check: "aud", problem: "token".into() })),
            Error::Network { host: text() },
            Error::Timeout { host: text() },
            Error::Aborted,
            Error::SessionExpired,
            Error::SignedOut,
            Error::NoPatient,
            Error::PatientChanged,
            Error::NotJson { status: 200, host: text() },
            Error::Content { problem: "token" },
            Error::Reference { problem: text() },
            Error::PageCycle,
            Error::Storage,
            Error::Entropy,
            Error::Navigation,
        ];
        errors.extend([400, 401, 403, 404, 410, 429, 500, 503].map(fhir));
        errors
    }

    #[test]
    fn no_failure_uses_jargon() {
        for error in every_kind() {
            for audience in [Audience::Patient, Audience::Provider] {
                for trouble in [Trouble::of(&error, audience), Trouble::of_ended(&error, audience)] {
                    let words = format!("{} {}", trouble.title, trouble.text).to_lowercase();
                    let found: Vec<_> = JARGON.iter().filter(|jargon| words.contains(*jargon)).collect();
                    assert!(found.is_empty(), "{error:?}: {words} has {found:?}");
                    assert!(trouble.text.ends_with('.') && !trouble.text.contains("  "), "{error:?}: {}", trouble.text);
                    assert_eq!(trouble.code, error.code());
                }
            }
        }
    }

    #[test]
    fn l8_no_failure_uses_rare_words() {
        for error in every_kind() {
            let trouble = Trouble::of(&error, Audience::Patient);
            let words = format!("{} {}", trouble.title, trouble.text).to_lowercase();
            for rare in ["anew", "that while", "word on who", "did not tell", "keeps nothing"] {
                assert!(!words.contains(rare), "{error:?}: {words}");
            }
        }
    }

    #[test]
    fn a7_an_unknown_ehr_is_named_by_its_host() {
        let trouble =
            Trouble::of(&Error::UntrustedIssuer { iss: "https://ehr.example:8443/r4?x".into() }, Audience::Provider);
        assert!(trouble.text.contains("opened from ehr.example:8443,"), "{}", trouble.text);
        assert!(trouble.text.contains("Nothing was sent there"), "{}", trouble.text);
    }

    #[test]
    fn a_transient_error_offers_to_try_again() {
        for (error, expected) in [
            (Error::Network { host: "x".into() }, Action::TryAgain),
            (Error::Storage, Action::TryAgain),
            (Error::TokenResponse { status: 503, problem: "x".into() }, Action::TryAgain),
            (Error::TokenResponse { status: 400, problem: "x".into() }, Action::StartAgain),
            (Error::StateMismatch, Action::StartAgain),
            (Error::UntrustedIssuer { iss: "x".into() }, Action::AskForHelp),
        ] {
            assert_eq!(Trouble::of(&error, Audience::Patient).action, expected, "{error:?}");
        }
        let unreachable: Vec<u16> =
            [400, 404, 500, 502, 503, 504].into_iter().filter(|status| is_unreachable(&fhir(*status))).collect();
        assert_eq!(unreachable, [502, 503, 504]);
    }

    #[test]
    fn each_audience_gets_the_link_to_its_start() {
        let patient = Trouble::of(&Error::StateMismatch, Audience::Patient);
        let provider = Trouble::of(&Error::StateMismatch, Audience::Provider);
        assert!(patient.text.contains("connect again"), "{}", patient.text);
        assert!(provider.text.contains("chart"), "{}", provider.text);
    }

    #[test]
    fn r5_a_revoked_grant_and_a_failed_sign_in_have_different_texts() {
        let error = Error::Token(oauth("invalid_grant"));
        assert_eq!(Trouble::of_ended(&error, Audience::Patient).title, "Your access has ended");
        assert_eq!(Trouble::of(&error, Audience::Patient).title, "The sign-in took too long");
    }
}
