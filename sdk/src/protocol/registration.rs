//! Client registration (RFC 7591), and its management (RFC 7592).

use super::client_metadata::{ClientMetadata, check_key_set};
use super::guard::Guard;
use super::http::{Body, Method, Request};
use super::jwt_bearer::JWT_BEARER;
use super::secret::{AccessToken, ClientSecret, RegistrationAccessToken};
use super::token::is_token;
use super::url::Url;
use crate::error::{Error, Failure, OAuthError};
use crate::json::{Json, JsonView, ObjectWriter};

/// A client as a server has registered it (RFC 7591 section 3.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct RegisteredClient {
    /// The client id.
    pub client_id: String,
    /// The secret, if the server issued one. Some servers issue one for clients that use none.
    pub client_secret: Option<ClientSecret>,
    /// When the id was issued, in seconds since 1970.
    pub client_id_issued_at: Option<f64>,
    /// When the secret expires, in seconds since 1970; `None` for never.
    pub client_secret_expires_at: Option<f64>,
    /// The token for managing the registration.
    pub registration_access_token: Option<RegistrationAccessToken>,
    /// The URL for managing the registration.
    pub registration_client_uri: Option<String>,
    /// What the server registered. [`ClientMetadata::changes`] returns the differences from what was sent.
    pub metadata: ClientMetadata,
}

/// Registers a client (RFC 7591 section 3.1). An initial access token is only sent to the endpoint.
///
/// ```
/// use smartrust::memory::SerdeJson;
/// use smartrust::protocol::registration::{read_registration, registration_request};
/// use smartrust::protocol::{client_metadata::ClientMetadata, http::Body, url::Url};
///
/// let endpoint = Url::parse("https://ehr.example/register")?;
/// let metadata = ClientMetadata::public("My app", "https://app.example/", "launch/patient patient/*.rs");
/// let request = registration_request(&SerdeJson, &endpoint, &metadata, None)?;
/// assert_eq!(request.body, Some(metadata.to_json()));
///
/// let response = Body::Json(serde_json::json!({"client_id": "my-app", "token_endpoint_auth_method": "none"}));
/// assert_eq!(read_registration(&endpoint, 201, &response)?.client_id, "my-app");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`ClientMetadata::check`].
pub fn registration_request<J: Json>(
    json: &J,
    endpoint: &Url,
    metadata: &ClientMetadata,
    initial_access_token: Option<&AccessToken>,
) -> Result<Request, Failure> {
    metadata.check(json)?;
    let mut request = Request::json(Method::Post, endpoint.clone(), Some(metadata.to_json()));
    if let Some(token) = initial_access_token {
        authorize(&mut request, endpoint, token)?;
    }
    Ok(request)
}

/// Registers a client for one browser, with a key of its own ("SMART Protected Dynamic Client Registration", a draft that Epic
/// implements). `software_id` is the client id that the app is registered with, `jwks` a JWK Set with the browser's public key as JSON text.
/// The token was granted with a scope for this, such as `system/DynamicClient.register`, and is only sent to the endpoint. The server
/// revokes it when it registers the client.
///
/// [`read_registration`] reads the response. [`RegisteredClient::allows_jwt_bearer`] says whether the client may then use its key.
///
/// ```
/// use smartrust::memory::SerdeJson;
/// use smartrust::protocol::registration::protected_registration_request;
/// use smartrust::protocol::{secret::AccessToken, url::Url};
///
/// let endpoint = Url::parse("https://ehr.example/register")?;
/// let jwks = r#"{"keys":[{"kty":"RSA","kid":"this-browser","n":"…","e":"AQAB"}]}"#;
/// let token = AccessToken::new("for-registration");
/// let request = protected_registration_request(&SerdeJson, &endpoint, "my-app", jwks, &token)?;
/// assert_eq!(request.body, Some(format!(r#"{{"software_id":"my-app","jwks":{jwks}}}"#)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Configuration`] if `jwks` is no JWK Set, or has a private key.
pub fn protected_registration_request<J: Json>(
    json: &J,
    endpoint: &Url,
    software_id: &str,
    jwks: &str,
    initial_access_token: &AccessToken,
) -> Result<Request, Failure> {
    check_key_set(json, jwks)?;
    let body = ObjectWriter::new().text("software_id", software_id).raw("jwks", jwks).finish();
    let mut request = Request::json(Method::Post, endpoint.clone(), Some(body));
    authorize(&mut request, endpoint, initial_access_token)?;
    Ok(request)
}

/// Reads the response to a registration.
///
/// For an example, see [`registration_request`].
///
/// # Errors
/// [`Error::RegistrationOff`] for a page, or a status for a missing endpoint;
/// [`Error::Registration`] for an error of RFC 7591 section 3.2.2; [`Error::RegistrationResponse`] for anything else that is
/// no registration.
pub fn read_registration<V: JsonView>(
    endpoint: &Url,
    status: u16,
    body: &Body<V>,
) -> Result<RegisteredClient, Failure> {
    let is_absent = matches!(status, 404 | 405 | 501);
    if is_absent && !matches!(body, Body::Json(response) if response.member_text("error").is_some()) {
        return Err(off(endpoint, "its registration endpoint does not exist"));
    }
    let response = read_json(endpoint, status, body)?;
    let text = |name: &str| response.member_text(name).filter(|text| !text.is_empty());
    let seconds = |name: &str| response.member(name).and_then(|time| time.number()).filter(|time| *time > 0.0);
    let client_id = text("client_id");
    if text("registration_access_token").is_some_and(|token| !is_token(&token)) {
        let problem = "its registration_access_token has a character that is not valid in a token";
        return Err(Error::RegistrationResponse { status, problem }.into());
    }
    let missing = || Error::RegistrationResponse { status, problem: "it has no client_id" };
    Ok(RegisteredClient {
        client_id: client_id.ok_or_else(missing)?,
        client_secret: text("client_secret").map(ClientSecret::new),
        client_id_issued_at: seconds("client_id_issued_at"),
        client_secret_expires_at: seconds("client_secret_expires_at"),
        registration_access_token: text("registration_access_token").map(RegistrationAccessToken::new),
        registration_client_uri: text("registration_client_uri"),
        metadata: ClientMetadata::read(response),
    })
}

impl RegisteredClient {
    /// Whether the client may get tokens for assertions that it signs
    /// ([`jwt_bearer_request`](super::jwt_bearer::jwt_bearer_request)).
    ///
    /// ```
    /// use smartrust::protocol::{http::Body, jwt_bearer::JWT_BEARER, registration::read_registration, url::Url};
    ///
    /// let endpoint = Url::parse("https://ehr.example/register")?;
    /// let response = serde_json::json!({"client_id": "this-browser", "grant_types": [JWT_BEARER]});
    /// assert!(read_registration(&endpoint, 201, &Body::Json(response))?.allows_jwt_bearer());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allows_jwt_bearer(&self) -> bool {
        self.metadata.grant_types.iter().flatten().any(|grant| grant == JWT_BEARER)
    }

    /// Reads the registration (RFC 7592 section 2.1). The token is only sent to the registration endpoint's origin.
    ///
    /// ```no_run
    /// # use smartrust::protocol::{http::{Body, Request}, registration::RegisteredClient, url::Url};
    /// # use smartrust::{Failure, json::JsonView};
    /// # fn example<V: JsonView>(
    /// #     client: &RegisteredClient,
    /// #     endpoint: &Url,
    /// #     send: impl Fn(Request) -> (u16, Body<V>),
    /// # ) -> Result<RegisteredClient, Failure> {
    /// let (status, body) = send(client.read_request(endpoint)?);
    /// let client = client.read_response(endpoint, status, &body)?;
    /// # Ok(client)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the server returned no token or URL for it, [`Error::Url`] and [`Error::ForeignUrl`] for
    /// a URL that the token must not go to.
    pub fn read_request(&self, endpoint: &Url) -> Result<Request, Failure> {
        self.request(endpoint, Method::Get, None)
    }

    /// Replaces the registration (RFC 7592 section 2.2).
    ///
    /// For an example, see [`Self::read_request`].
    ///
    /// # Errors
    /// As [`Self::read_request`] and [`ClientMetadata::check`].
    pub fn update_request<J: Json>(
        &self,
        json: &J,
        endpoint: &Url,
        metadata: &ClientMetadata,
    ) -> Result<Request, Failure> {
        metadata.check(json)?;
        let metadata = ClientMetadata { client_id: Some(self.client_id.clone()), ..metadata.clone() };
        self.request(endpoint, Method::Put, Some(metadata.to_json()))
    }

    /// Removes the registration (RFC 7592 section 2.3).
    ///
    /// For an example, see [`Self::read_request`].
    ///
    /// # Errors
    /// As [`Self::read_request`].
    pub fn delete_request(&self, endpoint: &Url) -> Result<Request, Failure> {
        self.request(endpoint, Method::Delete, None)
    }

    /// Reads the response to a read or an update. A token, URL or secret that it lacks stays unchanged.
    ///
    /// For an example, see [`Self::read_request`].
    ///
    /// # Errors
    /// As [`read_registration`], and [`Error::RegistrationResponse`] if it is about another client.
    pub fn read_response<V: JsonView>(&self, endpoint: &Url, status: u16, body: &Body<V>) -> Result<Self, Failure> {
        // A status of 404 is about the client here, not about the endpoint.
        read_json(endpoint, status, body)?;
        let read = read_registration(endpoint, status, body)?;
        if read.client_id != self.client_id {
            return Err(Error::RegistrationResponse { status, problem: "it is about another client" }.into());
        }
        let kept = self.clone();
        Ok(Self {
            client_secret: read.client_secret.or(kept.client_secret),
            client_id_issued_at: read.client_id_issued_at.or(kept.client_id_issued_at),
            registration_access_token: read.registration_access_token.or(kept.registration_access_token),
            registration_client_uri: read.registration_client_uri.or(kept.registration_client_uri),
            ..read
        })
    }

    fn request(&self, endpoint: &Url, method: Method, body: Option<String>) -> Result<Request, Failure> {
        let (Some(token), Some(uri)) = (&self.registration_access_token, &self.registration_client_uri) else {
            return Err(Error::NotOffered { what: "management of the registration" }.into());
        };
        let unusable = |problem| Error::Url { what: "registration_client_uri".into(), problem };
        let mut request = Request::json(method, Url::parse(uri).map_err(unusable)?, body);
        let origin = Url::parse(endpoint.origin()).map_err(unusable)?;
        authorize(&mut request, &origin, &AccessToken::new(token.expose()))?;
        Ok(request)
    }
}

/// Reads the response to a removal.
///
/// # Errors
/// As [`read_registration`].
pub fn read_deletion<V: JsonView>(endpoint: &Url, status: u16, body: &Body<V>) -> Result<(), Failure> {
    match body {
        Body::Empty if (200..300).contains(&status) => Ok(()),
        body => read_json(endpoint, status, body).map(|_| ()),
    }
}

fn authorize(request: &mut Request, place: &Url, token: &AccessToken) -> Result<(), Failure> {
    let foreign = Error::ForeignUrl { origin: request.url.origin().into() };
    Guard::new(place.clone()).authorize(request, token).map_err(|_| foreign.into())
}

fn off(endpoint: &Url, found: &'static str) -> Failure {
    Error::RegistrationOff { host: endpoint.host().into(), found }.into()
}

fn read_json<'a, V: JsonView>(endpoint: &Url, status: u16, body: &'a Body<V>) -> Result<&'a V, Failure> {
    let refuse = |problem| Err(Error::RegistrationResponse { status, problem }.into());
    let is_success = (200..300).contains(&status);
    if status == 0 || (300..400).contains(&status) {
        return refuse("it is a redirect, which is not followed");
    }
    if let Body::Json(response) = body
        && let Some(error) = response.member_text("error")
    {
        return Err(Error::Registration(Box::new(OAuthError {
            error,
            description: response.member_text("error_description"),
            uri: response.member_text("error_uri"),
            status: Some(status),
            hint: None,
        }))
        .into());
    }
    match body {
        Body::Json(response) if is_success => Ok(response),
        Body::Text(_) if is_success => Err(off(endpoint, "its response is a page")),
        _ if matches!(status, 401 | 403) => refuse("it requires a valid initial access token: ask its administrator"),
        _ if is_success => refuse("it is empty"),
        _ => refuse("it has an error status and no error code"),
    }
}

#[cfg(test)]
#[path = "registration_tests.rs"]
mod tests;
