//! The token endpoint (RFC 6749 sections 4.1.3, 5 and 6).

use std::rc::Rc;

use super::client_auth::ClientCredential;
use super::context::LaunchContext;
use super::fhircast::grant::HubGrant;
use super::http::{Body, Request};
use super::messaging::MessagingGrant;
use super::plain_text;
use super::secret::{AccessToken, AuthorizationCode, CodeVerifier, IdToken, RefreshToken};
use super::url::Url;
use crate::error::{Error, Failure, OAuthError};
use crate::fhir::reference::is_id;
use crate::json::JsonView;

/// The longest lifetime of a token, in seconds: a hundred years. A longer lifetime is reduced to it, so that the
/// time at which the token expires is always a date.
pub const LONGEST_LIFETIME: f64 = 100.0 * 365.25 * 86_400.0;

/// An endpoint that is called as the client, for tokens, their introspection or their revocation.
#[derive(Clone, Debug)]
pub struct TokenClient {
    /// The endpoint.
    pub endpoint: Url,
    /// How the request is authenticated.
    pub credential: ClientCredential,
}

impl TokenClient {
    /// Exchanges a code. `redirect_uri` is the one of the authorization request, exactly.
    ///
    /// ```
    /// use smartrust::protocol::{client_auth::ClientCredential, secret::AuthorizationCode, token::TokenClient, url::Url};
    ///
    /// let endpoint = Url::parse("https://ehr.example/token")?;
    /// let client = TokenClient { endpoint, credential: ClientCredential::public("my-app") };
    /// let request = client.code_request(&AuthorizationCode::new("a-code"), "https://app.example/", None);
    /// let form = "grant_type=authorization_code&code=a-code&redirect_uri=https%3A%2F%2Fapp.example%2F&client_id=my-app";
    /// assert_eq!(request.body.as_deref(), Some(form));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn code_request(
        &self,
        code: &AuthorizationCode,
        redirect_uri: &str,
        verifier: Option<&CodeVerifier>,
    ) -> Request {
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", code.expose()), ("redirect_uri", redirect_uri)];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.expose())));
        self.form_request(&form)
    }

    /// A form for the endpoint, authenticated as the client.
    pub(super) fn form_request(&self, form: &[(&str, &str)]) -> Request {
        let mut form = form.to_vec();
        form.extend(self.credential.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let mut request = Request::form(self.endpoint.clone(), &form);
        request.set_authorization(self.credential.authorization.clone());
        request
    }

    /// Requests a new access token; with `scope`, one with fewer scopes.
    ///
    /// ```
    /// # use smartrust::protocol::{client_auth::ClientCredential, token::TokenClient, url::Url};
    /// use smartrust::protocol::secret::RefreshToken;
    ///
    /// # let endpoint = Url::parse("https://ehr.example/token")?;
    /// # let client = TokenClient { endpoint, credential: ClientCredential::public("my-app") };
    /// let request = client.refresh_request(&RefreshToken::new("a-token"), Some("patient/Observation.rs"));
    /// let form = "grant_type=refresh_token&refresh_token=a-token&scope=patient%2FObservation.rs&client_id=my-app";
    /// assert_eq!(request.body.as_deref(), Some(form));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refresh_request(&self, refresh_token: &RefreshToken, scope: Option<&str>) -> Request {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        form.extend(scope.map(|scope| ("scope", scope)));
        self.form_request(&form)
    }
}

/// A token response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// Seconds until it expires, if the server reports it; [`LONGEST_LIFETIME`] at most.
    pub expires_in: Option<f64>,
    /// The granted scopes, if the server reports it.
    pub scope: Option<String>,
    /// A refresh token, if there is one.
    pub refresh_token: Option<RefreshToken>,
    /// An ID token, if there is one.
    pub id_token: Option<IdToken>,
    /// The launch context.
    pub context: Rc<LaunchContext>,
    /// The hub, by which apps follow each other, if the server has one.
    pub hub: Option<HubGrant>,
    /// The EHR's page, to which the app may send messages, if there is one.
    pub messaging: Option<MessagingGrant>,
}

/// Reads a token response.
///
/// ```
/// use smartrust::protocol::{http::Body, token::read_token_response};
///
/// let granted = serde_json::json!({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600, "patient": "1"});
/// let response = read_token_response(200, &Body::Json(granted))?;
/// assert_eq!(response.context.patient.as_deref(), Some("1"));
///
/// let refused = serde_json::json!({"error": "invalid_grant"});
/// assert_eq!(read_token_response(400, &Body::Json(refused)).unwrap_err().code(), "invalid_grant");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Token`] for an OAuth error, [`Error::TokenResponse`] for anything that is no token response: HTML, a
/// redirect, no access token or one with control characters, a token type other than Bearer, an `expires_in` that is no time,
/// a `patient` or `encounter` that is no FHIR id.
pub fn read_token_response<V: JsonView>(status: u16, body: &Body<V>) -> Result<Box<TokenResponse>, Failure> {
    let refuse = |problem: &str| Failure::from(Error::TokenResponse { status, problem: problem.into() });
    let response = read_json_response(status, body)?;
    let access_token = response.member_text("access_token").filter(|token| !token.is_empty());
    let access_token = access_token.ok_or_else(|| refuse("it has no access_token"))?;
    if !is_token(&access_token) {
        return Err(refuse("its access_token has a character that is not valid in a token"));
    }
    for (member, problem) in
        [("patient", "its patient is not a valid FHIR id"), ("encounter", "its encounter is not a valid FHIR id")]
    {
        if !is_id_or_absent(response, member) {
            return Err(refuse(problem));
        }
    }
    match response.member_text("token_type") {
        Some(token_type) if token_type.eq_ignore_ascii_case("bearer") => {}
        Some(_) => return Err(refuse("its token_type is not Bearer")),
        None => return Err(refuse("it has no token_type")),
    }
    let optional = |name: &str| response.member_text(name).filter(|text| !text.is_empty());
    Ok(Box::new(TokenResponse {
        access_token: AccessToken::new(access_token),
        expires_in: read_expires_in(response).map_err(refuse)?,
        scope: response.member_text("scope"),
        refresh_token: optional("refresh_token").map(RefreshToken::new),
        id_token: optional("id_token").map(IdToken::new),
        context: Rc::new(LaunchContext::read(response)),
        hub: HubGrant::read(response),
        messaging: MessagingGrant::read(response),
    }))
}

/// The JSON of an OAuth endpoint's success.
///
/// # Errors
/// [`Error::Token`] for an OAuth error, [`Error::TokenResponse`] for a redirect, for a body that is not JSON, and for an error status
/// without an OAuth error.
pub(super) fn read_json_response<V: JsonView>(status: u16, body: &Body<V>) -> Result<&V, Failure> {
    let refuse = |problem: &str| Failure::from(Error::TokenResponse { status, problem: problem.into() });
    if status == 0 || (300..400).contains(&status) {
        return Err(refuse("it is a redirect, which is not followed with a code or token"));
    }
    let Body::Json(response) = body else {
        let may_pass = status == 429 || status >= 500;
        return Err(refuse(&match plain_text::message(body) {
            _ if may_pass => "the server is not available now; try again later".to_owned(),
            Some(message) => format!("it is not JSON: {}", message.trim_end_matches('.')),
            None => "it is not JSON".to_owned(),
        }));
    };
    if let Some(error) = response.member_text("error") {
        return Err(Error::Token(Box::new(OAuthError {
            error,
            description: response.member_text("error_description"),
            uri: response.member_text("error_uri"),
            status: Some(status),
            hint: None,
        }))
        .into());
    }
    if !(200..300).contains(&status) {
        return Err(refuse("it has an error status and no OAuth error"));
    }
    Ok(response)
}

/// Whether the same request may be sent again, because the response is not about it: a page instead of JSON, or an
/// unavailable server without an OAuth error.
pub fn may_pass<V: JsonView>(status: u16, body: &Body<V>) -> bool {
    let is_unavailable = status == 429 || status >= 500;
    match body {
        Body::Json(response) => is_unavailable && response.member("error").is_none(),
        Body::Text(_) => status != 0 && !(300..400).contains(&status),
        Body::Empty => is_unavailable,
    }
}

fn read_expires_in<V: JsonView>(response: &V) -> Result<Option<f64>, &'static str> {
    let Some(value) = response.member("expires_in") else { return Ok(None) };
    match value.number().or_else(|| digits(value.text()?.trim_ascii())) {
        Some(seconds) if seconds >= 0.0 => Ok(Some(seconds.min(LONGEST_LIFETIME))),
        _ => Err("its expires_in is not a number of seconds"),
    }
}

/// The value of decimal digits. A number that is too large becomes the largest integer.
fn digits(text: &str) -> Option<f64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX) as f64)
}

/// Whether a string can be a token (RFC 6749 appendix A.12). One with a line break, or with characters that are not valid in a header,
/// cannot be sent.
pub(super) fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Whether a member is a FHIR id. An empty string counts as absent.
fn is_id_or_absent<V: JsonView>(response: &V, member: &str) -> bool {
    response.member(member).is_none_or(|value| value.text().is_some_and(|text| text.is_empty() || is_id(&text)))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
