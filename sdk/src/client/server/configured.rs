//! A configured server, with its URLs parsed and checked.

use super::config::{ServerRecord, read_fhir_base, read_url};
use super::named_endpoints::EndpointUrls;
use crate::error::{Error, Failure};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::launch::same_issuer;
use crate::protocol::url::Url;

/// The remedy for a page that was opened as a file.
const NO_FILE: &str = "this page is a file (file://), to which no server can send the user back: serve its folder on this machine, \
                       and open it at http://localhost";

/// A server record with parsed URLs.
pub(crate) struct Server {
    pub record: ServerRecord,
    /// Identifies the server in stored sessions and launches.
    pub key: String,
    pub fhir_base: Url,
    pub discovery_base: Url,
    pub named: EndpointUrls,
    pub token_proxy: Option<Url>,
}

impl Server {
    pub fn read(record: ServerRecord) -> Result<Self, Failure> {
        if record.redirect_uri.starts_with("file:") {
            return Err(Error::configuration("redirectUri", NO_FILE));
        }
        let redirect_uri = read_url(&record, "redirectUri", &record.redirect_uri)?;
        let token_proxy = record.token_proxy.as_deref().map(|proxy| read_token_proxy(&record, &redirect_uri, proxy));
        let token_proxy = token_proxy.transpose()?;
        Ok(Self { token_proxy, ..Self::read_without_redirect(record)? })
    }

    /// Checks that a launch from a page can be completed at the redirect URI.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the page is a file or has another origin than the redirect URI, because two origins share no
    /// storage.
    pub fn check_return_origin(&self, location: &str) -> Result<(), Failure> {
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

    /// Reads a record without its redirect URI.
    pub fn read_without_redirect(record: ServerRecord) -> Result<Self, Failure> {
        let fhir_base = read_fhir_base(&record, "fhirBase")?;
        let discovery_base = match &record.discovery_base {
            Some(base) => read_url(&record, "discoveryBase", base)?,
            None => fhir_base.clone(),
        };
        if record.client_id.is_empty() {
            let problem = "it is empty; register the app with the server to get one";
            return Err(Error::configuration("clientId", problem));
        }
        let key = record.name.clone().unwrap_or_else(|| [&*record.client_id, " ", &record.fhir_base].concat());
        let named = EndpointUrls::read(&record)?;
        Ok(Self { record, key, fhir_base, discovery_base, named, token_proxy: None })
    }

    /// Reads a record for requests without a client id.
    pub fn without_client(record: &ServerRecord) -> Result<Self, Failure> {
        Self::read_without_redirect(ServerRecord {
            client_id: "unregistered".into(),
            authentication: ClientAuthentication::None,
            ..record.clone()
        })
    }

    /// Whether another record is the app's registration at the same server.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let registration = |server: &Self| {
            let ServerRecord { client_id, redirect_uri, scope, .. } = &server.record;
            (server.fhir_base.clone(), client_id.clone(), redirect_uri.clone(), scope.clone())
        };
        registration(self) == registration(other)
    }

    pub fn trusts(&self, iss: &str) -> bool {
        match &self.record.issuers {
            Some(issuers) => issuers.iter().any(|issuer| same_issuer(issuer, iss)),
            None => same_issuer(&self.record.fhir_base, iss),
        }
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
    use crate::client::server::NamedEndpoints;
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
    fn k5_a_token_proxy_has_the_apps_origin_and_only_it_has_the_secret() {
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
