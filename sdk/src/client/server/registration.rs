//! Registers the app at a server, and reads, changes and removes its registration (RFC 7591, RFC 7592).

use std::fmt;
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
use crate::protocol::discovery::SmartConfiguration;
use crate::protocol::http::Request;
use crate::protocol::openid::KnownEndpoints;
use crate::protocol::registration::{
    RegisteredClient, protected_registration_request, read_deletion, read_registration, registration_request,
};
use crate::protocol::safe_url::safe_url;
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
/// /// The configuration of a FHIR server at which the app has no client id yet.
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
    /// Discovers the endpoint of a server, whose record may have no client id yet.
    ///
    /// For an example, see [`RegistrationEndpoint`].
    ///
    /// # Errors
    /// [`Error::RegistrationOff`] if the documents name no usable endpoint, [`Error::Discovery`] if they cannot be read,
    /// [`Error::Configuration`] for a base that is not a URL.
    pub async fn discover(platform: P, record: &ServerRecord) -> Result<Self, Failure> {
        let server = Rc::new(Server::without_client(record)?);
        // A record has no registration endpoint, so this needs the documents.
        let configuration = Rc::new(Discovery::new(server.clone())).documents(&platform, false).await?;
        let url = registration_url(&platform, &server, &configuration).await;
        let found = "its documents name no registration endpoint that can be used";
        let url = url.ok_or_else(|| Error::RegistrationOff { host: server.fhir_base.host().into(), found })?;
        Ok(Self { platform, url })
    }

    /// The endpoint at a known URL, such as one that was discovered before.
    ///
    /// For an example, see [`Self::register`].
    ///
    /// # Errors
    /// [`Error::Url`] for an invalid URL, [`Error::InsecureUrl`] for http to another machine.
    pub fn at(platform: P, url: &str) -> Result<Self, Failure> {
        let url = safe_url(Url::parse(url), "registration_endpoint", false)?;
        Ok(Self { platform, url })
    }

    /// The endpoint at a URL of a server's documents.
    #[cfg(feature = "keep")]
    pub(crate) fn of(platform: P, url: Url) -> Self {
        Self { platform, url }
    }

    /// The endpoint's URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Registers a client. Some servers require a token from their administrator, the initial access token.
    ///
    /// Store the result: without its registration access token, the registration cannot be changed any more.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::server::RegistrationEndpoint, platform::Platform};
    /// # use smartrust::protocol::secret::AccessToken;
    /// use smartrust::protocol::client_metadata::ClientMetadata;
    ///
    /// # async fn example<P: Platform>(platform: P, initial_access_token: &AccessToken) -> Result<(), Failure> {
    /// let metadata = ClientMetadata::public("My app", "https://app.example/", "launch/patient patient/*.rs");
    /// let endpoint = RegistrationEndpoint::at(platform, "https://ehr.example/register")?;
    /// let client = endpoint.register(&metadata, Some(initial_access_token), &AbortSignal::never()).await?;
    /// for change in metadata.changes(&client.metadata) {
    ///     println!("{} was registered as {:?}", change.member, change.registered);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] for invalid metadata, with nothing sent; [`Error::RegistrationOff`] if the response is a web page;
    /// [`Error::Registration`] if the server refuses; [`Error::RegistrationResponse`],
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

    /// Registers a client for this browser, with a key of its own, by an access token that the user granted for it ("SMART Protected Dynamic
    /// Client Registration"). `jwks` is a JWK Set with the public key as JSON text. The server revokes the token when it registers the client.
    /// A launch with [`keep`](crate::client::launch::LaunchOptions) does all of this.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::server::RegistrationEndpoint, platform::Platform};
    /// # use smartrust::protocol::secret::AccessToken;
    /// # async fn example<P: Platform>(platform: P, jwks: &str, token: &AccessToken) -> Result<(), Failure> {
    /// let endpoint = RegistrationEndpoint::at(platform, "https://ehr.example/register")?;
    /// let client = endpoint.register_protected("my-app", jwks, token, &AbortSignal::never()).await?;
    /// println!("this browser is {}", client.client_id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::register`], and [`Error::RegistrationResponse`] if the client may not use its key for tokens.
    pub async fn register_protected(
        &self,
        software_id: &str,
        jwks: &str,
        initial_access_token: &AccessToken,
        abort: &AbortSignal,
    ) -> Result<RegisteredClient, Failure> {
        let request =
            protected_registration_request(&self.platform, &self.url, software_id, jwks, initial_access_token)?;
        let response = self.send(&request, abort).await?;
        let client = response.read_by(|status, body| read_registration(&self.url, status, body))?;
        if client.allows_jwt_bearer() {
            return Ok(client);
        }
        let problem = "its grant_types lack the jwt-bearer grant, so the key of the client gets no tokens";
        Err(Error::RegistrationResponse { status: response.status, problem }.into())
    }

    /// Reads the current registration. Replace `client` by the result, which may have a new registration access token.
    ///
    /// For an example, see [`Self::update`].
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the registration cannot be managed; [`Error::ForeignUrl`] if its URL has another origin than
    /// this endpoint, with nothing sent; otherwise as [`Self::register`].
    pub async fn read(&self, client: &RegisteredClient, abort: &AbortSignal) -> Result<RegisteredClient, Failure> {
        let response = self.send(&client.read_request(&self.url)?, abort).await?;
        response.read_by(|status, body| client.read_response(&self.url, status, body))
    }

    /// Replaces the registration's metadata. Replace `client` by the result.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::server::RegistrationEndpoint, platform::Platform};
    /// # use smartrust::protocol::registration::RegisteredClient;
    /// use smartrust::protocol::client_metadata::ClientMetadata;
    ///
    /// # async fn example<P: Platform>(endpoint: &RegistrationEndpoint<P>, client: RegisteredClient) -> Result<(), Failure> {
    /// let client = endpoint.read(&client, &AbortSignal::never()).await?;
    /// let metadata = client.metadata.clone().client_name("My health app");
    /// let client = endpoint.update(&client, &metadata, &AbortSignal::never()).await?;
    /// println!("{:?}", client.metadata.client_name);
    /// # Ok(())
    /// # }
    /// ```
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
        response.read_by(|status, body| client.read_response(&self.url, status, body))
    }

    /// Deletes the registration. Its client id and its tokens are invalid from then on.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::server::RegistrationEndpoint, platform::Platform};
    /// # use smartrust::protocol::registration::RegisteredClient;
    /// # async fn example<P: Platform>(endpoint: &RegistrationEndpoint<P>, client: RegisteredClient) -> Result<(), Failure> {
    /// match endpoint.delete(&client, &AbortSignal::never()).await {
    ///     Ok(()) => println!("{} is not registered any more", client.client_id),
    ///     Err(failure) => println!("{failure}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
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

/// The registration endpoint in a server's documents.
pub(crate) async fn registration_url<P: Platform>(
    platform: &P,
    server: &Server,
    configuration: &SmartConfiguration,
) -> Option<Url> {
    if configuration.registration_endpoint.is_some() {
        return configuration.registration_endpoint.clone();
    }
    let openid = openid_configuration(platform, server, KnownEndpoints::of(configuration)).await;
    openid.and_then(|openid| openid.registration_endpoint)
}

impl ServerRecord {
    /// The record with the client id of a registration, and with its secret if the client authenticates with one. For a client with a
    /// key, set [`Self::authentication`].
    ///
    /// For an example, see [`RegistrationEndpoint`].
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

impl<P: Platform> fmt::Debug for RegistrationEndpoint<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RegistrationEndpoint").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
