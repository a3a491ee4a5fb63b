//! Token revocation (RFC 7009).

use super::http::{Body, Request};
use super::secret::{AccessToken, RefreshToken};
use super::token::TokenClient;
use super::url::Url;
use crate::error::Failure;
use crate::json::JsonView;

/// A token to revoke.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RevokedToken<'a> {
    /// A refresh token, and with it, on most servers, the whole grant.
    Refresh(&'a RefreshToken),
    /// An access token.
    Access(&'a AccessToken),
}

/// Revokes a token.
///
/// ```
/// # use smartrust::protocol::{client_auth::ClientCredential, token::TokenClient, url::Url};
/// use smartrust::protocol::revocation::{RevokedToken, read_revocation, revocation_request};
/// use smartrust::protocol::{http::Body, secret::RefreshToken};
///
/// # let endpoint = Url::parse("https://ehr.example/revoke")?;
/// # let client = TokenClient { endpoint, credential: ClientCredential::public("my-app") };
/// let request = revocation_request(&client, RevokedToken::Refresh(&RefreshToken::new("a-token")));
/// assert_eq!(request.body.as_deref(), Some("token=a-token&token_type_hint=refresh_token&client_id=my-app"));
///
/// read_revocation::<serde_json::Value>(200, &Body::Empty)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn revocation_request(client: &TokenClient, token: RevokedToken<'_>) -> Request {
    let (token, hint) = match token {
        RevokedToken::Refresh(token) => (token.expose(), "refresh_token"),
        RevokedToken::Access(token) => (token.expose(), "access_token"),
    };
    client.form_request(&[("token", token), ("token_type_hint", hint)])
}

/// Reads the response, which has no content if the request succeeded.
///
/// For an example, see [`revocation_request`].
///
/// # Errors
/// [`crate::error::Error::Token`] for an OAuth error, [`crate::error::Error::TokenResponse`] for a page in place of an
/// response and for an error status without an OAuth error.
pub fn read_revocation<V: JsonView>(status: u16, body: &Body<V>) -> Result<(), Failure> {
    match body {
        Body::Empty if (200..300).contains(&status) => Ok(()),
        body => super::token::read_json_response(status, body).map(|_| ()),
    }
}

/// Whether an advertised URL is a page for people and not an endpoint. In WebChart's administration, the query selects what a page
/// does.
pub fn is_page(endpoint: &Url) -> bool {
    endpoint.query().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_auth::ClientCredential;
    use serde_json::json;

    #[test]
    fn g4_a_revocation_is_a_form_with_a_hint_and_the_clients_authentication() {
        let endpoint = Url::parse("https://ehr.example/revoke").unwrap();
        let client = TokenClient { endpoint, credential: ClientCredential::public("app") };
        let refresh = revocation_request(&client, RevokedToken::Refresh(&RefreshToken::new("r")));
        assert_eq!(refresh.body.as_deref(), Some("token=r&token_type_hint=refresh_token&client_id=app"));
        let access = revocation_request(&client, RevokedToken::Access(&AccessToken::new("a")));
        assert_eq!(access.body.as_deref(), Some("token=a&token_type_hint=access_token&client_id=app"));
        assert_eq!(access.authorization(), None);
    }

    #[test]
    fn g4_a_success_is_empty_or_json_and_not_a_page() {
        assert_eq!(read_revocation::<serde_json::Value>(200, &Body::Empty), Ok(()));
        assert_eq!(read_revocation(200, &Body::Json(json!({}))), Ok(()));
        let page = read_revocation::<serde_json::Value>(200, &Body::Text("<html>Tokens</html>".into()));
        assert_eq!(page.unwrap_err().code(), "invalid_token_response");
        let refused = read_revocation(400, &Body::Json(json!({"error": "unsupported_token_type"})));
        assert_eq!(refused.unwrap_err().code(), "token_request_failed");
    }

    #[test]
    fn g4_an_administration_page_is_distinguished_from_an_endpoint() {
        let page = |text: &str| is_page(&Url::parse(text).unwrap());
        assert!(page("https://ehr.example/webchart.cgi?f=admin&s=jwt&opp=revoke"));
        assert!(!page("https://ehr.example/oauth/revoke/"));
    }
}
