//! Removes the secrets of a request from the server's error descriptions.
//!
//! Some servers repeat in an error what they received: "The refresh token abc is not known". Errors are shown, logged and
//! reported, so they must not contain secrets.

use std::fmt;

use super::encoding::{base64_decode, form_decode, form_pairs, percent_encode};
use super::http::Request;
#[cfg(feature = "udap")]
use super::secret::ClientAssertion;
use super::secret::{AccessToken, HubTopic, REDACTED};
use crate::json::quoted;

/// Parameters of OAuth forms that are not secret. All other values count as secrets, also those that an app's
/// own authentication adds.
const PUBLIC_PARAMETERS: [&str; 14] = [
    "grant_type",
    "redirect_uri",
    "scope",
    "client_id",
    "client_assertion_type",
    "token_type_hint",
    "resource",
    "audience",
    "requested_token_type",
    "hub.channel.type",
    "hub.mode",
    "hub.events",
    "hub.lease_seconds",
    "subscriber.name",
];

/// The shortest string that counts as a secret, in bytes. Shorter ones also occur in ordinary words.
const SHORTEST: usize = 4;

/// The strings that must not appear in an error. Their forms are found when an error is redacted, because most requests succeed.
#[derive(Clone, Default)]
pub struct Secrets {
    texts: Vec<String>,
}

impl Secrets {
    /// The secrets that a request carries: in its `Authorization` header, and in its form.
    ///
    /// ```
    /// use smartrust::protocol::http::Request;
    /// use smartrust::protocol::redaction::Secrets;
    /// use smartrust::protocol::url::Url;
    ///
    /// let endpoint = Url::parse("https://ehr.example/token").unwrap();
    /// let request = Request::form(endpoint, &[("grant_type", "refresh_token"), ("refresh_token", "hidden")]);
    /// let redacted = Secrets::of(&request).redact("The refresh_token hidden is not known.");
    /// assert_eq!(redacted, "The refresh_token [redacted] is not known.");
    /// ```
    pub fn of(request: &Request) -> Self {
        let mut secrets = Self::default();
        if let Some(authorization) = request.authorization() {
            secrets.add_authorization(authorization);
        }
        let is_form = request.headers.iter().any(|(_, value)| value == "application/x-www-form-urlencoded");
        for (name, value) in request.body.as_deref().filter(|_| is_form).map(form_pairs).unwrap_or_default() {
            if !PUBLIC_PARAMETERS.contains(&name.as_str()) {
                secrets.add(&value);
            }
        }
        secrets
    }

    /// The secrets of a request with this access token.
    pub fn of_token(token: &AccessToken) -> Self {
        let mut secrets = Self::default();
        secrets.add(token.expose());
        secrets
    }

    /// A hub's topic.
    pub fn of_topic(topic: &HubTopic) -> Self {
        let mut secrets = Self::default();
        secrets.add(topic.expose());
        secrets
    }

    /// A signed statement in the JSON of a request.
    #[cfg(feature = "udap")]
    pub fn of_assertion(assertion: &ClientAssertion) -> Self {
        let mut secrets = Self::default();
        secrets.add(assertion.expose());
        secrets
    }

    fn add_authorization(&mut self, authorization: &str) {
        let (scheme, credentials) = authorization.split_once(' ').unwrap_or(("", authorization));
        self.add(credentials);
        if scheme.eq_ignore_ascii_case("Basic") {
            let pair = base64_decode(credentials).and_then(|pair| String::from_utf8(pair).ok()).unwrap_or_default();
            if let Some((_, secret)) = pair.split_once(':') {
                self.add(secret);
                self.add(&form_decode(secret).unwrap_or_default());
            }
        }
    }

    fn add(&mut self, secret: &str) {
        self.texts.push(secret.to_owned());
    }

    /// The text, with `[redacted]` in the place of each secret, also as it is in a form and in JSON.
    pub fn redact(&self, text: &str) -> String {
        let mut forms: Vec<String> = Vec::new();
        for secret in &self.texts {
            let in_json = quoted(secret);
            let in_json = in_json.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
            for form in [secret, &percent_encode(secret), in_json] {
                if form.len() >= SHORTEST {
                    // The longest first, so that nothing is left of one that contains another.
                    let place = forms.partition_point(|known| known.len() >= form.len());
                    forms.insert(place, form.to_owned());
                }
            }
        }
        forms.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_auth::{BasicEncoding, ClientAuthentication, ClientCredential};
    use crate::protocol::secret::{AuthorizationCode, ClientAssertion, ClientSecret, CodeVerifier};
    use crate::protocol::token::TokenClient;
    use crate::protocol::url::Url;

    fn code_request(credential: ClientCredential) -> Request {
        let endpoint = Url::parse("https://ehr.example/token").unwrap();
        let client = TokenClient { endpoint, credential };
        client.code_request(
            &AuthorizationCode::new("code+1/2"),
            "https://app.example/code",
            Some(&CodeVerifier::new("verifier-1")),
        )
    }

    fn redacted(request: &Request, text: &str) -> String {
        Secrets::of(request).redact(text)
    }

    #[test]
    fn s12_exactly_the_secrets_of_a_request_are_redacted() {
        let post = ClientAuthentication::ClientSecretPost(ClientSecret::new("s\"cret"));
        let request = code_request(post.fixed_credential("my-app"));
        assert_eq!(redacted(&request, "code+1/2 verifier-1 s\"cret"), "[redacted] [redacted] [redacted]");
        assert_eq!(redacted(&request, r#"{"diagnostics":"s\"cret"}"#), r#"{"diagnostics":"[redacted]"}"#);
        let form = request.body.clone().unwrap();
        let echoed = redacted(&request, &form);
        for secret in ["code%2B1%2F2", "verifier-1", "s%22cret"] {
            assert!(form.contains(secret) && !echoed.contains(secret), "{echoed}");
        }
        let harmless = "invalid_client: my-app, authorization_code, https://app.example/code";
        assert_eq!(redacted(&request, harmless), harmless);
        assert!(!format!("{:?}", Secrets::of(&request)).contains("verifier"));
    }

    #[test]
    fn s12_client_credentials_are_redacted() {
        for encoding in [BasicEncoding::Form, BasicEncoding::Raw] {
            let basic = ClientAuthentication::ClientSecretBasic(ClientSecret::new("s/c?r et+~"), encoding);
            let request = code_request(basic.fixed_credential("my-app"));
            let header = request.authorization().unwrap().to_owned();
            assert_eq!(redacted(&request, "s/c?r et+~"), "[redacted]");
            assert_eq!(redacted(&request, &header), "Basic [redacted]");
        }
        let signed = code_request(ClientCredential::assertion(&ClientAssertion::new("eyJh.eyJp.c2ln")));
        assert_eq!(
            redacted(&signed, "The assertion eyJh.eyJp.c2ln has run out."),
            "The assertion [redacted] has run out."
        );
        let mut read = Request::get(Url::parse("https://ehr.example/fhir/Patient/1").unwrap(), "x");
        read.set_bearer(&AccessToken::new("access-1"));
        assert_eq!(redacted(&read, "The token access-1 is dead."), "The token [redacted] is dead.");
    }

    #[test]
    fn s12_a_secret_that_contains_another_is_completely_redacted() {
        let endpoint = Url::parse("https://ehr.example/token").unwrap();
        let request = Request::form(endpoint, &[("code", "abcd"), ("client_secret", "abcd-efgh"), ("token", "abc")]);
        assert_eq!(redacted(&request, "abcd-efgh abcd abc"), "[redacted] [redacted] abc");
    }
}
