//! Token introspection (RFC 7662).

use super::guard::Guard;
use super::http::{Body, Request};
use super::secret::AccessToken;
use super::token::TokenClient;
use super::url::Url;
use crate::error::{Error, Failure};
use crate::json::JsonView;

/// An introspection response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Introspection<V> {
    /// Whether the token can be used.
    pub active: bool,
    /// The whole response, such as `scope`, `exp`, `sub` and `patient`.
    pub members: V,
}

/// Introspects a token with that token itself in the `Authorization` header.
///
/// ```
/// use smartrust::protocol::introspection::{introspection_request, read_introspection};
/// use smartrust::protocol::{guard::Guard, http::Body, secret::AccessToken, url::Url};
///
/// let endpoint = Url::parse("https://ehr.example/introspect")?;
/// let mut guard = Guard::new(Url::parse("https://ehr.example/fhir")?);
/// guard.admit(endpoint.clone());
/// let request = introspection_request(&endpoint, &AccessToken::new("a-token"), &guard)?;
/// assert_eq!(request.body.as_deref(), Some("token=a-token"));
///
/// let response = Body::Json(serde_json::json!({"active": true, "patient": "1"}));
/// assert!(read_introspection(200, &response)?.active);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::ForeignUrl`] if the guard does not allow the token at the endpoint.
pub fn introspection_request(endpoint: &Url, token: &AccessToken, guard: &Guard) -> Result<Request, Failure> {
    let mut request = Request::form(endpoint.clone(), &[("token", token.expose())]);
    guard.authorize(&mut request, token).map_err(|_| Error::ForeignUrl { origin: endpoint.origin().into() })?;
    Ok(request)
}

/// Introspects a token as the client, which authenticates as at the token endpoint.
///
/// ```
/// # use smartrust::protocol::{client_auth::ClientCredential, token::TokenClient, url::Url};
/// use smartrust::protocol::{introspection::client_introspection_request, secret::AccessToken};
///
/// # let endpoint = Url::parse("https://ehr.example/introspect")?;
/// # let client = TokenClient { endpoint, credential: ClientCredential::public("my-app") };
/// let request = client_introspection_request(&client, &AccessToken::new("a-token"));
/// assert_eq!(request.body.as_deref(), Some("token=a-token&token_type_hint=access_token&client_id=my-app"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn client_introspection_request(client: &TokenClient, token: &AccessToken) -> Request {
    client.form_request(&[("token", token.expose()), ("token_type_hint", "access_token")])
}

/// Reads the response.
///
/// For an example, see [`introspection_request`].
///
/// # Errors
/// [`Error::Token`] for an OAuth error, [`Error::TokenResponse`] for anything that is no introspection response.
pub fn read_introspection<V: JsonView>(status: u16, body: &Body<V>) -> Result<Introspection<V>, Failure> {
    let response = super::token::read_json_response(status, body)?;
    let active = response.member("active").and_then(|active| active.flag());
    let active = active.ok_or_else(|| Error::TokenResponse { status, problem: "it has no active".into() })?;
    Ok(Introspection { active, members: response.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn g4_a_token_is_introspected_by_itself_only_at_an_allowed_url() {
        let endpoint = Url::parse("https://ehr.example/oauth/introspect/").unwrap();
        let mut guard = Guard::new(Url::parse("https://ehr.example/fhir").unwrap());
        let token = AccessToken::new("a+b");
        assert_eq!(introspection_request(&endpoint, &token, &guard).unwrap_err().code(), "foreign_url");
        guard.admit(endpoint.clone());
        let request = introspection_request(&endpoint, &token, &guard).unwrap();
        assert_eq!(request.body.as_deref(), Some("token=a%2Bb"));
        assert_eq!(request.authorization(), Some("Bearer a+b"));
    }

    #[test]
    fn g4_a_response_is_active_inactive_or_invalid() {
        let read = |status, body: Body<serde_json::Value>| read_introspection(status, &body);
        let active = read(200, Body::Json(json!({"active": true, "scope": "openid"}))).unwrap();
        assert!(active.active);
        assert_eq!(active.members["scope"], json!("openid"));
        assert!(!read(200, Body::Json(json!({"active": false}))).unwrap().active);
        for (status, body) in [
            (200, Body::Json(json!({"active": "yes"}))),
            (200, Body::Text("<html>Log in</html>".into())),
            (302, Body::Empty),
            (500, Body::Empty),
        ] {
            assert_eq!(read(status, body).unwrap_err().code(), "invalid_token_response");
        }
        let refused = read(401, Body::Json(json!({"error": "invalid_client"}))).unwrap_err();
        assert_eq!(refused.code(), "invalid_client");
    }
}
