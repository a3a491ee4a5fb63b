//! Errors in words: what happened, where, and what to do next.

use super::{Error, FhirError, OAuthError, RefusedRequest};
use crate::fhir::outcome::OperationOutcome;
use crate::fhir::resource_lines::LineProblem;
use crate::protocol::encoding::{decimal, join, trim_end};

impl Error {
    /// What happened, where, and what to do next.
    pub fn message(&self) -> String {
        self.common_message().unwrap_or_else(|| self.uncommon_message())
    }

    /// The message of an error that comes without app or server doing wrong, or ends a session that nobody has asked for anything.
    pub(crate) fn common_message(&self) -> Option<String> {
        // Put together by hand, as `format!` weighs far more in wasm.
        let joined: String;
        let (before, found, after) = match self {
            Self::IdToken(failed) => {
                joined = [failed.check, ": ", &failed.problem].concat();
                ("The ID token was refused by the check of ", &*joined, ". Start the launch again.")
            }
            Self::Discovery { attempts } => {
                let attempts = attempts.iter().map(|attempt| [&*attempt.url, ": ", &*attempt.outcome].concat());
                joined = join(attempts, "; ");
                (
                    "The server's configuration could not be read (",
                    &*joined,
                    "): check its base URL, the connection, and that it allows this page's origin (CORS).",
                )
            }
            Self::Network { host } => (
                "No answer could be read from ",
                &**host,
                ": check the connection, that the server is up and allows this page's origin (CORS), and that the page's own policy \
                 allows the server (Content-Security-Policy, connect-src).",
            ),
            Self::Timeout { host } => ("", &**host, " did not answer in time: try again."),
            Self::Aborted => ("The request was called off.", "", ""),
            Self::SignedOut => ("The session was ended: launch again.", "", ""),
            Self::SessionExpired => ("The session has run out and cannot be refreshed: launch again.", "", ""),
            Self::CodeUnavailable => (
                "A part of this client's own code could not be loaded: check the connection and that smartrust_lazy.wasm is served, or \
                 reload the page.",
                "",
                "",
            ),
            _ => return None,
        };
        Some([before, found, after].concat())
    }

    fn uncommon_message(&self) -> String {
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
            Self::ForeignUrl { origin } => {
                ("A link leads to ", &**origin, ", outside the places that the token is for: nothing was sent there.")
            }
            Self::Redirected { host, to } => {
                let to = to.as_deref().unwrap_or("a URL that is not known here");
                return format!(
                    "{host} redirected the request to {to}. The redirect was not followed, so that neither the access token nor the \
                     request's content goes to another place: configure the URL at which the server answers, or tell its operator."
                );
            }
            Self::PkceUnsupported => {
                ("The server does not advertise PKCE with S256 and the configuration requires it.", "", "")
            }
            Self::ReservedParameter { name } => {
                ("The parameter ", &**name, " is set by the client itself: leave it out of the extra parameters.")
            }
            Self::AuthorizationTooLong => (
                "The authorization request makes an address of more than 8 kB, which not every server takes: ask for fewer \
                 scopes, or choose the launch's method yourself.",
                "",
                "",
            ),
            Self::MaxAgeUnsupported => (
                "max_age needs the scope openid and a server that tells when the user signed in (auth_time in \
                 claims_supported): leave it out.",
                "",
                "",
            ),
            Self::Scope { problem } => ("The scopes cannot be used: ", &**problem, "."),
            Self::Content { problem } => ("The content cannot be read: ", *problem, ". Tell the server's operator."),
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
                joined = with_hint(format!("{}.", error.worded()), error.hint.as_deref());
                ("The token request failed: ", &*joined, "")
            }
            Self::Introspection(refused) => {
                joined = refused.worded();
                ("The introspection failed ", &*joined, "")
            }
            Self::Revocation(refused) => {
                joined = refused.worded();
                ("The revocation failed ", &*joined, "")
            }
            Self::TokenResponse { status, problem } => {
                joined = [&decimal((*status).into()), ") is not one: ", problem].concat();
                ("The token endpoint's answer (status ", &*joined, ".")
            }
            Self::ClientAuthentication { problem } => ("The client could not prove who it is: ", *problem, "."),
            Self::NotOffered { what } => {
                ("The server does not offer ", *what, ": its documents name no endpoint for it.")
            }
            Self::PastedToken { problem } => {
                ("The access token cannot be used: ", *problem, ". Copy it again, alone and whole.")
            }
            Self::UserInfo { status, problem } => {
                joined = [&decimal((*status).into()), ") cannot be used: ", problem].concat();
                ("The server's answer about the user (status ", &*joined, ".")
            }
            Self::RegistrationOff { host, found } => {
                joined = [host, ": ", found].concat();
                (
                    "Apps cannot register themselves at ",
                    &*joined,
                    ". Have the app registered by hand (at WebChart in the Login Trusts editor), then configure its client id.",
                )
            }
            Self::Registration(error) => {
                joined = error.worded();
                ("The server did not register the client: ", &*joined, ".")
            }
            Self::RegistrationResponse { status, problem } => {
                joined = [&decimal((*status).into()), ") is not one: ", problem].concat();
                ("The registration endpoint's answer (status ", &*joined, ".")
            }
            Self::NoPatient => (
                "The session has no patient: ask for the scope launch/patient, or launch from a patient's chart.",
                "",
                "",
            ),
            Self::PatientChanged => {
                ("The server named another patient than the session's: its token was not used. Launch again.", "", "")
            }
            Self::Fhir(error) => {
                joined = error.worded();
                ("", &*joined, "")
            }
            Self::NotJson { status, host } => {
                joined = [host, " answered (status ", &*decimal((*status).into())].concat();
                ("", &*joined, ") with something that is not JSON.")
            }
            Self::Reference { problem } => ("The reference cannot be followed: ", &**problem, "."),
            Self::HiddenHeader { name } => (
                "The answer's ",
                *name,
                " header is absent or hidden from this page: have the server expose it (CORS, Access-Control-Expose-Headers), \
                 or ask for the resource in the answer (Prefer: return=representation).",
            ),
            #[cfg(feature = "serde")]
            Self::Shape { problem } => ("The resource does not fit the type that it is read as: ", &**problem, "."),
            Self::BatchResponse { problem } => {
                ("The answer to a batch is wrong: ", *problem, ". Send the requests one by one instead.")
            }
            Self::NotGranted { resource_type } => {
                ("The granted scopes do not allow this for ", &**resource_type, ": launch again and ask for it.")
            }
            Self::PageCycle => ("The server's pages point in a circle: the reading was stopped.", "", ""),
            Self::Export { problem } => ("The export failed: ", &**problem, "."),
            Self::ExportCancelled => ("The export was cancelled: begin a new one.", "", ""),
            Self::BadLine { file, line, problem } => {
                joined = format!("Line {line} of {file} {problem}: what came before it was given. ");
                let remedy = match problem {
                    LineProblem::NotText => "Ask the server's operator.",
                    LineProblem::TooLong { .. } => "Raise maxLineBytes, or skip bad lines to go on.",
                    LineProblem::NotJson => "Skip bad lines to go on.",
                };
                ("", &*joined, remedy)
            }
            Self::FileOutcome { file, line, outcome } => {
                let text = outcome.first_text().map_or_else(String::new, |text| format!(": {}", trim_end(text, b'.')));
                joined = format!("{line} of {file} is an OperationOutcome, so the file may not be whole{text}");
                ("Line ", &*joined, ". What came before it was given. Export again, or ask the server's operator.")
            }
            Self::Count { file, expected, found } => {
                joined = format!("{file} holds {found} resources and should hold {expected}");
                (
                    "",
                    &*joined,
                    ": fetch it again. If the server counts wrong, such as header rows or what an error file stands for, switch \
                     checkCounts off.",
                )
            }
            Self::Storage => (
                "The browser does not let this page keep data: allow site data for it, or configure another store.",
                "",
                "",
            ),
            Self::Entropy => ("The host has no secure source of randomness.", "", ""),
            Self::Digest => {
                ("This page cannot make digests, which PKCE needs: open it by https or on localhost.", "", "")
            }
            Self::PopupBlocked => (
                "The browser did not let the page open a window: open it within the user's click, or launch in this page.",
                "",
                "",
            ),
            Self::PopupClosed => ("The window was closed before the launch had ended: launch again.", "", ""),
            Self::Navigation => ("There is no page to navigate: open the authorization URL yourself.", "", ""),
            Self::CallerObject { name } => {
                ("The ", *name, " that was given threw an exception, so nothing was done: give one that does not.")
            }
            Self::IdToken(_)
            | Self::Discovery { .. }
            | Self::Network { .. }
            | Self::Timeout { .. }
            | Self::Aborted
            | Self::SignedOut
            | Self::SessionExpired
            | Self::CodeUnavailable => {
                return self.common_message().unwrap_or_default();
            }
        };
        [before, found, after].concat()
    }
}

/// A sentence, and one more that may help.
fn with_hint(sentence: String, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{sentence} {hint}"),
        None => sentence,
    }
}

impl RefusedRequest {
    fn worded(&self) -> String {
        with_hint(format!("(status {}): {}.", self.status, self.problem), self.hint)
    }
}

impl OAuthError {
    pub(super) fn worded(&self) -> String {
        match &self.description {
            Some(description) => [&self.error, " (", trim_end(description, b'.'), ")"].concat(),
            None => self.error.clone(),
        }
    }
}

impl FhirError {
    fn worded(&self) -> String {
        let said = self.operation_outcome.as_ref().and_then(OperationOutcome::first_text).or(self.text.as_deref());
        match said {
            Some(said) => [&self.host, " answered with status ", &decimal(self.status.into()), ": ", said].concat(),
            None => [&self.host, " answered with status ", &decimal(self.status.into()), "."].concat(),
        }
    }
}
