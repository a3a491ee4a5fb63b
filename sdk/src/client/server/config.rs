//! The configuration of an app and its servers.

use derive_setters::Setters;

use crate::error::{Error, Failure};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::pkce::Pkce;
use crate::protocol::url::Url;

/// The configuration of an app.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SmartAppConfig {
    /// The servers that the app supports. The client id and secret of one are never sent to another.
    pub servers: Vec<ServerRecord>,
    /// The app's registrations at servers that [`SmartApp::add_server`](crate::SmartApp::add_server) adds later. With one, `servers`
    /// may be empty.
    pub registrations: Vec<Registration>,
}

/// The app's registration at servers that are added later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registration {
    /// The client id.
    pub client_id: String,
    /// The redirect URI as registered.
    pub redirect_uri: String,
}

impl Registration {
    /// A registration with this client id and redirect URI.
    pub fn new(client_id: impl Into<String>, redirect_uri: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), redirect_uri: redirect_uri.into() }
    }
}

/// The configuration of one server.
#[derive(Clone, Debug, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct ServerRecord {
    /// The app's own name for the server, which is required if there are several servers.
    pub name: Option<String>,
    /// The FHIR base, and the default for the discovery base and `aud`.
    pub fhir_base: String,
    /// The base of `.well-known`, if it is not the FHIR base.
    pub discovery_base: Option<String>,
    /// The `aud` parameter. The default is the FHIR base as configured, and in an EHR launch its `iss`.
    pub aud: Option<String>,
    /// The values of `iss` that an EHR launch may have; `None` for the FHIR base only. A trailing slash is ignored.
    pub issuers: Option<Vec<String>>,
    /// The client id of the app at the server.
    pub client_id: String,
    /// How the client authenticates at the token endpoint.
    pub authentication: ClientAuthentication,
    /// A URL of the app's origin that receives token and revocation requests, adds the client's secret, and forwards them to the server:
    /// for servers that require a secret, which must not be in the page. It may be relative to [`Self::redirect_uri`].
    pub token_proxy: Option<String>,
    /// The redirect URI as registered; absolute, without a fragment.
    pub redirect_uri: String,
    /// The scopes, separated by spaces. `launch` is added in an EHR launch, and removed in a standalone launch.
    pub scope: String,
    /// Whether a PKCE challenge is sent.
    pub pkce: Pkce,
    /// Further audiences that an ID token may have besides the client.
    pub trusted_audiences: Vec<String>,
    /// Accepts an ID token without the nonce.
    pub allow_missing_nonce: bool,
    /// Allows http to other machines. Everybody on the network can then read the requests.
    pub allow_insecure_http: bool,
    /// Endpoints in place of those in the server's documents.
    pub endpoints: NamedEndpoints,
    /// The id of this app's software at the server, usually the client id: with it, a patient can let this browser register a client with
    /// a key of its own, and stay connected. Epic calls this protected dynamic client registration.
    pub software_id: Option<String>,
    /// Whether the server registers every client that asks (RFC 7591 section 3). A launch that keeps its connection then first registers a
    /// client with a key of its own.
    pub open_registration: bool,
}

/// Absolute URLs of endpoints, for servers whose documents are missing or wrong. They replace those in the server's documents. With both
/// the authorization and the token endpoint, no document is requested. Then checking ID tokens, revocation and introspection
/// require their endpoints here, too.
///
/// ```
/// use smartrust::client::server::NamedEndpoints;
///
/// let endpoints = NamedEndpoints::default().token_endpoint("https://ehr.example/token");
/// assert_eq!(endpoints.token_endpoint.as_deref(), Some("https://ehr.example/token"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct NamedEndpoints {
    /// The authorization endpoint.
    pub authorization_endpoint: Option<String>,
    /// The token endpoint.
    pub token_endpoint: Option<String>,
    /// The keys for the signatures of ID tokens.
    pub jwks_uri: Option<String>,
    /// The issuer of ID tokens (claim `iss`). [`ServerRecord::issuers`] in contrast has the `iss` parameters of EHR launches.
    pub id_token_issuer: Option<String>,
    /// The revocation endpoint (RFC 7009).
    pub revocation_endpoint: Option<String>,
    /// The introspection endpoint (RFC 7662).
    pub introspection_endpoint: Option<String>,
    /// The UserInfo endpoint (OpenID Connect).
    pub userinfo_endpoint: Option<String>,
}

impl SmartAppConfig {
    /// The configuration of an app for these servers.
    ///
    /// ```
    /// use smartrust::{ServerRecord, SmartAppConfig};
    ///
    /// let scope = "launch/patient openid fhirUser patient/*.rs";
    /// let server = ServerRecord::new("https://ehr.example/fhir", "my-app", "https://app.example/", scope);
    /// assert_eq!(SmartAppConfig::new([server]).servers.len(), 1);
    /// ```
    pub fn new(servers: impl IntoIterator<Item = ServerRecord>) -> Self {
        Self { servers: servers.into_iter().collect(), registrations: Vec::new() }
    }

    /// Adds a registration at servers that are added later.
    #[must_use]
    pub fn registration(mut self, registration: Registration) -> Self {
        self.registrations.push(registration);
        self
    }
}

impl ServerRecord {
    /// The record of a public client with PKCE. Set the options as the server requires:
    ///
    /// ```
    /// use smartrust::ServerRecord;
    ///
    /// let scope = "launch/patient openid fhirUser patient/*.rs";
    /// let server = ServerRecord::new("https://ehr.example/fhir", "my-app", "https://app.example/", scope)
    ///     .name("Clinic")
    ///     .aud("https://ehr.example/fhir/");
    /// assert!(!server.allow_insecure_http);
    /// ```
    pub fn new(
        fhir_base: impl Into<String>,
        client_id: impl Into<String>,
        redirect_uri: impl Into<String>,
        scope: impl Into<String>,
    ) -> Self {
        Self {
            name: None,
            fhir_base: fhir_base.into(),
            discovery_base: None,
            aud: None,
            issuers: None,
            client_id: client_id.into(),
            authentication: ClientAuthentication::None,
            token_proxy: None,
            redirect_uri: redirect_uri.into(),
            scope: scope.into(),
            pkce: Pkce::default(),
            trusted_audiences: Vec::new(),
            allow_missing_nonce: false,
            allow_insecure_http: false,
            endpoints: NamedEndpoints::default(),
            software_id: None,
            open_registration: false,
        }
    }
}

/// Parses the FHIR base. An error names `member`.
pub(crate) fn read_fhir_base(record: &ServerRecord, member: &str) -> Result<Url, Failure> {
    let url = read_url(record, member, &record.fhir_base)?;
    if url.query().is_some() {
        return Err(Error::configuration(member, "it has a query (?)"));
    }
    Ok(url)
}

pub(super) fn read_url(record: &ServerRecord, member: &str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|problem| Error::configuration(member, &problem.to_string()))?;
    if url.is_confidential() || record.allow_insecure_http {
        Ok(url)
    } else {
        Err(Error::configuration(member, "it is http to another machine; use https"))
    }
}
