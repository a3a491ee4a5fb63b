//! The redirect from the authorization server (RFC 6749 section 4.1.2), and the URL without its parameters.

use super::encoding::{form_decode, values};
use super::launch::query_pairs;
use super::secret::AuthorizationCode;
use crate::error::{Error, Failure, OAuthError};

/// A redirect that an authorization server sent the user back with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Callback {
    /// The state; `None` if the redirect has none.
    pub state: Option<String>,
    /// The issuer of the response (RFC 9207). It is never the `iss` of a launch link.
    pub iss: Option<String>,
    /// The code, or the server's error.
    pub outcome: Result<AuthorizationCode, Box<OAuthError>>,
}

const PARAMETERS: [&str; 7] = ["code", "state", "iss", "session_state", "error", "error_description", "error_uri"];

impl Callback {
    /// Reads the page's URL. `None` if it is no redirect of an authorization server.
    ///
    /// ```
    /// use smartrust::protocol::callback::Callback;
    ///
    /// let redirect = Callback::read("https://app.example/?code=a-code&state=a-state")?.unwrap();
    /// assert_eq!(redirect.state.as_deref(), Some("a-state"));
    /// assert!(redirect.outcome.is_ok());
    ///
    /// let denied = Callback::read("https://app.example/?error=access_denied&state=a-state")?.unwrap();
    /// assert_eq!(denied.outcome.unwrap_err().error, "access_denied");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Callback`] if code, state, iss or error occurs twice.
    pub fn read(location: &str) -> Result<Option<Self>, Failure> {
        let pairs = query_pairs(location);
        let single = |wanted: &str| match values(&pairs, wanted).as_slice() {
            [] => Ok(None),
            [value] => Ok(Some((*value).to_owned())),
            _ => Err(Failure::from(Error::Callback { problem: "it has a parameter twice" })),
        };
        let outcome = match (single("code")?, single("error")?) {
            (None, None) => return Ok(None),
            (_, Some(error)) => Err(Box::new(OAuthError {
                error,
                description: single("error_description")?,
                uri: single("error_uri")?,
                status: None,
                hint: None,
            })),
            (Some(code), None) => Ok(AuthorizationCode::new(code)),
        };
        Ok(Some(Self { state: single("state")?, iss: single("iss")?, outcome }))
    }
}

/// The URL without the parameters of a redirect. Other parameters and the fragment stay as they are, byte for byte.
///
/// ```
/// use smartrust::protocol::callback::without_callback;
///
/// let location = "https://app.example/?tab=labs&code=a-code&state=a-state#top";
/// assert_eq!(without_callback(location), "https://app.example/?tab=labs#top");
/// ```
pub fn without_callback(location: &str) -> String {
    let (url, fragment) = match location.split_once('#') {
        Some((url, fragment)) => (url, Some(fragment)),
        None => (location, None),
    };
    let mut clean = match url.split_once('?') {
        None => url.to_owned(),
        Some((path, query)) => {
            let mut clean = path.to_owned();
            for pair in query.split('&').filter(|pair| !is_callback_parameter(pair)) {
                clean.extend([if clean.len() == path.len() { "?" } else { "&" }, pair]);
            }
            clean
        }
    };
    if let Some(fragment) = fragment {
        clean.push('#');
        clean.push_str(fragment);
    }
    clean
}

fn is_callback_parameter(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    form_decode(name).is_some_and(|name| PARAMETERS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_has_a_code_or_an_error() {
        let code =
            Callback::read("http://localhost:8080/code?code=a%2Bb&state=s&iss=https%3A%2F%2Fehr.example").unwrap();
        assert_eq!(
            code,
            Some(Callback {
                state: Some("s".into()),
                iss: Some("https://ehr.example".into()),
                outcome: Ok(AuthorizationCode::new("a+b")),
            })
        );
        let denied = Callback::read("http://localhost:8080/code?error=access_denied&error_description=No+way&state=s");
        let outcome = denied.unwrap().unwrap().outcome.unwrap_err();
        assert_eq!((outcome.error.as_str(), outcome.description.as_deref()), ("access_denied", Some("No way")));
        assert_eq!(Callback::read("http://localhost:8080/launch?iss=a&launch=b"), Ok(None));
        assert_eq!(Callback::read("http://localhost:8080/#code=1&state=2"), Ok(None));
    }

    #[test]
    fn c6_a_doubled_parameter_is_refused() {
        for query in ["code=1&code=2&state=s", "code=1&state=s&state=t", "code=1&state=s&iss=a&iss=b"] {
            let read = Callback::read(&format!("http://localhost:8080/code?{query}"));
            assert_eq!(read, Err(Error::Callback { problem: "it has a parameter twice" }.into()), "{query}");
        }
    }

    #[test]
    fn c8_the_url_keeps_everything_but_the_redirect() {
        for (location, clean) in [
            ("http://a/code?code=1&state=2", "http://a/code"),
            ("http://a/code?tab=b%20c&code=1&state=2&iss=3&session_state=4#part", "http://a/code?tab=b%20c#part"),
            ("http://a/?error=x&error_description=y&error_uri=z&state=2&q=1", "http://a/?q=1"),
            ("http://a/?c%6Fde=1&keep", "http://a/?keep"),
            ("http://a/plain", "http://a/plain"),
        ] {
            assert_eq!(without_callback(location), clean);
        }
    }
}
