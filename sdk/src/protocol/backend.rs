//! Tokens for a service without a user (SMART App Launch 2.2, backend services; RFC 6749 section 4.4).

use super::http::Request;
use super::token::TokenClient;

/// Requests an access token as the client itself.
///
/// ```
/// use smartrust::protocol::backend::client_credentials_request;
/// use smartrust::protocol::{client_auth::ClientCredential, secret::ClientAssertion, token::TokenClient, url::Url};
///
/// let credential = ClientCredential::assertion(&ClientAssertion::new("a.signed.jwt"));
/// let client = TokenClient { endpoint: Url::parse("https://ehr.example/token")?, credential };
/// let form = client_credentials_request(&client, "system/*.rs").body.unwrap();
/// assert!(form.starts_with("grant_type=client_credentials&scope=system%2F%2A.rs&client_assertion_type="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn client_credentials_request(client: &TokenClient, scope: &str) -> Request {
    client.form_request(&[("grant_type", "client_credentials"), ("scope", scope)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_auth::ClientCredential;
    use crate::protocol::secret::ClientAssertion;
    use crate::protocol::url::Url;

    #[test]
    fn b1_a_service_sends_its_scopes_and_an_assertion() {
        let endpoint = Url::parse("https://ehr.example/token").unwrap();
        let credential = ClientCredential::assertion(&ClientAssertion::new("a.b.c"));
        let request = client_credentials_request(&TokenClient { endpoint, credential }, "system/*.rs");
        assert_eq!(
            request.body.as_deref(),
            Some(
                "grant_type=client_credentials&scope=system%2F%2A.rs&client_assertion_type=\
                 urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c"
            )
        );
    }
}
