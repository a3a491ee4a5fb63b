//! The one error of this crate: a variant for each thing that a caller can act on.

mod failure;

use std::fmt;

pub use failure::Failure;

use crate::fhir::outcome::OperationOutcome;
use crate::protocol::encoding::decimal;
use crate::protocol::url::UrlError;

/// What went wrong. No variant holds a token, a code, a verifier or a secret. Calls return it as a [`Failure`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The app's own configuration is wrong.
    Configuration(Box<ConfigurationError>),
    /// No server of the configuration has this name, or several servers and no name was given.
    UnknownServer {
        /// The name that was asked for.
        name: Option<Box<str>>,
    },
    /// A launch link names an EHR that the app does not trust. Nothing was requested from it.
    UntrustedIssuer {
        /// The `iss` of the link.
        iss: Box<str>,
    },
    /// A launch link lacks `iss` or `launch`, or has one twice.
    LaunchLink {
        /// The parameter.
        parameter: &'static str,
    },
    /// An address is not one that this client fetches.
    Url {
        /// What the address is, such as `token_endpoint`.
        what: Box<str>,
        /// What is wrong with it.
        problem: UrlError,
    },
    /// An address is plain http on another machine, where everybody on the way can read along.
    InsecureUrl {
        /// What the address is.
        what: Box<str>,
    },
    /// An address lies outside the places that the access token belongs to. Nothing was sent there.
    ForeignUrl {
        /// The origin of the address.
        origin: Box<str>,
    },
    /// The server's SMART configuration could not be read.
    Discovery {
        /// Each document that was asked for, and what came back.
        attempts: Box<[DiscoveryAttempt]>,
    },
    /// The server does not advertise S256 and the configuration requires it.
    PkceUnsupported,
    /// A parameter that this client sets itself was given as an extra one.
    ReservedParameter {
        /// The parameter.
        name: Box<str>,
    },
    /// Scopes are wrong for this kind of request.
    Scope {
        /// What is wrong.
        problem: Box<str>,
    },
    /// A redirect came back with a state that this browser did not send, or sent too long ago.
    StateMismatch,
    /// A redirect came back that was used before, and its session is gone.
    CallbackReplayed,
    /// A redirect came back without a code and without an error, or with a parameter twice.
    Callback {
        /// What is wrong.
        problem: &'static str,
    },
    /// The authorization server sent the user back with an error (RFC 6749 section 4.1.2.1).
    Authorization(Box<OAuthError>),
    /// The token endpoint answered with an error (RFC 6749 section 5.2).
    Token(Box<OAuthError>),
    /// The token endpoint's answer is not one.
    TokenResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        problem: Box<str>,
    },
    /// The ID token does not hold up.
    IdToken(Box<IdTokenError>),
    /// No connection, or the browser kept the answer from the page.
    Network {
        /// The host that was asked.
        host: Box<str>,
    },
    /// No answer came in time.
    Timeout {
        /// The host that was asked.
        host: Box<str>,
    },
    /// The caller called it off.
    Aborted,
    /// The access token ran out and there is no refresh token.
    SessionExpired,
    /// The session was ended: by the user, in another tab, or by the server.
    SignedOut,
    /// A refresh named another patient than the session's.
    PatientChanged,
    /// The FHIR server answered with an error status.
    Fhir(Box<FhirError>),
    /// An answer that should be JSON is not.
    NotJson {
        /// The HTTP status.
        status: u16,
        /// The host that answered.
        host: Box<str>,
    },
    /// A reference or resource type is not one of FHIR's.
    Reference {
        /// What is wrong.
        problem: Box<str>,
    },
    /// The pages of a search point back at one that was read already.
    PageCycle,
    /// The place to keep sessions in is blocked or full.
    Storage,
    /// The host has no secure source of randomness.
    Entropy,
    /// There is no page to navigate.
    Navigation,
}

/// One document that discovery asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryAttempt {
    /// The document's address.
    pub url: String,
    /// What came back.
    pub outcome: String,
}

/// A member of a configuration that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationError {
    /// The member, such as `redirectUri`.
    pub member: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A check that an ID token failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenError {
    /// Which check failed.
    pub check: &'static str,
    /// What was found.
    pub problem: String,
}

/// An OAuth error as the server worded it. Show its texts as text, never as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// The code, such as `access_denied`.
    pub error: String,
    /// `error_description`.
    pub description: Option<String>,
    /// `error_uri`.
    pub uri: Option<String>,
    /// The HTTP status of a token response; `None` for a redirect.
    pub status: Option<u16>,
}

/// An error status of a FHIR server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FhirError {
    /// The HTTP status.
    pub status: u16,
    /// The host that answered.
    pub host: String,
    /// The OperationOutcome in the body, where there was one.
    pub operation_outcome: Option<OperationOutcome>,
    /// `Retry-After`, as it came.
    pub retry_after: Option<String>,
}

impl Error {
    #[cold]
    pub(crate) fn configuration(member: &str, problem: &str) -> Failure {
        let wrong = ConfigurationError { member: member.to_owned(), problem: problem.to_owned() };
        Self::Configuration(Box::new(wrong)).into()
    }

    #[cold]
    pub(crate) fn id_token(check: &'static str, problem: &str) -> Failure {
        Self::IdToken(Box::new(IdTokenError { check, problem: problem.to_owned() })).into()
    }

    /// A stable code for programs, such as `state_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "invalid_configuration",
            Self::UnknownServer { .. } => "unknown_server",
            Self::UntrustedIssuer { .. } => "untrusted_issuer",
            Self::LaunchLink { .. } => "invalid_launch_link",
            Self::Url { .. } => "invalid_url",
            Self::InsecureUrl { .. } => "insecure_url",
            Self::ForeignUrl { .. } => "foreign_url",
            Self::Discovery { .. } => "discovery_failed",
            Self::PkceUnsupported => "pkce_unsupported",
            Self::ReservedParameter { .. } => "reserved_parameter",
            Self::Scope { .. } => "invalid_scope",
            Self::StateMismatch => "state_mismatch",
            Self::CallbackReplayed => "callback_replayed",
            Self::Callback { .. } => "invalid_callback",
            Self::Authorization(error) if error.error == "access_denied" => "access_denied",
            Self::Authorization(_) => "authorization_failed",
            Self::Token(error) if error.error == "invalid_grant" => "invalid_grant",
            Self::Token(error) if error.error == "invalid_client" => "invalid_client",
            Self::Token(_) => "token_request_failed",
            Self::TokenResponse { .. } => "invalid_token_response",
            Self::IdToken(_) => "invalid_id_token",
            Self::Network { .. } => "network",
            Self::Timeout { .. } => "timeout",
            Self::Aborted => "aborted",
            Self::SessionExpired => "session_expired",
            Self::SignedOut => "signed_out",
            Self::PatientChanged => "patient_changed",
            Self::Fhir(error) => error.code(),
            Self::NotJson { .. } => "not_json",
            Self::Reference { .. } => "invalid_reference",
            Self::PageCycle => "page_cycle",
            Self::Storage => "storage_unavailable",
            Self::Entropy => "entropy_unavailable",
            Self::Navigation => "navigation_unavailable",
        }
    }

    /// The section of the standard that the error rests on, where there is one.
    pub fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::UntrustedIssuer { .. } | Self::LaunchLink { .. } => "SMART App Launch 2.2, launch app: EHR launch",
            Self::InsecureUrl { .. } => "RFC 6749 section 3.1",
            Self::ForeignUrl { .. } => "RFC 6750 section 5.3",
            Self::Discovery { .. } => "SMART App Launch 2.2, conformance",
            Self::PkceUnsupported => "RFC 7636 section 4.2",
            Self::Scope { .. } => "SMART App Launch 2.2, scopes and launch context",
            Self::StateMismatch | Self::CallbackReplayed => "RFC 6749 section 10.12",
            Self::Callback { .. } => "RFC 6749 section 4.1.2",
            Self::Authorization(_) => "RFC 6749 section 4.1.2.1",
            Self::Token(_) => "RFC 6749 section 5.2",
            Self::TokenResponse { .. } => "RFC 6749 section 5.1",
            Self::IdToken(_) => "OpenID Connect Core section 3.1.3.7",
            Self::SessionExpired => "RFC 6749 section 6",
            Self::Fhir(_) | Self::NotJson { .. } => "FHIR R4, RESTful API",
            Self::Reference { .. } => "FHIR R4, references",
            _ => return None,
        })
    }

    /// The HTTP status, where an answer caused the error.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Authorization(error) | Self::Token(error) => error.status,
            Self::TokenResponse { status, .. } | Self::NotJson { status, .. } => Some(*status),
            Self::Fhir(error) => Some(error.status),
            _ => None,
        }
    }
}

impl FhirError {
    fn code(&self) -> &'static str {
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

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message())
    }
}

impl Error {
    /// What happened, where, and what to do next.
    pub fn message(&self) -> String {
        // Put together by hand, as `format!` weighs far more in wasm.
        let joined: String;
        let (before, found, after) = match self {
            Self::Configuration(wrong) => {
                joined = [&wrong.member, " is wrong: ", &wrong.problem].concat();
                ("The configuration's ", &*joined, ".")
            }
            Self::UnknownServer { name: Some(name) } => {
                ("No server named \"", &**name, "\" is configured: add it, or use the name of one that is.")
            }
            Self::UnknownServer { name: None } => {
                ("Several servers are configured: name the one to connect to.", "", "")
            }
            Self::UntrustedIssuer { iss } => (
                "A launch link names the EHR ",
                &**iss,
                ", which this app does not know: nothing was sent there. If it is yours, add it to a server's issuers.",
            ),
            Self::LaunchLink { parameter } => (
                "The launch link has no single ",
                *parameter,
                " parameter: open the app from the EHR again, or ask its administrator for the app's launch URL.",
            ),
            Self::Url { what, problem } => {
                joined = [what, " cannot be used: ", problem.message()].concat();
                ("The address of ", &*joined, ".")
            }
            Self::InsecureUrl { what } => (
                "The address of ",
                &**what,
                " is plain http on another machine, where others can read along: use https, or allow it by \
                 allow_insecure_http while you test.",
            ),
            Self::ForeignUrl { origin } => (
                "A link leads to ",
                &**origin,
                ", outside the FHIR server that the access token is for: nothing was sent there.",
            ),
            Self::Discovery { attempts } => {
                let attempts = attempts.iter().map(|attempt| [&*attempt.url, ": ", &*attempt.outcome].concat());
                joined = attempts.collect::<Vec<_>>().join("; ");
                ("The server's SMART configuration could not be read (", &*joined, "): check the server's base URL.")
            }
            Self::PkceUnsupported => {
                ("The server does not advertise PKCE with S256 and the configuration requires it.", "", "")
            }
            Self::ReservedParameter { name } => {
                ("The parameter ", &**name, " is set by the client itself: leave it out of the extra parameters.")
            }
            Self::Scope { problem } => ("The scopes cannot be used: ", &**problem, "."),
            Self::StateMismatch => (
                "The redirect does not belong to a launch of this browser, or came too late: start the launch again.",
                "",
                "",
            ),
            Self::CallbackReplayed => {
                ("This redirect was used before and its session is gone: start the launch again.", "", "")
            }
            Self::Callback { problem } => {
                ("The redirect from the server is wrong: ", *problem, ". Start the launch again.")
            }
            Self::Authorization(error) => {
                joined = error.worded();
                ("The server did not authorize the app: ", &*joined, ".")
            }
            Self::Token(error) => {
                joined = error.worded();
                ("The token request failed: ", &*joined, ".")
            }
            Self::TokenResponse { status, problem } => {
                joined = [&decimal((*status).into()), ") is not one: ", problem].concat();
                ("The token endpoint's answer (status ", &*joined, ".")
            }
            Self::IdToken(failed) => {
                joined = [failed.check, ": ", &failed.problem].concat();
                ("The ID token was refused by the check of ", &*joined, ". Start the launch again.")
            }
            Self::Network { host } => (
                "No answer could be read from ",
                &**host,
                ": check the connection, that the server is up, and that it allows this page's origin (CORS).",
            ),
            Self::Timeout { host } => ("", &**host, " did not answer in time: try again."),
            Self::Aborted => ("The request was called off.", "", ""),
            Self::SessionExpired => ("The session has run out and cannot be refreshed: launch again.", "", ""),
            Self::SignedOut => ("The session was ended: launch again.", "", ""),
            Self::PatientChanged => {
                ("The server's refresh named another patient: the new token was not used. Launch again.", "", "")
            }
            Self::Fhir(error) => {
                joined = error.worded();
                ("", &*joined, "")
            }
            Self::NotJson { status, host } => {
                joined = [host, " answered (status ", &*status.to_string()].concat();
                ("", &*joined, ") with something that is not JSON.")
            }
            Self::Reference { problem } => ("The reference cannot be followed: ", &**problem, "."),
            Self::PageCycle => ("The server's pages point in a circle: the search was stopped.", "", ""),
            Self::Storage => (
                "The browser does not let this page keep data: allow site data for it, or configure another store.",
                "",
                "",
            ),
            Self::Entropy => ("The host has no secure source of randomness.", "", ""),
            Self::Navigation => ("There is no page to navigate: open the authorization URL yourself.", "", ""),
        };
        [before, found, after].concat()
    }
}

impl OAuthError {
    fn worded(&self) -> String {
        match &self.description {
            Some(description) => [&self.error, " (", description.trim_end_matches('.'), ")"].concat(),
            None => self.error.clone(),
        }
    }
}

impl FhirError {
    fn worded(&self) -> String {
        let said = self.operation_outcome.as_ref().and_then(OperationOutcome::first_text);
        match said {
            Some(said) => [&self.host, " answered with status ", &decimal(self.status.into()), ": ", said].concat(),
            None => [&self.host, " answered with status ", &decimal(self.status.into()), "."].concat(),
        }
    }
}
