//! An absolute http(s) URL, read by a strict ASCII subset of RFC 3986.
//!
//! A browser rewrites some URLs before it fetches them: encoded dots, backslashes, tabs, full-width dots, octal hosts. Such URLs are
//! refused here, so that the URL that was checked is the URL that is fetched.

use std::fmt;
use std::rc::Rc;

use fluent_uri::component::Host;
use fluent_uri::{Uri, UriRef};

use super::encoding::{form, unescape};

/// An absolute URL with the scheme `http` or `https`. It prints as the URL that is fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    // Shared, so that a clone is cheap.
    parts: Rc<Parts>,
}

#[derive(PartialEq, Eq)]
struct Parts {
    text: String,
    /// The index at which the path begins.
    path: usize,
    /// The index at which the path ends: at the question mark, or at the end.
    path_end: usize,
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It does not begin with `http://` or `https://`.
    #[error("it does not begin with https:// or http://")]
    Scheme,
    /// It contains a user name or password.
    #[error("it contains a user name or password")]
    UserInfo,
    /// Its host is empty, or not a plain name or IP address.
    #[error("its host is not a plain name or IP address")]
    Host,
    /// Its port is not a number up to 65535.
    #[error("its port is not a number up to 65535")]
    Port,
    /// Its path or query contains an invalid character, an encoded dot, slash or backslash, a broken escape, or a segment
    /// that some servers read as dots (`..;`).
    #[error("it contains a character or an escape that is not valid in a URL")]
    Character,
    /// It has a fragment.
    #[error("it has a fragment (#)")]
    Fragment,
}

impl Url {
    /// Reads an absolute URL. A fragment is refused, and dot segments of the path are removed.
    ///
    /// ```
    /// use smartrust::protocol::url::{Url, UrlError};
    ///
    /// let url = Url::parse("https://EHR.example:443/fhir/./Patient/1?_summary=true")?;
    /// assert_eq!(url.as_str(), "https://ehr.example/fhir/Patient/1?_summary=true");
    /// assert_eq!(Url::parse("https://ehr.example/fhir/%2e%2e/other"), Err(UrlError::Character));
    /// # Ok::<(), UrlError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (text, query) = split_query(text);
        let uri = Uri::parse(text).map_err(|error| problem_at(text, error.index()))?;
        Self::resolve(UriRef::from(uri), query, uri)
    }

    /// Resolves a reference (RFC 3986 section 5.2) against this URL. A fragment of the reference is dropped.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.split('#').next().unwrap_or_default();
        if reference.is_empty() {
            return Ok(self.clone());
        }
        let (text, query) = split_query(reference);
        let reference = UriRef::parse(text).map_err(|error| match text.contains(':') {
            true => problem_at(text, error.index()),
            false => UrlError::Character,
        })?;
        let base = Uri::parse(split_query(self.as_str()).0).map_err(|_| UrlError::Character)?;
        Self::resolve(reference, query, base)
    }

    /// Resolves a reference. Its query is a separate argument, because browsers accept characters in it that RFC 3986 does not.
    fn resolve(reference: UriRef<&str>, query: Option<&str>, base: Uri<&str>) -> Result<Self, UrlError> {
        if reference.has_fragment() || query.is_some_and(|query| query.contains('#')) {
            return Err(UrlError::Fragment);
        }
        check_path(reference.path().as_str())?;
        let uri = reference.resolve_against(&base).map_err(|_| UrlError::Scheme)?;
        let mut text = origin_of(&uri)?;
        let path = text.len();
        text.push_str(if uri.path().is_empty() { "/" } else { uri.path().as_str() });
        let path_end = text.len();
        if let Some(query) = query {
            check_query(query)?;
            text.push('?');
            // A browser escapes the apostrophe in a query, and the string must be the URL that is fetched.
            text.push_str(&query.replace('\'', "%27"));
        }
        Ok(Self { parts: Rc::new(Parts { text, path, path_end }) })
    }

    /// Adds to the path, after exactly one slash.
    pub fn child(&self, below: &str) -> Result<Self, UrlError> {
        Self::parse(&format!("{}{}/{below}", self.origin(), self.path().trim_end_matches('/')))
    }

    /// The same URL with pairs added to its query.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        if pairs.is_empty() {
            return self.clone();
        }
        let mut text = self.as_str().to_owned();
        match self.query() {
            None => text.push('?'),
            Some(query) if query.is_empty() || query.ends_with('&') => {}
            Some(_) => text.push('&'),
        }
        text.push_str(&form(pairs));
        Self { parts: Rc::new(Parts { text, path: self.parts.path, path_end: self.parts.path_end }) }
    }

    /// The same URL without its query.
    pub fn without_query(&self) -> Self {
        let text = self.parts.text.get(..self.parts.path_end).unwrap_or_default().to_owned();
        Self { parts: Rc::new(Parts { text, path: self.parts.path, path_end: self.parts.path_end }) }
    }

    /// The URL as it is fetched.
    pub fn as_str(&self) -> &str {
        &self.parts.text
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.parts.text.starts_with("https:") { "https" } else { "http" }
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        let authority = self.origin().split('/').nth(2).unwrap_or_default();
        // An IPv6 address contains colons, and ends with a bracket.
        if authority.ends_with(']') || !authority.contains(':') { authority } else { before_last(b':', authority) }
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> &str {
        self.parts.text.get(self.parts.path..self.parts.path_end).unwrap_or_default()
    }

    /// The query without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.parts.text.get(self.parts.path_end..)?.strip_prefix('?')
    }

    /// Scheme, host and port, as a browser writes an origin.
    pub fn origin(&self) -> &str {
        self.parts.text.get(..self.parts.path).unwrap_or_default()
    }

    /// Whether scheme, host and port are the same.
    pub fn has_origin_of(&self, other: &Self) -> bool {
        self.origin() == other.origin()
    }

    /// Whether this URL is `base` or is below it: the same origin, and its path begins with the base's, cut at a slash.
    pub fn is_within(&self, base: &Self) -> bool {
        let below = self.path().strip_prefix(base.path().trim_end_matches('/'));
        self.has_origin_of(base) && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// The same URL by https, where only that keeps it from lying within `base`: a server behind a proxy that ends TLS may write its
    /// own URLs with http.
    pub fn upgraded_to_https(&self, base: &Self) -> Option<Self> {
        let rest = self.as_str().strip_prefix("http:")?;
        let secure = Self::parse(&format!("https:{rest}")).ok()?;
        secure.is_within(base).then_some(secure)
    }

    /// Whether nobody on the network can read the traffic: https, or this machine.
    pub fn is_confidential(&self) -> bool {
        self.scheme() == "https" || matches!(self.host(), "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The part before the last occurrence of a byte; empty if there is none.
fn before_last(byte: u8, text: &str) -> &str {
    let end = text.bytes().rposition(|other| other == byte).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (text, None),
    }
}

/// The problem at the index at which a parser stopped.
fn problem_at(text: &str, index: usize) -> UrlError {
    let Some(start) = text.find("://").map(|end| end + 3) else {
        return UrlError::Scheme;
    };
    let authority = text.get(start..).unwrap_or_default().split('/').next().unwrap_or_default();
    let port = authority.rfind(':').filter(|_| !authority.contains('[')).map_or(usize::MAX, |colon| start + colon);
    match index {
        _ if index < start => UrlError::Scheme,
        _ if index > start + authority.len() => UrlError::Character,
        _ if index > port => UrlError::Port,
        _ => UrlError::Host,
    }
}

/// Scheme, host and port, as a browser writes them.
fn origin_of(uri: &Uri<String>) -> Result<String, UrlError> {
    let scheme = match uri.scheme().as_str() {
        scheme if scheme.eq_ignore_ascii_case("https") => "https",
        scheme if scheme.eq_ignore_ascii_case("http") => "http",
        _ => return Err(UrlError::Scheme),
    };
    let authority = uri.authority().ok_or(UrlError::Scheme)?;
    if authority.has_userinfo() {
        return Err(UrlError::UserInfo);
    }
    let host = authority.host().to_ascii_lowercase();
    let is_plain = match authority.host_parsed() {
        Host::Ipv4(_) => true,
        // A browser writes the last 32 bits in hexadecimal, also if they are an IPv4 address.
        Host::Ipv6(address) => !host.contains('.') && host == format!("[{address}]"),
        Host::RegName(_) => is_plain_name(&host),
        _ => false,
    };
    if !is_plain {
        return Err(UrlError::Host);
    }
    match authority.port_to_u16().map_err(|_| UrlError::Port)? {
        Some(port) if port != if scheme == "https" { 443 } else { 80 } => Ok(format!("{scheme}://{host}:{port}")),
        _ => Ok(format!("{scheme}://{host}")),
    }
}

/// Whether a host is a name, and no browser reads it as an IPv4 address: it does if the last label begins with a digit.
fn is_plain_name(host: &str) -> bool {
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let is_number = |label: &&str| label.as_bytes().first().is_some_and(u8::is_ascii_digit);
    labels.iter().all(is_label) && !labels.last().is_some_and(is_number)
}

fn check_path(path: &str) -> Result<(), UrlError> {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&byte));
    // Servers and browsers read an escaped dot, slash, backslash or control character differently.
    // The bytes C0 and C1 never occur in UTF-8; a lax decoder reads a dot or slash from them.
    let is_harmless = |byte: u8| !byte.is_ascii_control() && !b"./\\\xc0\xc1".contains(&byte);
    let is_read_alike = !path.split('/').any(may_be_read_as_dots);
    if is_plain && escapes_are(path, is_harmless) && is_read_alike { Ok(()) } else { Err(UrlError::Character) }
}

/// Whether a segment of a path is not one of dots, and some servers read it as one: they cut matrix parameters off (`..;x`), trim
/// spaces, or decode escapes twice (`%252e`).
fn may_be_read_as_dots(segment: &str) -> bool {
    if matches!(segment, "." | "..") || !segment.contains(['.', '%']) {
        return false;
    }
    let lower = segment.to_ascii_lowercase();
    let is_escaped_twice = ["%252e", "%252f", "%255c", "%253b"].iter().any(|escape| lower.contains(escape));
    let name = lower.replace("%3b", ";").replace("%20", " ");
    let name = name.split(';').next().unwrap_or_default().trim();
    is_escaped_twice || matches!(name, "." | "..")
}

fn check_query(query: &str) -> Result<(), UrlError> {
    let is_plain = query.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\#".contains(&byte));
    if is_plain && escapes_are(query, |_| true) { Ok(()) } else { Err(UrlError::Character) }
}

/// Whether every escape is complete, and its byte is allowed.
fn escapes_are(text: &str, allowed: fn(u8) -> bool) -> bool {
    text.split('%').skip(1).all(|after| match after.as_bytes() {
        [high, low, ..] => unescape(*high, *low).is_some_and(allowed),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
