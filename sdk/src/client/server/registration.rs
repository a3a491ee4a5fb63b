//! Registers the app at a server, and reads, changes and removes its registration (RFC 7591, RFC 7592).

use std::rc::Rc;

use super::config::ServerRecord;
use super::configured::Server;
use super::discovery::{Discovery, openid_configuration};
use super::transport::{JsonResponse, REQUEST_TIMEOUT, send};
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::platform::{Json, Platform};
use crate::protocol::client_auth::{BasicEncoding, ClientAuthentication};
use crate::protocol::client_metadata::{ClientMetadata, TokenEndpointAuthMethod};
use crate::protocol::http::Request;
use crate::protocol::openid::KnownEndpoints;
use crate::protocol::registration::{RegisteredClient, read_deletion, read_registration, registration_request};
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

/// A server's registration endpoint.
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use smartrust::abort::AbortSignal;
/// use smartrust::client::server::RegistrationEndpoint;
/// use smartrust::platform::Platform;
/// use smartrust::protocol::client_metadata::ClientMetadata;
/// use smartrust::{Failure, ServerRecord};
///
/// /// What to configure for a FHIR server that the app has no client id for yet.
/// async fn registered<P: Platform>(platform: P, fhir_base: &str) -> Result<ServerRecord, Failure> {
///     let (redirect_uri, scope) = ("https://app.example/code", "launch/patient openid fhirUser patient/*.rs");
///     let record = ServerRecord::new(fhir_base, "", redirect_uri, scope);
///     let endpoint = RegistrationEndpoint::discover(platform, &record).await?;
///     let metadata = ClientMetadata::public("My app", redirect_uri, scope);
///     let client = endpoint.register(&metadata, None, &AbortSignal::never()).await?;
///     Ok(record.registered(&client))
/// }
/// # }
/// ```
pub struct RegistrationEndpoint<P: Platform> {
    platform: P,
    url: Url,
}

impl<P: Platform> RegistrationEndpoint<P> {
    /// Finds the endpoint in the documents of a server, whose record may have no client id yet.
    ///
    /// # Errors
    /// [`Error::RegistrationOff`] where the documents name none that can be used, [`Error::Discovery`] where they cannot be
    /// read, [`Error::Configuration`] for a base that is no url.
    pub async fn discover(platform: P, record: &ServerRecord) -> Result<Self, Failure> {
        let server = Rc::new(Server::without_client(record)?);
        // What a record names may do without documents; where clients register stands in them alone.
        let configuration = Rc::new(Discovery::new(server.clone())).documents(&platform, false).await?;
        let url = match &configuration.registration_endpoint {
            Some(url) => Some(url.clone()),
            None => {
                let openid = openid_configuration(&platform, &server, KnownEndpoints::of(&configuration)).await;
                openid.and_then(|openid| openid.registration_endpoint)
            }
        };
        let found = "its documents name no registration endpoint that can be used";
        let url = url.ok_or_else(|| Error::RegistrationOff { host: server.fhir_base.host().into(), found })?;
        Ok(Self { platform, url })
    }

    /// The endpoint at an url that is known, such as one that was discovered before.
    ///
    /// # Errors
    /// [`Error::Url`] for what is no url, [`Error::InsecureUrl`] for plain http to another machine.
    pub fn at(platform: P, url: &str) -> Result<Self, Failure> {
        let what = || "registration_endpoint".into();
        let url = Url::parse(url).map_err(|problem| Error::Url { what: what(), problem })?;
        if url.is_confidential() { Ok(Self { platform, url }) } else { Err(Error::InsecureUrl { what: what() }.into()) }
    }

    /// The endpoint's url.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Registers a client. Where the server registers only for those who hold a token of its administrator, that is the
    /// initial access token.
    ///
    /// The app keeps the answer: without its registration access token the registration cannot be changed any more.
    ///
    /// # Errors
    /// [`Error::Configuration`] for metadata that no server can take, with nothing sent; [`Error::RegistrationOff`] for a page
    /// in place of an answer; [`Error::Registration`] where the server refuses; [`Error::RegistrationResponse`],
    /// [`Error::Network`].
    pub async fn register(
        &self,
        metadata: &ClientMetadata,
        initial_access_token: Option<&AccessToken>,
        abort: &AbortSignal,
    ) -> Result<RegisteredClient, Failure> {
        let request = registration_request(&self.platform, &self.url, metadata, initial_access_token)?;
        let response = self.send(&request, abort).await?;
        response.read_by(|status, body| read_registration(&self.url, status, body))
    }

    /// Reads the registration as it stands now. The answer takes the place of `client`: it may hold a new registration
    /// access token.
    ///
    /// # Errors
    /// [`Error::NotOffered`] where the registration cannot be managed; [`Error::ForeignUrl`] where its url is of another
    /// origin than this endpoint, with nothing sent; else as [`Self::register`].
    pub async fn read(&self, client: &RegisteredClient, abort: &AbortSignal) -> Result<RegisteredClient, Failure> {
        let response = self.send(&client.read_request(&self.url)?, abort).await?;
        response.read_by(|status, body| client.read_answer(&self.url, status, body))
    }

    /// Replaces the registration's metadata. The answer takes the place of `client`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn update(
        &self,
        client: &RegisteredClient,
        metadata: &ClientMetadata,
        abort: &AbortSignal,
    ) -> Result<RegisteredClient, Failure> {
        let response = self.send(&client.update_request(&self.platform, &self.url, metadata)?, abort).await?;
        response.read_by(|status, body| client.read_answer(&self.url, status, body))
    }

    /// Removes the registration. Its client id and its tokens are then void.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn delete(&self, client: &RegisteredClient, abort: &AbortSignal) -> Result<(), Failure> {
        let response = self.send(&client.delete_request(&self.url)?, abort).await?;
        response.read_by(|status, body| read_deletion(&self.url, status, body))
    }

    async fn send(
        &self,
        request: &Request,
        abort: &AbortSignal,
    ) -> Result<Box<JsonResponse<<P as Json>::Value>>, Failure> {
        send(&self.platform, request, REQUEST_TIMEOUT, abort).await
    }
}

impl ServerRecord {
    /// The record with the client id of a registration, and with its secret where the server registered that the client
    /// authenticates by one. A client with a key of its own sets [`Self::authentication`] itself.
    pub fn registered(mut self, client: &RegisteredClient) -> Self {
        self.client_id = client.client_id.clone();
        let secret = client.client_secret.clone();
        match (&client.metadata.token_endpoint_auth_method, secret) {
            (TokenEndpointAuthMethod::None, _) => self.authentication = ClientAuthentication::None,
            (TokenEndpointAuthMethod::ClientSecretPost, Some(secret)) => {
                self.authentication = ClientAuthentication::ClientSecretPost(secret);
            }
            (TokenEndpointAuthMethod::ClientSecretBasic, Some(secret)) => {
                self.authentication = ClientAuthentication::ClientSecretBasic(secret, BasicEncoding::Form);
            }
            _ => {}
        }
        self
    }
}
