//! Client authentication: the same for a code, a refresh, a revocation and every other request of the client.

use std::rc::Rc;

use super::configured::Server;
use super::connection::Connection;
use super::transport::{JsonResponse, random_string};
use crate::client::store::records::Endpoints;
use crate::error::{Error, Failure};
use crate::fhir::retry::read_http_date;
use crate::platform::{Clock, Entropy, JsonView, Signer};
use crate::protocol::client_assertion::{ClientKey, PrivateKeyJwt};
use crate::protocol::client_auth::{
    AuthenticationCallback, AuthenticationRequest, ClientAuthentication, ClientCredential,
};
use crate::protocol::secret::ClientAssertion;
use crate::protocol::token::{TokenClient, TokenResponse, read_token_response};
use crate::protocol::url::Url;

impl Server {
    /// The client with its credential for one request to one of the server's endpoints.
    pub(crate) fn client<'a>(
        &'a self,
        endpoint: &'a Url,
        endpoints: &'a Endpoints,
    ) -> impl Future<Output = Result<TokenClient, Failure>> + 'a {
        let is_proxied = *endpoint == endpoints.token || Some(endpoint) == endpoints.revocation.as_ref();
        let endpoint = self.token_proxy.as_ref().filter(|_| is_proxied).unwrap_or(endpoint);
        let supported = &endpoints.token_endpoint_auth_signing_alg_values_supported;
        self.authenticated(endpoint, &endpoints.token, supported)
    }

    /// The client with its credential, which uses one of the supported signing algorithms.
    pub(crate) async fn authenticated(
        &self,
        endpoint: &Url,
        token_endpoint: &Url,
        supported: &[String],
    ) -> Result<TokenClient, Failure> {
        let client_id = &self.record.client_id;
        let credential = match &self.record.authentication {
            ClientAuthentication::Callback(callback) => {
                let request = AuthenticationRequest {
                    endpoint: endpoint.clone(),
                    token_endpoint: token_endpoint.clone(),
                    client_id: client_id.clone(),
                    token_endpoint_auth_signing_alg_values_supported: supported.to_vec(),
                };
                callback.call(request).await?
            }
            fixed => fixed.fixed_credential(client_id),
        };
        Ok(TokenClient { endpoint: endpoint.clone(), credential })
    }
}

impl Connection {
    /// Reads a response of the token endpoint. After `invalid_client`, a diagnosis has a further finding. `now` is the time of this
    /// device's clock.
    pub(crate) fn read_tokens<V: JsonView>(
        &self,
        response: &JsonResponse<V>,
        now: f64,
    ) -> Result<Box<TokenResponse>, Failure> {
        response.read_by(read_token_response).map_err(|failure| match Error::from(failure) {
            Error::Token(mut error) if error.error == "invalid_client" => {
                self.refused_client.set(true);
                let server_time = response.date.as_deref().and_then(read_http_date);
                let record = &self.server.record;
                error.hint = record.authentication.refusal_hint(&record.client_id, server_time.map(|time| now - time));
                Error::Token(error).into()
            }
            other => other.into(),
        })
    }
}

impl ClientKey {
    /// A key that the host holds.
    pub fn new<P: Signer + Clone + 'static>(platform: &P, key: P::PrivateKey) -> Self {
        let algorithms = platform.algorithms(&key);
        let platform = platform.clone();
        Self::from_signer(algorithms, move |algorithm, data| {
            let (platform, key) = (platform.clone(), key.clone());
            Box::pin(async move { platform.sign(&key, algorithm, &data).await })
        })
    }
}

impl PrivateKeyJwt {
    /// Client authentication with this key: each request gets a new assertion, which is only sent to the token endpoint's origin.
    ///
    /// For an example, see [`BackendClient::new`](crate::client::bulk::BackendClient::new).
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn authentication<P>(self, platform: &P) -> Result<ClientAuthentication, Failure>
    where
        P: Clock + Entropy + Clone + 'static,
    {
        self.check()?;
        let (method, platform) = (Rc::new(self), platform.clone());
        Ok(ClientAuthentication::Callback(AuthenticationCallback::new(move |request| {
            let (method, platform) = (method.clone(), platform.clone());
            Box::pin(async move { sign_assertion(&platform, &method, &request).await })
        })))
    }
}

async fn sign_assertion<P: Clock + Entropy>(
    platform: &P,
    method: &PrivateKeyJwt,
    request: &AuthenticationRequest,
) -> Result<ClientCredential, Failure> {
    Ok(ClientCredential::assertion(&signed_assertion(platform, method, request).await?))
}

/// A new assertion for one request.
pub(super) async fn signed_assertion<P: Clock + Entropy>(
    platform: &P,
    method: &PrivateKeyJwt,
    request: &AuthenticationRequest,
) -> Result<ClientAssertion, Failure> {
    if request.endpoint.origin() != request.token_endpoint.origin() {
        return Err(refused("its assertion is not sent to another origin than the token endpoint's"));
    }
    let algorithm = method.key.algorithm(&request.token_endpoint_auth_signing_alg_values_supported);
    let algorithm = algorithm.ok_or_else(|| refused("its key cannot sign"))?;
    let (endpoint, jti) = (request.endpoint.as_str(), random_string::<16>(platform)?);
    let input = method.signing_input(algorithm, &request.client_id, endpoint, &jti, platform.now());
    let signature = method.key.sign(algorithm, &input).await;
    let signature = signature.map_err(|_| refused("the browser cannot sign with its key"))?;
    Ok(PrivateKeyJwt::assertion(&input, &signature))
}

fn refused(problem: &'static str) -> Failure {
    Error::ClientAuthentication { problem: problem.into() }.into()
}
