//! Client authentication at the token endpoint (RFC 6749 section 2.3).

use std::fmt;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use super::encoding::{base64, percent_encode};
use super::secret::{ClientAssertion, ClientSecret};
use super::url::Url;
use crate::error::Failure;

/// By how many seconds clocks may differ before a refused assertion is put down to it.
const CLOCK_TOLERANCE: f64 = 30.0;

/// A client's way of authenticating (`token_endpoint_auth_method`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `none`: a public client, such as every browser app without a key.
    #[default]
    None,
    /// `client_secret_post`: the secret is in the body. Not for a browser, where everyone can read it.
    ClientSecretPost(ClientSecret),
    /// `client_secret_basic`: the secret is in the `Authorization` header. Not for a browser.
    ClientSecretBasic(ClientSecret, BasicEncoding),
    /// A new credential for every request: signed by the client's key (`private_key_jwt`, see
    /// [`PrivateKeyJwt::authentication`](super::client_assertion::PrivateKeyJwt::authentication)), or from the app.
    Callback(AuthenticationCallback),
}

/// How id and secret are written into a `Basic` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Form-encoded first (RFC 6749 section 2.3.1).
    #[default]
    Form,
    /// As they are, for servers that compare them so.
    Raw,
}

/// The credential of one request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientCredential {
    /// Parameters for the form, such as `client_id` or `client_assertion`.
    pub parameters: Vec<(String, String)>,
    /// The value of the `Authorization` header.
    pub authorization: Option<String>,
}

impl ClientCredential {
    /// The client id, for a public client.
    pub fn public(client_id: &str) -> Self {
        Self::of_parameters(&[("client_id", client_id)])
    }

    /// An assertion that is signed by the client's key (RFC 7523 section 2.2). It contains the client id, so there is no `client_id`.
    pub fn assertion(assertion: &ClientAssertion) -> Self {
        Self::of_parameters(&[
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.expose()),
        ])
    }

    fn of_parameters(parameters: &[(&str, &str)]) -> Self {
        let owned = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { parameters: owned.collect(), authorization: None }
    }
}

impl fmt::Debug for ClientCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(super::secret::REDACTED)
    }
}

/// A request that a callback authenticates.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AuthenticationRequest {
    /// The URL of the request.
    pub endpoint: Url,
    /// The server's token endpoint.
    pub token_endpoint: Url,
    /// The client.
    pub client_id: String,
    /// The algorithms of assertions that the server accepts; empty if it lists none.
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
}

type Authenticate = dyn Fn(AuthenticationRequest) -> LocalBoxFuture<'static, Result<ClientCredential, Failure>>;

/// A callback by which token requests are authenticated.
#[derive(Clone)]
pub struct AuthenticationCallback(Rc<Authenticate>);

impl AuthenticationCallback {
    /// Wraps a function that is called for every request, also for one that is sent again.
    pub fn new(
        callback: impl Fn(AuthenticationRequest) -> LocalBoxFuture<'static, Result<ClientCredential, Failure>> + 'static,
    ) -> Self {
        Self(Rc::new(callback))
    }

    /// The app's credential for a request.
    pub fn call(&self, request: AuthenticationRequest) -> LocalBoxFuture<'static, Result<ClientCredential, Failure>> {
        (self.0)(request)
    }
}

impl fmt::Debug for AuthenticationCallback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuthenticationCallback")
    }
}

impl PartialEq for AuthenticationCallback {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for AuthenticationCallback {}

impl ClientAuthentication {
    /// Whether it rests on a shared secret.
    pub fn has_secret(&self) -> bool {
        matches!(self, Self::ClientSecretPost(_) | Self::ClientSecretBasic(..))
    }

    /// A sentence with a suggestion after the server refused the client. `clock_ahead` is the number of seconds by which this device's clock
    /// is ahead of the server's, if known.
    pub(crate) fn refusal_hint(&self, client_id: &str, clock_ahead: Option<f64>) -> Option<String> {
        let is_changed =
            |secret: &ClientSecret| [client_id, secret.expose()].iter().any(|text| percent_encode(text) != **text);
        match self {
            Self::ClientSecretBasic(secret, BasicEncoding::Form) if is_changed(secret) => Some(
                "The client id or the secret has characters that form-encoding changes, and some servers compare them as they \
                 are: try basicEncoding \"raw\"."
                    .to_owned(),
            ),
            Self::ClientSecretBasic(secret, BasicEncoding::Raw) if is_changed(secret) => Some(
                "The client id or the secret has characters that form-encoding changes, as RFC 6749 section 2.3.1 asks: try \
                 basicEncoding \"form\"."
                    .to_owned(),
            ),
            Self::Callback(_) => {
                let ahead = clock_ahead.filter(|ahead| ahead.abs() > CLOCK_TOLERANCE)?;
                let side = if ahead > 0.0 { "ahead of" } else { "behind" };
                Some(format!(
                    "This device's clock is {} seconds {side} the server's, and an assertion is valid only for a short time: set the clock.",
                    ahead.abs().round() as u64
                ))
            }
            _ => None,
        }
    }

    /// The credential that all requests have in common; empty for a callback, which returns one for each request. `client_id` is in the
    /// body for a public client and for `client_secret_post`, and is left out otherwise.
    pub fn fixed_credential(&self, client_id: &str) -> ClientCredential {
        match self {
            Self::None => ClientCredential::public(client_id),
            Self::ClientSecretPost(secret) => {
                ClientCredential::of_parameters(&[("client_id", client_id), ("client_secret", secret.expose())])
            }
            Self::ClientSecretBasic(secret, encoding) => {
                let pair = match encoding {
                    BasicEncoding::Form => {
                        format!("{}:{}", percent_encode(client_id), percent_encode(secret.expose()))
                    }
                    BasicEncoding::Raw => format!("{client_id}:{}", secret.expose()),
                };
                let authorization = Some(format!("Basic {}", base64(pair.as_bytes())));
                ClientCredential { parameters: Vec::new(), authorization }
            }
            Self::Callback(_) => ClientCredential::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::Request;
    use crate::protocol::token::TokenClient;

    fn request(authentication: &ClientAuthentication) -> Request {
        let endpoint = Url::parse("https://ehr.example/token").unwrap();
        let credential = authentication.fixed_credential("my app");
        TokenClient { endpoint, credential }.form_request(&[("grant_type", "refresh_token")])
    }

    #[test]
    fn k1_client_id_is_in_the_body_of_public_and_secret_post_only() {
        let public = request(&ClientAuthentication::None);
        assert_eq!(public.body.as_deref(), Some("grant_type=refresh_token&client_id=my%20app"));
        assert_eq!(public.authorization(), None);

        let post = request(&ClientAuthentication::ClientSecretPost(ClientSecret::new("s&cret")));
        assert_eq!(post.body.as_deref(), Some("grant_type=refresh_token&client_id=my%20app&client_secret=s%26cret"));
        assert_eq!(post.authorization(), None);

        let basic = request(&basic("s:cret", BasicEncoding::Form));
        assert_eq!(basic.body.as_deref(), Some("grant_type=refresh_token"));
        // base64 of "my%20app:s%3Acret"
        assert_eq!(basic.authorization(), Some("Basic bXklMjBhcHA6cyUzQWNyZXQ="));
    }

    fn basic(secret: &str, encoding: BasicEncoding) -> ClientAuthentication {
        ClientAuthentication::ClientSecretBasic(ClientSecret::new(secret), encoding)
    }

    #[test]
    fn k2_basic_is_form_encoded_first_or_raw_on_demand() {
        let header = |encoding| request(&basic("s/c+r:é", encoding)).authorization().map(str::to_owned);
        // base64 of "my%20app:s%2Fc%2Br%3A%C3%A9" and of "my app:s/c+r:é", by coreutils' base64.
        assert_eq!(header(BasicEncoding::Form).unwrap(), "Basic bXklMjBhcHA6cyUyRmMlMkJyJTNBJUMzJUE5");
        assert_eq!(header(BasicEncoding::Raw).unwrap(), "Basic bXkgYXBwOnMvYytyOsOp");
    }

    #[test]
    fn s3_a_request_prints_no_secret() {
        let post = request(&ClientAuthentication::ClientSecretPost(ClientSecret::new("hidden-secret")));
        let basic = request(&basic("hidden-secret", BasicEncoding::Form));
        for printed in [format!("{post:?}"), format!("{basic:?}")] {
            assert!(!printed.contains("hidden") && !printed.contains("bXkl"), "{printed}");
        }
    }
}
