//! Tokens for a registered app.

use std::rc::Rc;

use super::registration::UdapRegistration;
use crate::abort::AbortSignal;
use crate::client::bulk::BackendConfig;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::error::{Error, Failure, UdapError};
use crate::platform::{Certificates, Platform};
use crate::protocol::backend::client_credentials_request;
use crate::protocol::client_auth::{AuthenticationCallback, ClientAuthentication, ClientCredential};
use crate::protocol::http::Request;
use crate::protocol::secret::{AuthorizationCode, CodeVerifier, RefreshToken};
use crate::protocol::token::{TokenClient, TokenResponse, read_token_response};
use crate::protocol::udap::assertion::{assertion_claims, udap_credential};
use crate::protocol::udap::b2b::{B2bExtension, HL7_B2B};
use crate::protocol::udap::signed_metadata::VerifiedServer;
use crate::protocol::url::Url;

impl<P: Platform + Certificates> UdapRegistration<P> {
    /// Gets a token for the app itself (`client_credentials`). Use it only for what `purpose` says: another purpose needs another token.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::udap::UdapRegistration};
    /// # use smartrust::platform::{Certificates, Platform};
    /// use smartrust::protocol::udap::b2b::B2bExtension;
    ///
    /// # async fn example<P: Platform + Certificates>(registration: UdapRegistration<P>) -> Result<(), Failure> {
    /// let purpose = B2bExtension::new("https://acme.example/org", "urn:oid:2.16.840.1.113883.5.8#TREAT");
    /// let never = AbortSignal::never();
    /// let response = registration.client_credentials("system/Patient.rs", Some(&purpose), &never).await?;
    /// println!("granted: {:?}", response.scope);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] for a purpose that is incomplete, or missing where the server requires it; [`UdapError::Unsupported`];
    /// [`Error::Token`], [`Error::TokenResponse`], [`Error::Network`]; as
    /// [`UdapClient::discover`](super::UdapClient::discover) if the metadata had expired.
    pub async fn client_credentials(
        &self,
        scope: &str,
        purpose: Option<&B2bExtension>,
        abort: &AbortSignal,
    ) -> Result<Box<TokenResponse>, Failure> {
        let server = self.server.fresh(abort).await?;
        check_purpose(&server, purpose)?;
        let client = self.token_client(&server, purpose).await?;
        self.token(&client_credentials_request(&client, scope), abort).await
    }

    /// Exchanges a code that a user's browser brought back. `redirect_uri` is the one of the authorization request, exactly, and `verifier` the PKCE
    /// verifier, which UDAP requires.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::udap::UdapRegistration};
    /// # use smartrust::platform::{Certificates, Platform};
    /// # use smartrust::protocol::secret::{AuthorizationCode, CodeVerifier};
    /// # async fn example<P: Platform + Certificates>(
    /// #     registration: UdapRegistration<P>,
    /// #     code: AuthorizationCode,
    /// #     verifier: CodeVerifier,
    /// # ) -> Result<(), Failure> {
    /// let never = AbortSignal::never();
    /// let response = registration.exchange(&code, "https://app.example/code", &verifier, &never).await?;
    /// println!("patient {:?}", response.context.patient);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::client_credentials`].
    pub async fn exchange(
        &self,
        code: &AuthorizationCode,
        redirect_uri: &str,
        verifier: &CodeVerifier,
        abort: &AbortSignal,
    ) -> Result<Box<TokenResponse>, Failure> {
        let server = self.server.fresh(abort).await?;
        let client = self.token_client(&server, None).await?;
        self.token(&client.code_request(code, redirect_uri, Some(verifier)), abort).await
    }

    /// Gets a new access token for a user; with `scope`, one with fewer scopes.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, abort::AbortSignal, client::udap::UdapRegistration};
    /// # use smartrust::platform::{Certificates, Platform};
    /// # use smartrust::protocol::secret::RefreshToken;
    /// # async fn example<P: Platform + Certificates>(
    /// #     registration: UdapRegistration<P>,
    /// #     refresh_token: RefreshToken,
    /// # ) -> Result<(), Failure> {
    /// let response = registration.refresh(&refresh_token, None, &AbortSignal::never()).await?;
    /// println!("{} new refresh tokens", response.refresh_token.iter().count());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::client_credentials`].
    pub async fn refresh(
        &self,
        refresh_token: &RefreshToken,
        scope: Option<&str>,
        abort: &AbortSignal,
    ) -> Result<Box<TokenResponse>, Failure> {
        let server = self.server.fresh(abort).await?;
        let client = self.token_client(&server, None).await?;
        self.token(&client.refresh_request(refresh_token, scope), abort).await
    }

    /// The configuration of a service that acts for one purpose. It gets its own tokens, and no other service uses them.
    ///
    /// For an example, see [`UdapClient`](super::UdapClient).
    ///
    /// # Errors
    /// As [`Self::client_credentials`], without the token request.
    pub async fn backend(&self, scope: &str, purpose: Option<B2bExtension>) -> Result<BackendConfig, Failure> {
        let server = self.server.fresh(&AbortSignal::never()).await?;
        check_purpose(&server, purpose.as_ref())?;
        let authentication = self.authentication(purpose)?;
        let config = BackendConfig::new(&server.base, self.client_id(), authentication, scope);
        Ok(config.token_endpoint(server.token_endpoint.text.clone()))
    }

    /// Client authentication by the app's certificate, such as for a [`ServerRecord`](crate::ServerRecord) on a server. It is only used for the verified
    /// token endpoint.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, ServerRecord, client::udap::UdapRegistration};
    /// # use smartrust::platform::{Certificates, Platform};
    /// # fn example<P: Platform + Certificates>(registration: UdapRegistration<P>) -> Result<(), Failure> {
    /// let redirect_uri = "https://app.example/code";
    /// let record = ServerRecord::new("https://ehr.example/fhir", registration.client_id(), redirect_uri, "patient/*.rs")
    ///     .authentication(registration.authentication(None)?);
    /// # let _ = record;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`B2bExtension::check`].
    pub fn authentication(&self, purpose: Option<B2bExtension>) -> Result<ClientAuthentication, Failure> {
        purpose.iter().try_for_each(B2bExtension::check)?;
        let (registration, purpose) = (self.clone(), Rc::new(purpose));
        Ok(ClientAuthentication::Callback(AuthenticationCallback::new(move |request| {
            let (registration, purpose) = (registration.clone(), purpose.clone());
            Box::pin(async move {
                let known = registration.server.verified();
                if known.token_endpoint.url != request.token_endpoint {
                    return Err(refused());
                }
                registration.credential_for(&request.endpoint, purpose.as_ref().as_ref()).await
            })
        })))
    }

    /// The parameters of one request to an endpoint: an assertion and `udap=1`. They are used once, and only at the origin of the verified
    /// token endpoint.
    pub(crate) async fn credential_for(
        &self,
        endpoint: &Url,
        purpose: Option<&B2bExtension>,
    ) -> Result<ClientCredential, Failure> {
        let server = self.server.fresh(&AbortSignal::never()).await?;
        if !endpoint.has_origin_of(&server.token_endpoint.url) {
            return Err(refused());
        }
        self.credential(&server, purpose).await
    }

    async fn credential(
        &self,
        server: &VerifiedServer,
        purpose: Option<&B2bExtension>,
    ) -> Result<ClientCredential, Failure> {
        if !server.metadata.supports_authentication() {
            let problem = "it does not authenticate apps by their certificates (udap_authn of UDAP version 1)";
            return Err(UdapError::Unsupported { host: self.server.host().into(), problem: problem.into() }.into());
        }
        let (client, now) = (self.server.client(), self.server.platform().now());
        let claims = assertion_claims(self.client_id(), &server.token_endpoint.text, &client.jti()?, now, purpose);
        Ok(udap_credential(&client.sign(server.metadata.token_algorithms.as_deref(), &claims).await?))
    }

    async fn token_client(
        &self,
        server: &VerifiedServer,
        purpose: Option<&B2bExtension>,
    ) -> Result<TokenClient, Failure> {
        let credential = self.credential(server, purpose).await?;
        Ok(TokenClient { endpoint: server.token_endpoint.url.clone(), credential })
    }

    async fn token(&self, request: &Request, abort: &AbortSignal) -> Result<Box<TokenResponse>, Failure> {
        let response = send(self.server.platform(), request, REQUEST_TIMEOUT, abort).await?;
        response.read_by(read_token_response)
    }
}

fn refused() -> Failure {
    let problem = "its assertion is only sent to the token endpoint of the server's signed metadata".into();
    Error::ClientAuthentication { problem }.into()
}

/// Checks the purpose, and that it is there if the server requires it in every request.
fn check_purpose(server: &VerifiedServer, purpose: Option<&B2bExtension>) -> Result<(), Failure> {
    match purpose {
        Some(purpose) => purpose.check(),
        None if server.metadata.requires_extension(HL7_B2B) => {
            let problem = "it is missing, and this server requires it (hl7-b2b): name the organization and the purpose";
            Err(Error::configuration("purpose", problem))
        }
        None => Ok(()),
    }
}
