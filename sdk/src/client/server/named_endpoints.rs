//! Configured endpoints, for servers whose documents are missing or wrong.

use std::rc::Rc;

use super::config::{NamedEndpoints, ServerRecord, read_url};
use crate::error::Failure;
use crate::json::ObjectWriter;
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::url::Url;

/// The parsed endpoints of a server record.
#[derive(Clone, Default)]
pub(crate) struct EndpointUrls {
    authorization: Option<Url>,
    token: Option<Url>,
    jwks: Option<Url>,
    revocation: Option<Url>,
    introspection: Option<Url>,
    user_info: Option<Url>,
    issuer: Option<String>,
}

impl EndpointUrls {
    /// Parses the URLs of a record.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] with the name of the member that is not a URL, or is http to another machine.
    pub fn read(record: &ServerRecord) -> Result<Self, Failure> {
        let named = &record.endpoints;
        let read = |member: &str, text: &Option<String>| {
            text.as_deref().map(|text| read_url(record, member, text)).transpose()
        };
        Ok(Self {
            authorization: read("authorizationEndpoint", &named.authorization_endpoint)?,
            token: read("tokenEndpoint", &named.token_endpoint)?,
            jwks: read("jwksUri", &named.jwks_uri)?,
            revocation: read("revocationEndpoint", &named.revocation_endpoint)?,
            introspection: read("introspectionEndpoint", &named.introspection_endpoint)?,
            user_info: read("userinfoEndpoint", &named.userinfo_endpoint)?,
            issuer: named.id_token_issuer.clone(),
        })
    }

    /// The configuration without discovery, if the record names the token endpoint, and for a launch the authorization endpoint,
    /// too.
    pub fn configuration(&self, for_launch: bool) -> Option<Rc<SmartConfiguration>> {
        let token = self.token.clone()?;
        if for_launch && self.authorization.is_none() {
            return None;
        }
        let document = self
            .members()
            .into_iter()
            .fold(ObjectWriter::new(), |document, (_, member, text)| document.optional_text(member, text));
        Some(Rc::new(SmartConfiguration {
            issuer: self.issuer.clone(),
            authorization_endpoint: self.authorization.clone(),
            token_endpoint: token,
            jwks_uri: self.jwks.clone(),
            registration_endpoint: None,
            userinfo_endpoint: self.user_info.clone(),
            introspection_endpoint: self.introspection.clone(),
            revocation_endpoint: self.revocation.clone(),
            management_endpoint: None,
            capabilities: Vec::new(),
            token_endpoint_auth_signing_alg_values_supported: Vec::new(),
            code_challenge_methods_supported: Vec::new(),
            authorization_response_iss_parameter_supported: false,
            ignored_openid_configuration: false,
            json: document.finish(),
        }))
    }

    /// Replaces discovered endpoints by those of the record.
    pub fn override_in(&self, found: Rc<SmartConfiguration>) -> Rc<SmartConfiguration> {
        if self.members().iter().all(|(_, _, text)| text.is_none()) {
            return found;
        }
        let found = Rc::unwrap_or_clone(found);
        Rc::new(SmartConfiguration {
            issuer: self.issuer.clone().or(found.issuer),
            authorization_endpoint: self.authorization.clone().or(found.authorization_endpoint),
            token_endpoint: self.token.clone().unwrap_or(found.token_endpoint),
            jwks_uri: self.jwks.clone().or(found.jwks_uri),
            userinfo_endpoint: self.user_info.clone().or(found.userinfo_endpoint),
            introspection_endpoint: self.introspection.clone().or(found.introspection_endpoint),
            revocation_endpoint: self.revocation.clone().or(found.revocation_endpoint),
            ..found
        })
    }

    /// Each member: its name in a record, its name in a server's document, and its value in the record.
    pub fn members(&self) -> [(&'static str, &'static str, Option<&str>); 7] {
        [
            ("authorizationEndpoint", "authorization_endpoint", self.authorization.as_ref().map(Url::as_str)),
            ("tokenEndpoint", "token_endpoint", self.token.as_ref().map(Url::as_str)),
            ("jwksUri", "jwks_uri", self.jwks.as_ref().map(Url::as_str)),
            ("revocationEndpoint", "revocation_endpoint", self.revocation.as_ref().map(Url::as_str)),
            ("introspectionEndpoint", "introspection_endpoint", self.introspection.as_ref().map(Url::as_str)),
            ("userinfoEndpoint", "userinfo_endpoint", self.user_info.as_ref().map(Url::as_str)),
            ("idTokenIssuer", "issuer", self.issuer.as_deref()),
        ]
    }
}

impl NamedEndpoints {
    /// An authorization and a token endpoint. With both, a launch requests no document of the server.
    ///
    /// ```
    /// use smartrust::ServerRecord;
    /// use smartrust::client::server::NamedEndpoints;
    ///
    /// let mut server = ServerRecord::new("https://ehr.example/fhir", "my-app", "https://app.example/", "patient/*.rs");
    /// server.endpoints = NamedEndpoints::of("https://ehr.example/authorize", "https://ehr.example/token");
    /// server.endpoints.revocation_endpoint = Some("https://ehr.example/revoke".into());
    /// ```
    pub fn of(authorization_endpoint: impl Into<String>, token_endpoint: impl Into<String>) -> Self {
        Self {
            authorization_endpoint: Some(authorization_endpoint.into()),
            token_endpoint: Some(token_endpoint.into()),
            ..Self::default()
        }
    }
}
