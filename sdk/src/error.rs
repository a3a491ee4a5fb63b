//! The one error of this crate: a variant for each thing that a caller can act on.

mod code;
mod details;
mod directory;
mod failure;
mod hub;
mod message;
mod redacted;
mod refused;
#[cfg(feature = "udap")]
mod udap;

pub use details::{ConfigurationError, DiscoveryAttempt, FhirError, IdTokenError, OAuthError, RefusedRequest};
pub use directory::DirectoryError;
pub use failure::Failure;
pub use hub::{HubError, HubRefusal};
#[cfg(feature = "udap")]
pub use udap::UdapError;

use std::borrow::Cow;

use message::{after_colon, after_space, listed, unknown_server};

use crate::fhir::outcome::OperationOutcome;
use crate::fhir::resource_lines::LineProblem;
use crate::protocol::secret::AppStateJson;
use crate::protocol::url::UrlError;

/// What went wrong. No variant contains a token, a code, a verifier or a secret. Calls return it as a [`Failure`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The app's configuration is wrong.
    #[error("The configuration's {0}.")]
    Configuration(Box<ConfigurationError>),
    /// No server of the configuration has this name, or several servers and no name was given.
    #[error("{}", unknown_server(.name.as_deref()))]
    UnknownServer {
        /// The requested name.
        name: Option<Box<str>>,
    },
    /// A launch link is from an EHR that the app does not trust. Nothing was sent there.
    #[error(
        "The launch link is from the EHR {iss}, which this app does not trust, so nothing was sent there. If it is yours, add it to the issuers of a server."
    )]
    UntrustedIssuer {
        /// The `iss` of the link.
        iss: Box<str>,
    },
    /// A launch link has no `iss` or `launch`, or has it twice.
    #[error(
        "The launch link must have exactly one {parameter} parameter: open the app from the EHR again, or ask its administrator for the app's launch URL."
    )]
    LaunchLink {
        /// The parameter.
        parameter: &'static str,
    },
    /// A URL cannot be used.
    #[error("The URL of {what} cannot be used: {problem}.")]
    Url {
        /// What the URL is for, such as `token_endpoint`.
        what: Box<str>,
        /// What is wrong.
        problem: UrlError,
    },
    /// A URL uses http to another machine, so that others on the network could read the traffic.
    #[error(
        "The URL of {what} uses http to another machine, so others on the network could read the traffic: use https, or set allow_insecure_http for tests."
    )]
    InsecureUrl {
        /// What the URL is for.
        what: Box<str>,
    },
    /// A URL is outside the servers that the access token is for. Nothing was sent there.
    #[error(
        "A link leads to {origin}, which the access token is not for, so nothing was sent there. If you trust it, fetch it without the token."
    )]
    ForeignUrl {
        /// The origin of the URL.
        origin: Box<str>,
    },
    /// The server redirected a request with an access token, and the redirect was not followed: its target is unknown or must not
    /// get the token, the redirects form a cycle, or the request changes data.
    #[error("{host} redirected the request to {}. The redirect was not followed, so that the access token and the request's content stay with this server: configure the URL that the server redirects to, or contact its operator.", .to.as_deref().unwrap_or("an unknown URL"))]
    Redirected {
        /// The host that redirected.
        host: Box<str>,
        /// The target of the redirect without its query; `None` if the browser hides it.
        to: Option<Box<str>>,
    },
    /// The server's SMART configuration could not be read.
    #[error("The server's configuration could not be read ({}): check its base URL, the connection, and that it allows this page's origin (CORS).", listed(.attempts))]
    Discovery {
        /// Each requested document, and its outcome.
        attempts: Box<[DiscoveryAttempt]>,
    },
    /// The server does not advertise S256, and the configuration requires it.
    #[error("The server does not advertise PKCE with S256, and the configuration requires it.")]
    PkceUnsupported,
    /// An extra parameter is one that this client sets itself.
    #[error("The client sets the parameter {name} itself: remove it from the extra parameters.")]
    ReservedParameter {
        /// The parameter.
        name: Box<str>,
    },
    /// The URL of the authorization request is too long for some servers, and the request cannot be sent by POST.
    #[error(
        "The URL of the authorization request is longer than 8 kB, which some servers refuse: request fewer scopes, or set the launch's method."
    )]
    AuthorizationTooLong,
    /// `max_age` was requested, and the server does not report when a user signed in.
    #[error(
        "max_age needs the scope openid and a server that reports when the user signed in (auth_time in claims_supported): remove max_age."
    )]
    MaxAgeUnsupported,
    /// Scopes are wrong for this kind of request.
    #[error("The scopes cannot be used: {problem}.")]
    Scope {
        /// What is wrong.
        problem: Box<str>,
    },
    /// The state of a redirect is not from this browser, or too old.
    #[error(
        "The redirect does not belong to a launch of this browser, or the launch is too old: start the launch again."
    )]
    StateMismatch,
    /// A redirect was used before, and its session has ended.
    #[error("This redirect was used before, and its session has ended: start the launch again.")]
    CallbackReplayed,
    /// A redirect has neither a code nor an error, or has a parameter twice.
    #[error("The redirect from the server is invalid: {problem}. Start the launch again.")]
    Callback {
        /// What is wrong.
        problem: &'static str,
    },
    /// The authorization server redirected the user back with an error (RFC 6749 section 4.1.2.1).
    #[error("The server did not authorize the app: {0}.")]
    Authorization(Box<OAuthError>),
    /// The token endpoint returned an error (RFC 6749 section 5.2).
    #[error("The token request failed: {0}.{hint}", hint = after_space(.0.hint.as_deref()))]
    Token(Box<OAuthError>),
    /// The response of the token endpoint is not a token response.
    #[error("The token endpoint's response (status {status}) is invalid: {problem}.")]
    TokenResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong.
        problem: Box<str>,
    },
    /// An introspection failed (RFC 7662).
    #[error("The introspection failed {0}")]
    Introspection(Box<RefusedRequest>),
    /// A revocation failed (RFC 7009).
    #[error("The revocation failed {0}")]
    Revocation(Box<RefusedRequest>),
    /// An ID token is not valid.
    #[error("The ID token failed the check of {0}. Start the launch again.")]
    IdToken(Box<IdTokenError>),
    /// There is no connection, or the browser hides the response from the page.
    #[error(
        "No response from {host} could be read: check the connection, that the server is running and allows this page's origin (CORS), and that this page's policy allows the server (Content-Security-Policy, connect-src)."
    )]
    Network {
        /// The host of the request.
        host: Box<str>,
    },
    /// No response arrived in time.
    #[error("{host} did not respond in time: try again.")]
    Timeout {
        /// The host of the request.
        host: Box<str>,
    },
    /// The caller aborted it.
    #[error("The request was aborted.")]
    Aborted,
    /// The client could not authenticate, and nothing was sent.
    #[error("The client could not authenticate: {problem}.")]
    ClientAuthentication {
        /// What is wrong.
        problem: Cow<'static, str>,
    },
    /// The access token has expired, and there is no refresh token.
    #[error("The session has expired and cannot be refreshed: launch again.")]
    SessionExpired,
    /// The session was ended by the user, in another tab, or by the server.
    #[error("The session was ended: launch again.")]
    SignedOut,
    /// The server has no endpoint for this.
    #[error("The server does not support {what}: its documents list no endpoint for it.")]
    NotOffered {
        /// What it is, such as `introspection`.
        what: &'static str,
    },
    /// A pasted string cannot be an access token. Nothing was sent.
    #[error("The access token cannot be used: {problem}. Copy the whole token again, and nothing else.")]
    PastedToken {
        /// What is wrong.
        problem: &'static str,
    },
    /// The response of the UserInfo endpoint cannot be used.
    #[error("The UserInfo response (status {status}) cannot be used: {problem}.")]
    UserInfo {
        /// The HTTP status.
        status: u16,
        /// What is wrong.
        problem: Box<str>,
    },
    /// The server does not support registration by clients.
    #[error(
        "Apps cannot register themselves at {host}: {found}. Register the app manually (in WebChart, in the Login Trusts editor), then configure its client id."
    )]
    RegistrationOff {
        /// The host.
        host: Box<str>,
        /// How the client knows it.
        found: &'static str,
    },
    /// The server refused a registration (RFC 7591 section 3.2.2).
    #[error("The server did not register the client: {0}.")]
    Registration(Box<OAuthError>),
    /// The response of the registration endpoint is not a registration.
    #[error("The registration endpoint's response (status {status}) is invalid: {problem}.")]
    RegistrationResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong.
        problem: &'static str,
    },
    /// The app cannot stay connected here. Nothing was sent.
    #[error("This launch cannot keep the connection: {problem}. Launch without keep.")]
    KeepUnsupported {
        /// Why.
        problem: &'static str,
    },
    /// The server registered a key of this browser, and then gave no token for it.
    #[error(
        "{host} registered a key of this browser, and then gave no access token for it{}. Launch again without keep; from a day later on, a launch can try to keep the connection again.", after_colon(.problem.as_deref())
    )]
    KeepRefused {
        /// The host of the server.
        host: Box<str>,
        /// The server's error, if this is the attempt that it refused.
        problem: Option<Box<str>>,
    },
    /// The key of a connection is not on this device any more.
    #[error(
        "This browser does not have the connection's key any more: its data was deleted, or the connection was removed. Launch again to connect."
    )]
    KeyMissing,
    /// The call needs a patient, and none is in context.
    #[error("The session has no patient: request the scope launch/patient, or launch from a patient's chart.")]
    NoPatient,
    /// The patient of a refresh, or of a launch in the same context, is not the session's patient.
    #[error(
        "The server returned a token for another patient than the session's, and the token was not used: launch again."
    )]
    PatientChanged,
    /// The FHIR server returned an error status.
    #[error("{0}")]
    Fhir(Box<FhirError>),
    /// A response that should be JSON is not.
    #[error("The response of {host} (status {status}) is not JSON.")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// The host of the response.
        host: Box<str>,
    },
    /// A Binary has no readable data.
    #[error("The content cannot be read: {problem}. Contact the server's operator.")]
    Content {
        /// What is wrong.
        problem: &'static str,
    },
    /// A reference, an id or a resource type is not valid in FHIR.
    #[error("The reference cannot be used: {problem}.")]
    Reference {
        /// What is wrong.
        problem: Box<str>,
    },
    /// The browser hides a header from the page (CORS), and its value is not in the body either.
    #[error(
        "The response's {name} header is absent or hidden from this page: have the server expose it (CORS, Access-Control-Expose-Headers), or request the resource in the response (Prefer: return=representation)."
    )]
    HiddenHeader {
        /// The header.
        name: &'static str,
    },
    /// The granted scopes do not allow a request. Nothing was sent.
    #[error("The granted scopes do not allow this for {resource_type}: launch again with a scope for it.")]
    NotGranted {
        /// The resource type.
        resource_type: Box<str>,
    },
    /// A resource cannot be deserialized as the caller's type.
    #[cfg(feature = "serde")]
    #[error("The resource cannot be deserialized: {problem}.")]
    Shape {
        /// What is wrong, without any value of the resource.
        problem: Box<str>,
    },
    /// The response to a batch is invalid.
    #[error("The response to a batch is invalid: {problem}. Send the requests individually.")]
    BatchResponse {
        /// What is wrong.
        problem: &'static str,
    },
    /// A page of a search links to one that was read before.
    #[error("The links between the server's pages form a cycle, so no more pages were read.")]
    PageCycle,
    /// A bulk export failed.
    #[error("The export failed: {problem}.")]
    Export {
        /// What is wrong.
        problem: Box<str>,
    },
    /// A bulk export was cancelled while a caller waited for it.
    #[error("The export was cancelled: start a new one.")]
    ExportCancelled,
    /// A line of a bulk file cannot be read. The resources before it were returned.
    #[error("Line {line} of {file} {problem}. The resources before it were returned. {}", .problem.remedy())]
    BadLine {
        /// The file's URL.
        file: Box<str>,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        problem: LineProblem,
    },
    /// A bulk file contains an OperationOutcome among its resources, by which the server reports a problem with the file.
    /// The resources before it were returned.
    #[error("Line {line} of {file} is an OperationOutcome, so the file may be incomplete{}. The resources before it were returned. Export again, or contact the server's operator.", after_colon(.outcome.first_text()))]
    FileOutcome {
        /// The file's URL.
        file: Box<str>,
        /// The line, counted from 1.
        line: u64,
        /// The OperationOutcome.
        outcome: Box<OperationOutcome>,
    },
    /// A bulk file has fewer or more resources than its manifest says.
    #[error(
        "{file} has {found} resources instead of {expected}: fetch it again. If the server's counts are wrong, set checkCounts to false."
    )]
    Count {
        /// The file's URL.
        file: Box<str>,
        /// The number of resources in the manifest.
        expected: u64,
        /// The number of resources in the file.
        found: u64,
    },
    /// A directory of FHIR servers cannot be used.
    #[error(transparent)]
    Directory(DirectoryError),
    /// The app cannot follow other apps (FHIRcast).
    #[error(transparent)]
    Hub(HubError),
    /// The client cannot use a trust community (UDAP).
    #[cfg(feature = "udap")]
    #[error(transparent)]
    Udap(UdapError),
    /// The app cannot send messages to the EHR's page. Nothing was sent there.
    #[error("The app cannot send messages to the EHR: {problem}.")]
    MessagingUnavailable {
        /// What is missing.
        problem: &'static str,
    },
    /// An app state cannot be used. Nothing was stored.
    #[error("The app state cannot be used: {problem}.")]
    AppState {
        /// What is wrong.
        problem: &'static str,
    },
    /// The app state at the server is not the one that the app read or stored last. Nothing was stored.
    #[error(
        "The app state at the server is not the one that was read last, so it was not changed: merge your change into the error's current state, and store it again."
    )]
    StateConflict {
        /// The current state, a `Basic` resource; `None` if it was deleted.
        current: Option<AppStateJson>,
    },
    /// The host has no WebSocket, or refuses to open one.
    #[error(
        "No WebSocket can be opened here: use Node 22 or newer, or pass a WebSocket class, such as that of the package ws, as webSocket."
    )]
    WebSocketUnavailable,
    /// The store is blocked or full.
    #[error("The browser does not let this page store data: allow site data for it, or configure another store.")]
    Storage,
    /// The host has no secure source of randomness.
    #[error("The host has no secure source of randomness.")]
    Entropy,
    /// There is no page that can navigate.
    #[error("There is no page that can navigate: open the authorization URL yourself.")]
    Navigation,
    /// The browser blocked a window.
    #[error("The browser blocked the window: open it in response to the user's click, or launch in this page.")]
    PopupBlocked,
    /// The window of a launch was closed before the user came back.
    #[error("The window was closed before the launch was complete: launch again.")]
    PopupClosed,
    /// An object of the caller threw an exception.
    #[error("The given {name} threw an exception, so nothing was done: pass one that does not throw.")]
    CallerObject {
        /// The name of the option, such as `signal`.
        name: &'static str,
    },
}
