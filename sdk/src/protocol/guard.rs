//! The origin guard, which alone decides where a bearer token may be sent.

use super::http::Request;
use super::secret::AccessToken;
use super::url::Url;

/// The places that one session's access token may be sent to.
///
/// ```
/// use smartrust::protocol::{guard::Guard, http::Request, secret::AccessToken, url::Url};
///
/// let guard = Guard::new(Url::parse("https://ehr.example/fhir")?);
/// let token = AccessToken::new("…");
///
/// let mut inside = Request::get(Url::parse("https://ehr.example/fhir/Patient/1")?, "application/fhir+json");
/// assert!(guard.authorize(&mut inside, &token).is_ok());
///
/// let mut foreign = Request::get(Url::parse("https://elsewhere.example/fhir/Patient/1")?, "application/fhir+json");
/// assert!(guard.authorize(&mut foreign, &token).is_err());
/// assert_eq!(foreign.authorization(), None);
/// # Ok::<(), smartrust::protocol::url::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    base: Url,
    also: Vec<Url>,
}

/// The URL is not one that the token may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL is not one that the access token is for")]
pub struct ForeignUrl;

impl Guard {
    /// A guard for a FHIR base: its origin and path prefix, cut at a slash.
    pub fn new(base: Url) -> Self {
        Self { base, also: Vec::new() }
    }

    /// Adds another server, such as a location in the token response's `authorization_details`.
    pub fn admit(&mut self, place: Url) {
        self.also.push(place);
    }

    /// The FHIR base.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Adds the token to a request if its URL is within the base or an added server.
    pub fn authorize(&self, request: &mut Request, token: &AccessToken) -> Result<(), ForeignUrl> {
        let admitted = std::iter::once(&self.base).chain(&self.also).any(|place| request.url.is_within(place));
        if !admitted {
            return Err(ForeignUrl);
        }
        request.set_bearer(token);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn is_authorized(guard: &Guard, target: &str) -> bool {
        let mut request = Request::get(url(target), "application/fhir+json");
        let admitted = guard.authorize(&mut request, &AccessToken::new("t")).is_ok();
        assert_eq!(request.authorization().is_some(), admitted);
        admitted
    }

    #[test]
    fn f1_a_token_is_only_sent_to_the_base_and_to_allowed_locations() {
        let mut guard = Guard::new(url("https://ehr.example/practice/fhir/"));
        assert!(is_authorized(&guard, "https://ehr.example/practice/fhir/Patient/1"));
        for foreign in [
            "https://other.example/practice/fhir/Patient/1",
            "https://ehr.example.evil.example/practice/fhir/Patient/1",
            "https://ehr.example:444/practice/fhir/Patient/1",
            "https://ehr.example/neighbour/fhir/Patient/1",
            "http://ehr.example/practice/fhir/Patient/1",
            "https://images.example/studies/1",
        ] {
            assert!(!is_authorized(&guard, foreign), "{foreign}");
        }
        guard.admit(url("https://images.example/studies"));
        assert!(is_authorized(&guard, "https://images.example/studies/1"));
        assert!(!is_authorized(&guard, "https://images.example/studies-of-others/1"));
    }
}
