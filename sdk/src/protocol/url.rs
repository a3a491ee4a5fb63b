//! An absolute http(s) address, read by a strict ASCII subset of RFC 3986.
//!
//! A browser rewrites what it fetches: encoded dots, backslashes, tabs, full-width dots, octal hosts. What would be
//! rewritten is refused here, so that the address that was checked is the address that is fetched.

use std::fmt;

/// An absolute address with the scheme `http` or `https`. It prints as the address that is fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    https: bool,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// It holds a user name or password.
    UserInfo,
    /// Its host is empty, or not a plain name or address.
    Host,
    /// Its port is not a number up to 65535.
    Port,
    /// Its path or query holds a character that does not belong, an encoded dot, slash or backslash, or a broken escape.
    Character,
    /// It has a fragment where none is allowed.
    Fragment,
}

impl fmt::Display for UrlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Scheme => "it does not begin with https:// or http://",
            Self::UserInfo => "it holds a user name or password",
            Self::Host => "its host is not a plain name or address",
            Self::Port => "its port is not a number up to 65535",
            Self::Character => "it holds a character or an escape that does not belong in an address",
            Self::Fragment => "it has a fragment (#)",
        })
    }
}

impl Url {
    /// Reads an absolute address. A fragment is refused, dots in the path are resolved.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (https, rest) = split_scheme(text).ok_or(UrlError::Scheme)?;
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (host, port) = read_authority(authority, https)?;
        let (path, query) = read_path_and_query(rest)?;
        Ok(Self { https, host, port, path, query })
    }

    /// Resolves a reference (RFC 3986 section 5.2) against this address. A fragment of the reference is dropped.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.split('#').next().unwrap_or_default();
        if split_scheme(reference).is_some() {
            return Self::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme()));
        }
        if has_scheme(reference) {
            return Err(UrlError::Scheme);
        }
        let mut joined = self.clone();
        if reference.is_empty() {
            return Ok(joined);
        }
        if reference.starts_with('?') {
            (_, joined.query) = read_path_and_query(reference)?;
            return Ok(joined);
        }
        let whole = if reference.starts_with('/') {
            reference.to_owned()
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{reference}")
        };
        (joined.path, joined.query) = read_path_and_query(&whole)?;
        Ok(joined)
    }

    /// Adds to the path, after exactly one slash.
    pub fn child(&self, below: &str) -> Result<Self, UrlError> {
        let mut child = self.clone();
        (child.path, child.query) = read_path_and_query(&format!("{}/{below}", self.path.trim_end_matches('/')))?;
        Ok(child)
    }

    /// The same address with pairs added to its query.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let added = super::encoding::form(pairs);
        let query = match self.query.as_deref() {
            None | Some("") => added,
            Some(query) => format!("{}&{added}", query.trim_end_matches('&')),
        };
        Self { query: (!query.is_empty()).then_some(query), ..self.clone() }
    }

    /// The same address without its query.
    pub fn without_query(&self) -> Self {
        Self { query: None, ..self.clone() }
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Scheme, host and port, as a browser writes an origin.
    pub fn origin(&self) -> String {
        match self.port {
            Some(port) => format!("{}://{}:{port}", self.scheme(), self.host),
            None => format!("{}://{}", self.scheme(), self.host),
        }
    }

    /// Whether scheme, host and port are the same.
    pub fn has_origin_of(&self, other: &Self) -> bool {
        self.https == other.https && self.host == other.host && self.port == other.port
    }

    /// Whether this address is `base` or lies below it: the same origin, and its path begins with the base's, cut at a slash.
    pub fn lies_within(&self, base: &Self) -> bool {
        let below = self.path.strip_prefix(base.path.trim_end_matches('/'));
        self.has_origin_of(base) && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// Whether nobody on the way can read along: https, or this very machine.
    pub fn is_confidential(&self) -> bool {
        self.https || matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.origin())?;
        formatter.write_str(&self.path)?;
        match &self.query {
            Some(query) => write!(formatter, "?{query}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn split_scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    if scheme.eq_ignore_ascii_case("https") {
        Some((true, rest))
    } else if scheme.eq_ignore_ascii_case("http") {
        Some((false, rest))
    } else {
        None
    }
}

fn has_scheme(reference: &str) -> bool {
    let first = reference.split(['/', '?']).next().unwrap_or_default();
    first.contains(':')
}

fn read_authority(authority: &str, https: bool) -> Result<(String, Option<u16>), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or(UrlError::Host)?;
            if address.is_empty() || !address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':') {
                return Err(UrlError::Host);
            }
            (
                format!("[{}]", address.to_ascii_lowercase()),
                after.strip_prefix(':').or(after.is_empty().then_some("")).ok_or(UrlError::Host)?,
            )
        }
        None => {
            let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
            (read_host(name)?, port)
        }
    };
    let port = match port {
        "" => None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().map_err(|_| UrlError::Port)?),
        _ => return Err(UrlError::Port),
    };
    Ok((host, port.filter(|port| *port != if https { 443 } else { 80 })))
}

fn read_host(name: &str) -> Result<String, UrlError> {
    let host = name.to_ascii_lowercase();
    let is_name = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if !host.strip_suffix('.').unwrap_or(&host).split('.').all(is_name) {
        return Err(UrlError::Host);
    }
    // A last label that begins with a digit makes a browser read the host as an IPv4 address, in any of its spellings.
    let last = host.rsplit('.').find(|label| !label.is_empty()).unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) && !is_ipv4(&host) {
        return Err(UrlError::Host);
    }
    Ok(host)
}

/// Four numbers up to 255, in decimal and without leading zeros.
fn is_ipv4(host: &str) -> bool {
    let is_number = |part: &str| part.parse::<u8>().is_ok() && (part == "0" || !part.starts_with(['0', '+']));
    host.split('.').count() == 4 && host.split('.').all(is_number)
}

fn read_path_and_query(text: &str) -> Result<(String, Option<String>), UrlError> {
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let path_is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&byte));
    if !path_is_plain || !escapes_are_whole(path) || hides_structure(path) {
        return Err(UrlError::Character);
    }
    if let Some(query) = query {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\#".contains(&byte);
        if !query.bytes().all(is_plain) || !escapes_are_whole(query) {
            return Err(UrlError::Character);
        }
    }
    // A browser escapes the apostrophe in a query by itself; what prints must be what it fetches.
    Ok((resolve_dots(path), query.map(|query| query.replace('\'', "%27"))))
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes();
        digits.len() >= 2 && digits.iter().take(2).all(u8::is_ascii_hexdigit)
    })
}

/// Whether an escape stands for a dot, a slash, a backslash or a control character, which servers and browsers read differently.
fn hides_structure(path: &str) -> bool {
    path.split('%').skip(1).filter_map(|after| after.get(..2)).any(|digits| {
        u8::from_str_radix(digits, 16).is_ok_and(|byte| byte.is_ascii_control() || b"./\\".contains(&byte))
    })
}

/// RFC 3986 section 5.2.4.
fn resolve_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_address_prints_as_it_is_fetched() {
        for (text, printed) in [
            ("HTTPS://EHR.Example:443", "https://ehr.example/"),
            ("http://localhost:9080/webchart.cgi/fhir", "http://localhost:9080/webchart.cgi/fhir"),
            ("https://a.example/x/./y/../z/?q=a|b,c", "https://a.example/x/z/?q=a|b,c"),
            ("https://a.example/x/..", "https://a.example/"),
            ("http://127.0.0.1:80?x", "http://127.0.0.1/?x"),
            ("https://a.example/?name=O'Hara", "https://a.example/?name=O%27Hara"),
            ("https://[::1]:8443/a%20b", "https://[::1]:8443/a%20b"),
        ] {
            assert_eq!(url(text).to_string(), printed);
        }
    }

    #[test]
    fn f1_what_a_browser_would_rewrite_is_refused() {
        for (text, error) in [
            ("https://good@evil.example/", UrlError::UserInfo),
            ("https://a.example/fhir/%2e%2E/x", UrlError::Character),
            ("https://a.example/fhir/%2Fx", UrlError::Character),
            ("https://a.example/fhir\\..\\x", UrlError::Character),
            ("https://a.example/fhir/%5c", UrlError::Character),
            ("https://a.example/fh\tir", UrlError::Character),
            ("https://a.example/a b", UrlError::Character),
            ("https://a.example/%", UrlError::Character),
            ("https://a.example/x?y=\u{e9}", UrlError::Character),
            ("https://a\u{ff0e}example/", UrlError::Host),
            ("https://0177.0.0.1/", UrlError::Host),
            ("https://0x7f.1/", UrlError::Host),
            ("https://2130706433/", UrlError::Host),
            ("https://127.0.0.256/", UrlError::Host),
            ("https://127.0.0.01/", UrlError::Host),
            ("https://127.0.0.1./", UrlError::Host),
            ("https://[::1/", UrlError::Host),
            ("https://[fe80::1%25eth0]/", UrlError::Host),
            ("https:///x", UrlError::Host),
            ("https://a..example/", UrlError::Host),
            ("https://a.example:99999/", UrlError::Port),
            ("https://a.example:8x/", UrlError::Port),
            ("https://a.example/#x", UrlError::Fragment),
            ("ftp://a.example/", UrlError::Scheme),
            ("javascript:alert(1)", UrlError::Scheme),
            ("/relative", UrlError::Scheme),
            (" https://a.example/", UrlError::Scheme),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn references_resolve_as_rfc_3986_says() {
        let base = url("http://a/b/c/d;p?q");
        for (reference, resolved) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("g#s", "http://a/b/c/g"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), resolved, "{reference}");
        }
        assert_eq!(base.join("urn:uuid:1"), Err(UrlError::Scheme));
        assert_eq!(base.join("https:g"), Err(UrlError::Scheme));
    }

    #[test]
    fn a_child_stands_after_one_slash() {
        for base in ["https://a.example/fhir", "https://a.example/fhir/"] {
            assert_eq!(url(base).child("Patient/1").unwrap().to_string(), "https://a.example/fhir/Patient/1");
        }
    }

    #[test]
    fn f1_a_prefix_is_cut_at_a_slash() {
        let base = url("https://a.example/one/fhir/");
        for (text, within) in [
            ("https://a.example/one/fhir", true),
            ("https://a.example/one/fhir/Patient/1", true),
            ("https://a.example/one/fhir?page=2", true),
            ("https://a.example/one/fhirx/Patient/1", false),
            ("https://a.example/one/fhir/../../two/fhir/Patient/1", false),
            ("https://a.example/two/fhir/Patient/1", false),
            ("https://a.example.evil.example/one/fhir/", false),
            ("https://evil-a.example/one/fhir/", false),
            ("https://a.example:8443/one/fhir/", false),
            ("http://a.example/one/fhir/", false),
        ] {
            assert_eq!(url(text).lies_within(&base), within, "{text}");
        }
    }
}
