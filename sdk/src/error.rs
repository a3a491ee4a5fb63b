//! The one error of this crate: a variant for each thing that a caller can act on.

mod code;
mod details;
mod failure;
mod message;
mod redacted;
mod refused;

pub use details::{ConfigurationError, DiscoveryAttempt, FhirError, IdTokenError, OAuthError, RefusedRequest};
pub use failure::Failure;

use message::{after_colon, after_space, listed, unknown_server};

use crate::fhir::outcome::OperationOutcome;
use crate::fhir::resource_lines::LineProblem;
use crate::protocol::url::UrlError;

/// What went wrong. No variant holds a token, a code, a verifier or a secret. Calls return it as a [`Failure`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The app's own configuration is wrong.
    #[error("The configuration's {0}.")]
    Configuration(Box<ConfigurationError>),
    /// No server of the configuration has this name, or several servers and no name was given.
    #[error("{}", unknown_server(.name.as_deref()))]
    UnknownServer {
        /// The name that was asked for.
        name: Option<Box<str>>,
    },
    /// A launch link names an EHR that the app does not trust. Nothing was requested from it.
    #[error(
        "A launch link names the EHR {iss}, which this app does not know: nothing was sent there. If it is yours, add it to a server's issuers."
    )]
    UntrustedIssuer {
        /// The `iss` of the link.
        iss: Box<str>,
    },
    /// A launch link lacks `iss` or `launch`, or has one twice.
    #[error(
        "The launch link has no single {parameter} parameter: open the app from the EHR again, or ask its administrator for the app's launch URL."
    )]
    LaunchLink {
        /// The parameter.
        parameter: &'static str,
    },
    /// An address is not one that this client fetches.
    #[error("The address of {what} cannot be used: {problem}.")]
    Url {
        /// What the address is, such as `token_endpoint`.
        what: Box<str>,
        /// What is wrong with it.
        problem: UrlError,
    },
    /// An address is plain http on another machine, where everybody on the way can read along.
    #[error(
        "The address of {what} is plain http on another machine, where others can read along: use https, or allow it by allow_insecure_http while you test."
    )]
    InsecureUrl {
        /// What the address is.
        what: Box<str>,
    },
    /// An address lies outside the places that the access token belongs to. Nothing was sent there.
    #[error("A link leads to {origin}, outside the places that the token is for: nothing was sent there.")]
    ForeignUrl {
        /// The origin of the address.
        origin: Box<str>,
    },
    /// The server redirected a request with an access token, and it was not followed: it leads to where the token must not be sent,
    /// to an unknown place, or in a circle, or the request changes something.
    #[error("{host} redirected the request to {}. The redirect was not followed, so that neither the access token nor the request's content goes to another place: configure the URL at which the server answers, or tell its operator.", .to.as_deref().unwrap_or("a URL that is not known here"))]
    Redirected {
        /// The host that redirected.
        host: Box<str>,
        /// The URL that it redirected to, without its query, where the client could learn it.
        to: Option<Box<str>>,
    },
    /// The server's SMART configuration could not be read.
    #[error("The server's configuration could not be read ({}): check its base URL, the connection, and that it allows this page's origin (CORS).", listed(.attempts))]
    Discovery {
        /// Each document that was asked for, and what came back.
        attempts: Box<[DiscoveryAttempt]>,
    },
    /// The server does not advertise S256 and the configuration requires it.
    #[error("The server does not advertise PKCE with S256 and the configuration requires it.")]
    PkceUnsupported,
    /// A parameter that this client sets itself was given as an extra one.
    #[error("The parameter {name} is set by the client itself: leave it out of the extra parameters.")]
    ReservedParameter {
        /// The parameter.
        name: Box<str>,
    },
    /// The authorization request makes an address that is too long for some servers, and cannot be posted.
    #[error(
        "The authorization request makes an address of more than 8 kB, which not every server takes: ask for fewer scopes, or choose the launch's method yourself."
    )]
    AuthorizationTooLong,
    /// `max_age` was asked for, and the server does not say when a user signed in.
    #[error(
        "max_age needs the scope openid and a server that tells when the user signed in (auth_time in claims_supported): leave it out."
    )]
    MaxAgeUnsupported,
    /// Scopes are wrong for this kind of request.
    #[error("The scopes cannot be used: {problem}.")]
    Scope {
        /// What is wrong.
        problem: Box<str>,
    },
    /// A redirect came back with a state that this browser did not send, or sent too long ago.
    #[error("The redirect does not belong to a launch of this browser, or came too late: start the launch again.")]
    StateMismatch,
    /// A redirect came back that was used before, and its session is gone.
    #[error("This redirect was used before and its session is gone: start the launch again.")]
    CallbackReplayed,
    /// A redirect came back without a code and without an error, or with a parameter twice.
    #[error("The redirect from the server is wrong: {problem}. Start the launch again.")]
    Callback {
        /// What is wrong.
        problem: &'static str,
    },
    /// The authorization server sent the user back with an error (RFC 6749 section 4.1.2.1).
    #[error("The server did not authorize the app: {0}.")]
    Authorization(Box<OAuthError>),
    /// The token endpoint answered with an error (RFC 6749 section 5.2).
    #[error("The token request failed: {0}.{hint}", hint = after_space(.0.hint.as_deref()))]
    Token(Box<OAuthError>),
    /// The token endpoint's answer is not one.
    #[error("The token endpoint's answer (status {status}) is not one: {problem}.")]
    TokenResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        problem: Box<str>,
    },
    /// The server did not say what it knows of a token (RFC 7662).
    #[error("The introspection failed {0}")]
    Introspection(Box<RefusedRequest>),
    /// The server did not take a token back (RFC 7009).
    #[error("The revocation failed {0}")]
    Revocation(Box<RefusedRequest>),
    /// The ID token does not hold up.
    #[error("The ID token was refused by the check of {0}. Start the launch again.")]
    IdToken(Box<IdTokenError>),
    /// No connection, or the browser kept the answer from the page.
    #[error(
        "No answer could be read from {host}: check the connection, that the server is up and allows this page's origin (CORS), and that the page's own policy allows the server (Content-Security-Policy, connect-src)."
    )]
    Network {
        /// The host that was asked.
        host: Box<str>,
    },
    /// No answer came in time.
    #[error("{host} did not answer in time: try again.")]
    Timeout {
        /// The host that was asked.
        host: Box<str>,
    },
    /// The caller called it off.
    #[error("The request was called off.")]
    Aborted,
    /// The client could not prove who it is, and nothing was sent.
    #[error("The client could not prove who it is: {problem}.")]
    ClientAuthentication {
        /// Why not.
        problem: &'static str,
    },
    /// The access token ran out and there is no refresh token.
    #[error("The session has run out and cannot be refreshed: launch again.")]
    SessionExpired,
    /// The session was ended: by the user, in another tab, or by the server.
    #[error("The session was ended: launch again.")]
    SignedOut,
    /// The server does not offer what was asked for.
    #[error("The server does not offer {what}: its documents name no endpoint for it.")]
    NotOffered {
        /// What it is, such as `introspection`.
        what: &'static str,
    },
    /// A text that was pasted cannot be an access token. Nothing was sent.
    #[error("The access token cannot be used: {problem}. Copy it again, alone and whole.")]
    PastedToken {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The answer of the user info endpoint cannot be used.
    #[error("The server's answer about the user (status {status}) cannot be used: {problem}.")]
    UserInfo {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        problem: Box<str>,
    },
    /// The server registers no clients by itself.
    #[error(
        "Apps cannot register themselves at {host}: {found}. Have the app registered by hand (at WebChart in the Login Trusts editor), then configure its client id."
    )]
    RegistrationOff {
        /// The host.
        host: Box<str>,
        /// What shows it.
        found: &'static str,
    },
    /// The server refused a registration (RFC 7591 section 3.2.2).
    #[error("The server did not register the client: {0}.")]
    Registration(Box<OAuthError>),
    /// The answer of the registration endpoint is not one.
    #[error("The registration endpoint's answer (status {status}) is not one: {problem}.")]
    RegistrationResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No patient is in context, and the call is about one.
    #[error("The session has no patient: ask for the scope launch/patient, or launch from a patient's chart.")]
    NoPatient,
    /// A refresh, or a launch in the same context, named another patient than the session's.
    #[error("The server named another patient than the session's: its token was not used. Launch again.")]
    PatientChanged,
    /// The FHIR server answered with an error status.
    #[error("{0}")]
    Fhir(Box<FhirError>),
    /// An answer that should be JSON is not.
    #[error("{host} answered (status {status}) with something that is not JSON.")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// The host that answered.
        host: Box<str>,
    },
    /// A Binary does not hold readable bytes.
    #[error("The content cannot be read: {problem}. Tell the server's operator.")]
    Content {
        /// What is wrong.
        problem: &'static str,
    },
    /// A reference or resource type is not one of FHIR's.
    #[error("The reference cannot be followed: {problem}.")]
    Reference {
        /// What is wrong.
        problem: Box<str>,
    },
    /// The browser keeps a header from the page (CORS), and what it says stands nowhere else.
    #[error(
        "The answer's {name} header is absent or hidden from this page: have the server expose it (CORS, Access-Control-Expose-Headers), or ask for the resource in the answer (Prefer: return=representation)."
    )]
    HiddenHeader {
        /// The header.
        name: &'static str,
    },
    /// The granted scopes do not allow a request, and nothing was sent.
    #[error("The granted scopes do not allow this for {resource_type}: launch again and ask for it.")]
    NotGranted {
        /// The resource type.
        resource_type: Box<str>,
    },
    /// A resource does not have the shape of the type that the caller wants.
    #[cfg(feature = "serde")]
    #[error("The resource does not fit the type that it is read as: {problem}.")]
    Shape {
        /// What is wrong with it. No value of the resource stands in it.
        problem: Box<str>,
    },
    /// The answer to a batch is not one.
    #[error("The answer to a batch is wrong: {problem}. Send the requests one by one instead.")]
    BatchResponse {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The pages of a search point back at one that was read already.
    #[error("The server's pages point in a circle: the reading was stopped.")]
    PageCycle,
    /// A bulk export did not end as it should.
    #[error("The export failed: {problem}.")]
    Export {
        /// What is wrong.
        problem: Box<str>,
    },
    /// A bulk export was cancelled while somebody waited for it.
    #[error("The export was cancelled: begin a new one.")]
    ExportCancelled,
    /// A line of a bulk file cannot be read. What came before it was given.
    #[error("Line {line} of {file} {problem}: what came before it was given. {}", .problem.remedy())]
    BadLine {
        /// The file's URL.
        file: Box<str>,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// An OperationOutcome stands among the resources of a bulk file: the server says that the file is not what it should be.
    /// What came before it was given.
    #[error("Line {line} of {file} is an OperationOutcome, so the file may not be whole{}. What came before it was given. Export again, or ask the server's operator.", after_colon(.outcome.first_text()))]
    FileOutcome {
        /// The file's URL.
        file: Box<str>,
        /// The line, counted from 1.
        line: u64,
        /// What the server says.
        outcome: Box<OperationOutcome>,
    },
    /// A bulk file holds fewer or more resources than its manifest says.
    #[error(
        "{file} holds {found} resources and should hold {expected}: fetch it again. If the server counts wrong, such as header rows or what an error file stands for, switch checkCounts off."
    )]
    Count {
        /// The file's address.
        file: Box<str>,
        /// How many it should hold.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// The place to keep sessions in is blocked or full.
    #[error("The browser does not let this page keep data: allow site data for it, or configure another store.")]
    Storage,
    /// The host has no secure source of randomness.
    #[error("The host has no secure source of randomness.")]
    Entropy,
    /// There is no page to navigate.
    #[error("There is no page to navigate: open the authorization URL yourself.")]
    Navigation,
    /// The browser did not let the page open a window.
    #[error("The browser did not let the page open a window: open it within the user's click, or launch in this page.")]
    PopupBlocked,
    /// The window of a launch was closed before the user came back.
    #[error("The window was closed before the launch had ended: launch again.")]
    PopupClosed,
    /// An object that the caller gave threw an exception.
    #[error("The {name} that was given threw an exception, so nothing was done: give one that does not.")]
    CallerObject {
        /// What the object was given as, such as `signal`.
        name: &'static str,
    },
}
