//! What an app says of itself and of the servers that it works with.

use crate::error::{Error, Failure};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::pkce::Pkce;
use crate::protocol::url::Url;

/// An app's configuration.
#[derive(Clone, Debug, Default)]
pub struct SmartAppConfig {
    /// The servers that the app works with. A client id or secret of one never goes to another.
    pub servers: Vec<ServerRecord>,
}

/// What an app knows of one server.
#[derive(Clone, Debug)]
pub struct ServerRecord {
    /// The app's own name for the server; needed where several are configured.
    pub name: Option<String>,
    /// The FHIR base, and the default for the discovery base and `aud`.
    pub fhir_base: String,
    /// Where `.well-known` lies, if not under the FHIR base.
    pub discovery_base: Option<String>,
    /// The `aud` parameter. By default the FHIR base as it is written here; in an EHR launch the link's `iss`.
    pub aud: Option<String>,
    /// Which `iss` an EHR launch may come with; `None` for the FHIR base alone. A slash at the end makes no difference.
    pub issuers: Option<Vec<String>>,
    /// The client id that the server knows the app by.
    pub client_id: String,
    /// How the client authenticates at the token endpoint.
    pub authentication: ClientAuthentication,
    /// An address of the app's own origin that takes token and revocation requests in the server's place, adds what
    /// authenticates the client, and passes them on: where a shared secret must not be in the page. It may be relative to
    /// [`Self::redirect_uri`].
    pub token_proxy: Option<String>,
    /// Where the server sends the user back to; absolute, without fragment, as it is registered.
    pub redirect_uri: String,
    /// The scopes, separated by spaces. `launch` is added for an EHR launch, and left out of a standalone one.
    pub scope: String,
    /// When a PKCE challenge is sent.
    pub pkce: Pkce,
    /// Audiences of an ID token that are trusted besides the client.
    pub trusted_audiences: Vec<String>,
    /// Takes an ID token without the nonce that was sent.
    pub allow_missing_nonce: bool,
    /// Allows plain http to hosts other than this machine. Everybody on the way can then read along.
    pub allow_insecure_http: bool,
    /// Endpoints to use in place of those that the server's documents name.
    pub endpoints: NamedEndpoints,
}

/// Endpoints of a server whose documents are missing or wrong, absolute. What is named here takes the place of what the
/// server's documents say; where both the authorization and the token endpoint are named, no document is asked for. Then an ID
/// token can be checked, a token given back and asked about only by what is named besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedEndpoints {
    /// Where the user is sent.
    pub authorization_endpoint: Option<String>,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Option<String>,
    /// The keys that sign ID tokens.
    pub jwks_uri: Option<String>,
    /// The issuer of ID tokens, as their claim `iss` has it. Not to be confused with [`ServerRecord::issuers`], which EHR
    /// launches come with.
    pub id_token_issuer: Option<String>,
    /// Where tokens are given back.
    pub revocation_endpoint: Option<String>,
    /// Where a token is asked about.
    pub introspection_endpoint: Option<String>,
    /// Where the user is asked about.
    pub userinfo_endpoint: Option<String>,
}

impl ServerRecord {
    /// A public client of a server, with PKCE.
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
        }
    }
}

pub(super) fn read_url(record: &ServerRecord, member: &str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|problem| Error::configuration(member, &problem.to_string()))?;
    if url.is_confidential() || record.allow_insecure_http {
        Ok(url)
    } else {
        Err(Error::configuration(member, "it is plain http on another machine; use https"))
    }
}
