//! An HTTP request as plain data. The platform sends it.

use std::fmt;

use super::secret::AccessToken;
use super::url::Url;

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Submits.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// How to handle a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// Follow it, as for a read without secrets in the body.
    Follow,
    /// Hand it back unfollowed: a token request must not travel on.
    Manual,
}

/// A request that is ready to be sent. Its URL is a [`Url`], so it is always this crate's own serialization.
#[derive(Clone, PartialEq)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// Headers other than `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The body, if any.
    pub body: Option<String>,
    /// How to handle a redirect.
    pub redirect: Redirect,
    /// Whether caches must stay out of it. They always do of a request with credentials: see [`Self::stays_out_of_caches`].
    pub no_store: bool,
    /// Whether caches may be used although it has credentials, because the app requested that.
    pub may_be_cached: bool,
    /// Whether the bytes of the response are counted, which costs a little time.
    pub counts_bytes: bool,
    /// Whether the request is completed even if the page is left meanwhile.
    pub keepalive: bool,
    authorization: Option<String>,
}

impl Request {
    /// A GET that accepts a media type.
    pub fn get(url: Url, accept: &str) -> Self {
        Self {
            method: Method::Get,
            url,
            headers: vec![("Accept".into(), accept.into())],
            body: None,
            redirect: Redirect::Follow,
            no_store: false,
            may_be_cached: false,
            counts_bytes: false,
            keepalive: false,
            authorization: None,
        }
    }

    /// A form that is sent to an OAuth endpoint by POST. Redirects are not followed, and caches are not used.
    pub fn form(url: Url, form: &[(&str, &str)]) -> Self {
        Self {
            method: Method::Post,
            url,
            headers: vec![
                ("Accept".into(), "application/json".into()),
                ("Content-Type".into(), "application/x-www-form-urlencoded".into()),
            ],
            body: Some(super::encoding::form(form)),
            redirect: Redirect::Manual,
            no_store: true,
            may_be_cached: false,
            counts_bytes: false,
            keepalive: false,
            authorization: None,
        }
    }

    /// A request with an optional JSON body, to an endpoint that manages secrets. Redirects are not followed, and
    /// caches are not used.
    pub fn json(method: Method, url: Url, body: Option<String>) -> Self {
        let mut headers = vec![("Accept".into(), "application/json".into())];
        if body.is_some() {
            headers.push(("Content-Type".into(), "application/json".into()));
        }
        Self {
            method,
            url,
            headers,
            body,
            redirect: Redirect::Manual,
            no_store: true,
            may_be_cached: false,
            counts_bytes: false,
            keepalive: false,
            authorization: None,
        }
    }

    /// Sets a header, and replaces one of the same name. `false` if the name or value is not valid in a header (RFC 9110 section 5).
    pub fn set_header(&mut self, name: &str, value: &str) -> bool {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) || value.bytes().any(|byte| b"\r\n\0".contains(&byte)) {
            return false;
        }
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        true
    }

    /// The value of the `Authorization` header, for the platform that sends it.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// Whether the response is neither read from a cache nor stored in one. A cached response outlives the session, may be stale without
    /// a sign of it (RFC 9111 section 4.2.2), and could be served to the next user of the same browser.
    pub fn stays_out_of_caches(&self) -> bool {
        self.no_store || (self.authorization.is_some() && !self.may_be_cached)
    }

    /// The same request without its credentials.
    #[cfg(any(test, feature = "memory"))]
    pub(crate) fn without_authorization(self) -> Self {
        Self { authorization: None, ..self }
    }

    pub(super) fn set_bearer(&mut self, token: &AccessToken) {
        self.authorization = Some(format!("Bearer {}", token.expose()));
    }

    pub(super) fn set_authorization(&mut self, authorization: Option<String>) {
        self.authorization = authorization;
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.without_query())
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body", &self.body.as_ref().map(|_| super::secret::REDACTED))
            .field("authorization", &self.authorization.as_ref().map(|_| super::secret::REDACTED))
            .finish_non_exhaustive()
    }
}

/// A response's whole body.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<V> {
    /// Nothing.
    Empty,
    /// JSON, whatever the media type is.
    Json(V),
    /// A string that is not JSON.
    Text(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s10_a_request_with_credentials_is_not_cached_unless_the_app_allows_it() {
        let get = || Request::get(Url::parse("https://ehr.example/fhir/Patient/1").unwrap(), "application/fhir+json");
        assert!(!get().stays_out_of_caches());
        let mut bearer = get();
        bearer.set_bearer(&AccessToken::new("t"));
        assert!(bearer.stays_out_of_caches());
        bearer.may_be_cached = true;
        assert!(!bearer.stays_out_of_caches());
        let mut basic = get();
        basic.set_authorization(Some("Basic x".into()));
        assert!(basic.stays_out_of_caches());
    }
}
