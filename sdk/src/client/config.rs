//! What an app says of itself and of the servers that it works with.

use std::cell::{Cell, RefCell};

use super::discovery::Discovery;
use super::keys::KeySet;
use super::named_endpoints::ReadEndpoints;
use crate::error::{Error, Failure};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::launch::same_issuer;
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

/// What helps a page that was opened as a file.
const NO_FILE: &str = "this page is a file (file://), to which no server can send the user back: serve its folder on this machine, \
                       and open it at http://localhost";

/// A server record whose addresses have been read.
pub(crate) struct Server {
    pub record: ServerRecord,
    pub discovery: Discovery,
    pub keys: RefCell<Option<KeySet>>,
    /// What sessions and pending launches name the server by.
    pub key: String,
    pub fhir_base: Url,
    pub discovery_base: Url,
    pub named: ReadEndpoints,
    pub token_proxy: Option<Url>,
    /// Whether the token endpoint did not know the client (`invalid_client`).
    pub refused_client: Cell<bool>,
}

impl Server {
    pub fn read(record: ServerRecord) -> Result<Self, Failure> {
        if record.redirect_uri.starts_with("file:") {
            return Err(Error::configuration("redirectUri", NO_FILE));
        }
        let redirect_uri = read_address(&record, "redirectUri", &record.redirect_uri)?;
        let token_proxy = record.token_proxy.as_deref().map(|proxy| read_token_proxy(&record, &redirect_uri, proxy));
        let token_proxy = token_proxy.transpose()?;
        Ok(Self { token_proxy, ..Self::read_without_redirect(record)? })
    }

    /// Whether a page at a location, if it leaves for the server, can finish the launch where the user comes back to.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the page is a file, or of another origin than the redirect URI: pages of two origins share
    /// no storage.
    pub fn check_way_back(&self, location: &str) -> Result<(), Failure> {
        let wrong = |problem: &str| Err(Error::configuration("redirectUri", problem));
        if location.starts_with("file:") {
            return wrong(NO_FILE);
        }
        let (Ok(page), Ok(redirect)) = (Url::parse(location), Url::parse(&self.record.redirect_uri)) else {
            return Ok(());
        };
        if page.origin() == redirect.origin() {
            return Ok(());
        }
        wrong(&format!(
            "it is at {} and this page at {}, and pages of two origins share no storage, so the launch could not be finished: open \
             the app at the redirect URI's origin, or register one of this page's. Where that page forwards the redirect to this one, \
             go to authorizationUrl() yourself",
            redirect.origin(),
            page.origin()
        ))
    }

    /// Reads a record of which no user is sent away and back.
    pub fn read_without_redirect(record: ServerRecord) -> Result<Self, Failure> {
        let fhir_base = read_address(&record, "fhirBase", &record.fhir_base)?;
        if fhir_base.query().is_some() {
            return Err(Error::configuration("fhirBase", "it has a query (?)"));
        }
        let discovery_base = match &record.discovery_base {
            Some(base) => read_address(&record, "discoveryBase", base)?,
            None => fhir_base.clone(),
        };
        if record.client_id.is_empty() {
            let problem = "it is empty; register the app with the server to get one";
            return Err(Error::configuration("clientId", problem));
        }
        let key = record.name.clone().unwrap_or_else(|| [&*record.client_id, " ", &record.fhir_base].concat());
        let named = ReadEndpoints::read(&record)?;
        let (discovery, keys, token_proxy, refused_client) = Default::default();
        Ok(Self { record, discovery, keys, key, fhir_base, discovery_base, named, token_proxy, refused_client })
    }

    /// The addresses of a record that needs no client, because none is named in what is asked of the server.
    pub fn without_client(record: &ServerRecord) -> Result<Self, Failure> {
        Self::read_without_redirect(ServerRecord {
            client_id: "unregistered".into(),
            authentication: ClientAuthentication::None,
            ..record.clone()
        })
    }

    pub fn trusts(&self, iss: &str) -> bool {
        match &self.record.issuers {
            Some(issuers) => issuers.iter().any(|issuer| same_issuer(issuer, iss)),
            None => same_issuer(&self.record.fhir_base, iss),
        }
    }
}

pub(super) fn read_address(record: &ServerRecord, member: &str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).map_err(|problem| Error::configuration(member, &problem.to_string()))?;
    if url.is_confidential() || record.allow_insecure_http {
        Ok(url)
    } else {
        Err(Error::configuration(member, "it is plain http on another machine; use https"))
    }
}

fn read_token_proxy(record: &ServerRecord, redirect_uri: &Url, proxy: &str) -> Result<Url, Failure> {
    let wrong = |problem: &str| Error::configuration("tokenProxy", problem);
    if record.authentication != ClientAuthentication::None {
        return Err(wrong("it authenticates the client itself; leave the client's secret or key to it"));
    }
    let url = redirect_uri.join(proxy).map_err(|problem| wrong(&problem.to_string()))?;
    if url.origin() == redirect_uri.origin() { Ok(url) } else { Err(wrong("it is not of the redirect URI's origin")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::secret::ClientSecret;

    fn wrong_member(adjust: impl Fn(&mut ServerRecord)) -> Option<String> {
        let mut record = ServerRecord::new("https://ehr.example/fhir", "app", "https://app.example/code", "openid");
        adjust(&mut record);
        match Server::read(record) {
            Ok(_) => None,
            Err(failure) => match failure.into() {
                Error::Configuration(wrong) => Some(wrong.member),
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn d9_one_url_is_the_default_for_all_bases() {
        let record = ServerRecord::new("https://ehr.example/fhir/", "app", "https://app.example/code", "openid");
        let server = Server::read(record).unwrap();
        assert_eq!(server.discovery_base, server.fhir_base);
        assert!(server.trusts("https://ehr.example/fhir"));
        assert!(!server.trusts("https://ehr.example/fhir2"));
    }

    #[test]
    fn a_wrong_member_is_named() {
        assert_eq!(wrong_member(|_| {}), None);
        assert_eq!(wrong_member(|record| record.fhir_base = "ehr.example".into()).as_deref(), Some("fhirBase"));
        assert_eq!(wrong_member(|record| record.fhir_base = "http://ehr.example".into()).as_deref(), Some("fhirBase"));
        assert_eq!(wrong_member(|record| record.client_id.clear()).as_deref(), Some("clientId"));
    }

    #[test]
    fn d10_a_named_endpoint_is_absolute_and_not_on_plain_http() {
        let named = |endpoint: &str| {
            let endpoints = NamedEndpoints::of("https://ehr.example/authorize", endpoint);
            wrong_member(|record| record.endpoints = endpoints.clone())
        };
        assert_eq!(named("https://login.example/token"), None);
        assert_eq!(named("http://localhost:9080/token"), None);
        for wrong in ["http://ehr.example/token", "/token", "https://ehr.example/token#x", ""] {
            assert_eq!(named(wrong).as_deref(), Some("tokenEndpoint"), "{wrong}");
        }
        let allowed = wrong_member(|record| {
            record.endpoints.jwks_uri = Some("http://ehr.example/jwks".into());
            record.allow_insecure_http = true;
        });
        assert_eq!(allowed, None);
    }

    #[test]
    fn k5_a_token_proxy_is_of_the_apps_own_origin_and_alone_holds_the_secret() {
        let proxied = |proxy: &str| {
            let mut record = ServerRecord::new("https://ehr.example/fhir", "app", "https://app.example/code", "openid");
            record.token_proxy = Some(proxy.into());
            record
        };
        let proxy = |text| Server::read(proxied(text)).unwrap().token_proxy.unwrap();
        assert_eq!(proxy("/token").as_str(), "https://app.example/token");
        assert_eq!(proxy("https://app.example/api/token").as_str(), "https://app.example/api/token");
        for foreign in ["https://ehr.example/token", "//evil.example/token", "http://app.example/token"] {
            let wrong = wrong_member(|record| *record = proxied(foreign));
            assert_eq!(wrong.as_deref(), Some("tokenProxy"), "{foreign}");
        }
        let with_secret = |record: &mut ServerRecord| {
            *record = proxied("/token");
            record.authentication = ClientAuthentication::ClientSecretPost(ClientSecret::new("s"));
        };
        assert_eq!(wrong_member(with_secret).as_deref(), Some("tokenProxy"));
    }

    #[test]
    fn a5_the_redirect_uri_is_absolute_and_without_fragment() {
        for text in ["/code", "https://app.example/code#x", ""] {
            assert_eq!(
                wrong_member(|record| record.redirect_uri = text.into()).as_deref(),
                Some("redirectUri"),
                "{text}"
            );
        }
    }
}
