//! Access tokens for an assertion that the client signs, instead of a refresh token (RFC 7523 section 2.1).

use super::http::Request;
use super::secret::ClientAssertion;
use super::token::TokenClient;

/// The grant type, in a token request and in a registration's `grant_types`.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Requests an access token for an assertion (RFC 7523 section 2.1). [`read_token_response`](super::token::read_token_response) reads the
/// response, which has no refresh token and no ID token.
///
/// The assertion is the one of [`PrivateKeyJwt`](super::client_assertion::PrivateKeyJwt): issuer and subject are the client, which adds its
/// `client_id` to the form and has no other credential.
///
/// ```
/// use smartrust::protocol::jwt_bearer::jwt_bearer_request;
/// use smartrust::protocol::{client_auth::ClientCredential, secret::ClientAssertion, token::TokenClient, url::Url};
///
/// let endpoint = Url::parse("https://ehr.example/token")?;
/// let client = TokenClient { endpoint, credential: ClientCredential::public("this-browser") };
/// let form = jwt_bearer_request(&client, &ClientAssertion::new("a.signed.jwt"), None).body.unwrap();
/// assert!(form.ends_with("&assertion=a.signed.jwt&client_id=this-browser"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn jwt_bearer_request(client: &TokenClient, assertion: &ClientAssertion, scope: Option<&str>) -> Request {
    let mut form = vec![("grant_type", JWT_BEARER), ("assertion", assertion.expose())];
    form.extend(scope.map(|scope| ("scope", scope)));
    client.form_request(&form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_auth::ClientCredential;
    use crate::protocol::redaction::Secrets;
    use crate::protocol::url::Url;

    fn request(scope: Option<&str>) -> Request {
        let endpoint = Url::parse("https://ehr.example/token").unwrap();
        let client = TokenClient { endpoint, credential: ClientCredential::public("this-browser") };
        jwt_bearer_request(&client, &ClientAssertion::new("head.claims.signature"), scope)
    }

    #[test]
    fn n8_the_form_has_the_grant_the_assertion_and_the_client_id_and_there_is_no_header() {
        assert_eq!(
            request(None).body.as_deref(),
            Some(
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=head.claims.signature&\
                 client_id=this-browser"
            )
        );
        assert_eq!(request(None).authorization(), None);
        assert!(request(Some("patient/*.rs")).body.unwrap().contains("&scope=patient%2F%2A.rs&"));
    }

    #[test]
    fn s12_an_error_that_repeats_the_assertion_is_redacted() {
        let redacted = Secrets::of(&request(None)).redact("bad assertion head.claims.signature of this-browser");
        assert_eq!(redacted, "bad assertion [redacted] of this-browser");
    }
}
