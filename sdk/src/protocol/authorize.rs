//! The authorization request (SMART App Launch 2.2, launch app: obtain authorization code; RFC 6749 section 4.1.1).

use super::url::Url;
use crate::error::{Error, Failure};

/// The parameters of an authorization request.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The server's authorization endpoint. Its query is kept.
    pub endpoint: &'a Url,
    /// The client.
    pub client_id: &'a str,
    /// The redirect URI.
    pub redirect_uri: &'a str,
    /// The scopes, separated by spaces.
    pub scope: &'a str,
    /// The state, fresh for each request.
    pub state: &'a str,
    /// The FHIR server that the token is for.
    pub aud: &'a str,
    /// The EHR's launch handle, in an EHR launch only.
    pub launch: Option<&'a str>,
    /// The nonce, if an ID token is requested.
    pub nonce: Option<&'a str>,
    /// The S256 challenge.
    pub code_challenge: Option<&'a str>,
    /// Other parameters, such as `prompt`.
    pub extra: &'a [(String, String)],
}

/// How the user is sent to the authorization endpoint (IG, capability `authorize-post`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationMethod {
    /// By GET; by POST if the URL would be longer than [`LONGEST_URL`], the server has `authorize-post`, and the
    /// launch is no EHR launch.
    #[default]
    Automatic,
    /// By GET, however long the URL is.
    Get,
    /// By POST, as a form that the page submits; if the page has a Content-Security-Policy, its `form-action` must allow
    /// the endpoint. A cross-site POST carries no cookies that are `SameSite=Lax`, so in an EHR launch the user may have to sign
    /// in again.
    Post,
}

/// The longest URL, in bytes, that every server should accept (RFC 9110 section 4.1).
pub const LONGEST_URL: usize = 8000;

const RESERVED: [&str; 14] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "aud",
    "launch",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
];

impl AuthorizationRequest<'_> {
    /// The parameters, in order.
    ///
    /// For an example, see [`Self::url`].
    ///
    /// # Errors
    /// [`Error::ReservedParameter`] if an extra parameter is one that this request sets itself.
    pub fn parameters(&self) -> Result<Vec<(&str, &str)>, Failure> {
        if let Some((name, _)) = self.extra.iter().find(|(name, _)| RESERVED.contains(&name.as_str())) {
            return Err(Error::ReservedParameter { name: name.as_str().into() }.into());
        }
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("scope", self.scope),
            ("state", self.state),
            ("aud", self.aud),
        ];
        pairs.extend(self.launch.map(|launch| ("launch", launch)));
        pairs.extend(self.nonce.map(|nonce| ("nonce", nonce)));
        if let Some(challenge) = self.code_challenge {
            pairs.extend([("code_challenge", challenge), ("code_challenge_method", "S256")]);
        }
        pairs.extend(self.extra.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(pairs)
    }

    /// The URL to send the user to.
    ///
    /// ```
    /// use smartrust::protocol::{authorize::AuthorizationRequest, url::Url};
    ///
    /// let request = AuthorizationRequest {
    ///     endpoint: &Url::parse("https://ehr.example/authorize")?,
    ///     client_id: "my-app",
    ///     redirect_uri: "https://app.example/",
    ///     scope: "launch/patient patient/*.rs",
    ///     state: "a-state",
    ///     aud: "https://ehr.example/fhir",
    ///     launch: None,
    ///     nonce: None,
    ///     code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ///     extra: &[],
    /// };
    /// assert!(request.url()?.as_str().starts_with("https://ehr.example/authorize?response_type=code&client_id=my-app&"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub fn url(&self) -> Result<Url, Failure> {
        Ok(self.endpoint.with_query(&self.parameters()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::encoding::form_pairs;

    fn request(endpoint: &Url) -> AuthorizationRequest<'_> {
        AuthorizationRequest {
            endpoint,
            client_id: "app",
            redirect_uri: "https://app.example/code?x=1",
            scope: "openid patient/Observation.rs?category=a|b",
            state: "s",
            aud: "https://ehr.example/fhir",
            launch: None,
            nonce: Some("n"),
            code_challenge: Some("c"),
            extra: &[],
        }
    }

    #[test]
    fn a4_an_endpoints_query_is_kept_and_every_value_is_encoded() {
        let endpoint = Url::parse("https://ehr.example/authorize?tenant=7").unwrap();
        let url = request(&endpoint).url().unwrap();
        let query = url.query().unwrap();
        assert!(query.starts_with("tenant=7&response_type=code&"), "{query}");
        assert!(query.contains("scope=openid%20patient%2FObservation.rs%3Fcategory%3Da%7Cb&"), "{query}");
        let pairs = form_pairs(query);
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(value("scope"), Some("openid patient/Observation.rs?category=a|b"));
        assert_eq!(value("redirect_uri"), Some("https://app.example/code?x=1"));
        assert_eq!(value("launch"), None);
        assert_eq!(value("code_challenge_method"), Some("S256"));
    }

    #[test]
    fn a6_a_reserved_parameter_is_refused_and_others_pass() {
        let endpoint = Url::parse("https://ehr.example/authorize").unwrap();
        let extra = [("prompt".to_owned(), "login".to_owned()), ("login_hint".to_owned(), "a&b".to_owned())];
        let url = AuthorizationRequest { extra: &extra, ..request(&endpoint) }.url().unwrap();
        assert!(url.query().unwrap().ends_with("&prompt=login&login_hint=a%26b"));
        for name in ["state", "redirect_uri", "code_challenge", "request_uri", "response_mode", "launch", "nonce"] {
            let extra = [(name.to_owned(), "x".to_owned())];
            let refused = AuthorizationRequest { extra: &extra, ..request(&endpoint) }.url();
            assert_eq!(refused, Err(Error::ReservedParameter { name: name.into() }.into()));
        }
    }
}
