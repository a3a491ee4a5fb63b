//! An absolute http(s) address, read by a strict ASCII subset of RFC 3986.
//!
//! A browser rewrites what it fetches: encoded dots, backslashes, tabs, full-width dots, octal hosts. What would be
//! rewritten is refused here, so that the address that was checked is the address that is fetched.

use std::fmt;
use std::rc::Rc;

use super::encoding::{form, unescape};

/// An absolute address with the scheme `http` or `https`. It prints as the address that is fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    // Shared, so that an address is one word to carry and to copy.
    parts: Rc<Parts>,
}

#[derive(PartialEq, Eq)]
struct Parts {
    text: String,
    /// Where the path begins in the text.
    path: usize,
    /// Where the path ends: at the question mark, or with the text.
    path_end: usize,
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not begin with `http://` or `https://`.
    #[error("it does not begin with https:// or http://")]
    Scheme,
    /// It holds a user name or password.
    #[error("it holds a user name or password")]
    UserInfo,
    /// Its host is empty, or not a plain name or address.
    #[error("its host is not a plain name or address")]
    Host,
    /// Its port is not a number up to 65535.
    #[error("its port is not a number up to 65535")]
    Port,
    /// Its path or query holds a character that does not belong, an encoded dot, slash or backslash, a broken escape, or a segment
    /// that some servers read as dots (`..;`).
    #[error("it holds a character or an escape that does not belong in an address")]
    Character,
    /// It has a fragment where none is allowed.
    #[error("it has a fragment (#)")]
    Fragment,
}

impl Url {
    /// Reads an absolute address. A fragment is refused, dots in the path are resolved.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = split_scheme(text).ok_or(UrlError::Scheme)?;
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let end = rest.bytes().position(|byte| b"/?".contains(&byte)).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let mut origin = format!("{scheme}://");
        push_authority(&mut origin, authority, scheme)?;
        Self::with_origin(origin, rest)
    }

    /// The address of an origin and a path with its query, which may be empty.
    fn with_origin(origin: String, rest: &str) -> Result<Self, UrlError> {
        let (given_path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        check_path(given_path)?;
        let path = origin.len();
        let mut text = origin;
        push_resolved(&mut text, given_path);
        let path_end = text.len();
        if let Some(query) = query {
            check_query(query)?;
            text.push('?');
            // A browser escapes the apostrophe in a query by itself; what prints must be what it fetches.
            text.push_str(&query.replace('\'', "%27"));
        }
        Ok(Self { parts: Rc::new(Parts { text, path, path_end }) })
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
        if reference.is_empty() {
            return Ok(self.clone());
        }
        let origin = self.origin().to_owned();
        if reference.starts_with('/') {
            return Self::with_origin(origin, reference);
        }
        let before = if reference.starts_with('?') { self.path() } else { before_last(b'/', self.path()) };
        let between = if reference.starts_with('?') { "" } else { "/" };
        Self::with_origin(origin, &format!("{before}{between}{reference}"))
    }

    /// Adds to the path, after exactly one slash.
    pub fn child(&self, below: &str) -> Result<Self, UrlError> {
        Self::with_origin(self.origin().to_owned(), &format!("{}/{below}", self.path().trim_end_matches('/')))
    }

    /// The same address with pairs added to its query.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let mut text = self.as_str().to_owned();
        if !pairs.is_empty() {
            match self.query() {
                None => text.push('?'),
                Some(query) if query.is_empty() || query.ends_with('&') => {}
                Some(_) => text.push('&'),
            }
            text.push_str(&form(pairs));
        }
        Self { parts: Rc::new(Parts { text, path: self.parts.path, path_end: self.parts.path_end }) }
    }

    /// The same address without its query.
    pub fn without_query(&self) -> Self {
        let text = self.parts.text.get(..self.parts.path_end).unwrap_or_default().to_owned();
        Self { parts: Rc::new(Parts { text, path: self.parts.path, path_end: self.parts.path_end }) }
    }

    /// The address as it is fetched.
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
        // An IPv6 address has colons of its own, and ends with its bracket.
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

    /// Whether this address is `base` or lies below it: the same origin, and its path begins with the base's, cut at a slash.
    pub fn lies_within(&self, base: &Self) -> bool {
        let below = self.path().strip_prefix(base.path().trim_end_matches('/'));
        self.has_origin_of(base) && below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// The same URL by https, where only that keeps it from lying within `base`: a server behind a proxy that ends TLS may write its
    /// own URLs with http.
    pub fn secured(&self, base: &Self) -> Option<Self> {
        let rest = self.as_str().strip_prefix("http:")?;
        let secure = Self::parse(&format!("https:{rest}")).ok()?;
        secure.lies_within(base).then_some(secure)
    }

    /// Whether nobody on the way can read along: https, or this very machine.
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

/// What stands before the last of a byte; nothing where it is absent.
fn before_last(byte: u8, text: &str) -> &str {
    let end = text.bytes().rposition(|other| other == byte).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn split_scheme(text: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    let scheme = ["https", "http"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
    Some((scheme, rest))
}

fn has_scheme(reference: &str) -> bool {
    reference.bytes().find(|byte| b":/?".contains(byte)) == Some(b':')
}

fn push_authority(origin: &mut String, authority: &str, scheme: &str) -> Result<(), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let port = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(UrlError::Host)?;
            let address = address.to_ascii_lowercase();
            if !is_plain_ipv6(&address) {
                return Err(UrlError::Host);
            }
            origin.push_str(&format!("[{address}]"));
            port
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (name, port) = authority.split_at_checked(end).unwrap_or((authority, ""));
            origin.push_str(&read_host(name)?);
            port
        }
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => {}
        None => return Err(UrlError::Host),
        Some("") => {}
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = digits.parse::<u32>().ok().filter(|port| *port <= 65535).ok_or(UrlError::Port)?;
            if port != if scheme == "https" { 443 } else { 80 } {
                origin.push_str(&format!(":{port}"));
            }
        }
        Some(_) => return Err(UrlError::Port),
    }
    Ok(())
}

fn read_host(name: &str) -> Result<String, UrlError> {
    let host = name.to_ascii_lowercase();
    let is_name = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let mut last = "";
    for label in host.strip_suffix('.').unwrap_or(&host).split('.') {
        if !is_name(label) {
            return Err(UrlError::Host);
        }
        last = label;
    }
    // A last label that begins with a digit makes a browser read the host as an IPv4 address, in any of its spellings.
    if last.as_bytes().first().is_some_and(u8::is_ascii_digit) && !is_ipv4(&host) {
        return Err(UrlError::Host);
    }
    Ok(host)
}

/// Four numbers up to 255, in decimal and without leading zeros.
fn is_ipv4(host: &str) -> bool {
    let is_number =
        |part: &str| part.parse::<u32>().is_ok_and(|number| number < 256) && (part == "0" || !part.starts_with('0'));
    host.split('.').count() == 4 && host.split('.').all(is_number)
}

/// Whether an address is written as a browser writes it: no leading zeros, and of the runs of zeros the first longest
/// shortened (RFC 5952 section 4).
fn is_plain_ipv6(address: &str) -> bool {
    let gap = address.as_bytes().windows(2).position(|pair| pair == b"::");
    let (before, after) = match gap {
        Some(gap) => (address.get(..gap).unwrap_or_default(), address.get(gap + 2..).unwrap_or_default()),
        None => (address, ""),
    };
    let (Some(head), Some(tail)) = (Ipv6Part::read(before), Ipv6Part::read(after)) else { return false };
    match (gap, 8_usize.saturating_sub(head.groups + tail.groups)) {
        (None, _) => head.groups == 8 && head.longest_run < 2,
        (Some(_), hidden) => {
            let touches_zeros = head.last_run > 0 || after.starts_with('0');
            hidden > 1 && !touches_zeros && head.longest_run < hidden && tail.longest_run <= hidden
        }
    }
}

/// Groups of an IPv6 address, and its runs of zeros.
#[derive(Default)]
struct Ipv6Part {
    groups: usize,
    longest_run: usize,
    last_run: usize,
}

impl Ipv6Part {
    /// Counts what stands on one side of a shortening. `None` where a group is not written plainly.
    fn read(text: &str) -> Option<Self> {
        let mut part = Self::default();
        if text.is_empty() {
            return Some(part);
        }
        for group in text.split(':') {
            let is_zero = group == "0";
            let is_hex = (1..=4).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_hex || group.starts_with('0') && !is_zero {
                return None;
            }
            part.groups += 1;
            part.last_run = if is_zero { part.last_run + 1 } else { 0 };
            part.longest_run = part.longest_run.max(part.last_run);
        }
        Some(part)
    }
}

fn check_path(path: &str) -> Result<(), UrlError> {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&byte));
    // Servers and browsers read an escaped dot, slash, backslash or control character differently.
    // No text in UTF-8 has the bytes C0 and C1; a lax decoder reads a dot or slash from them.
    let is_harmless = |byte: u8| !byte.is_ascii_control() && !b"./\\\xc0\xc1".contains(&byte);
    let is_read_alike = !path.split('/').any(may_be_read_as_dots);
    if is_plain && escapes_are(path, is_harmless) && is_read_alike { Ok(()) } else { Err(UrlError::Character) }
}

/// Whether a segment of a path is not one of dots, and some servers read it as one: they cut matrix parameters off (`..;x`), trim
/// spaces, or decode escapes twice (`%252e`).
fn may_be_read_as_dots(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    if matches!(segment, "." | "..") {
        return false;
    }
    let is_escaped_twice = ["%252e", "%252f", "%255c", "%253b"].iter().any(|escape| lower.contains(escape));
    let name = lower.replace("%3b", ";").replace("%20", " ");
    let name = name.split(';').next().unwrap_or_default().trim();
    is_escaped_twice || matches!(name, "." | "..")
}

fn check_query(query: &str) -> Result<(), UrlError> {
    let is_plain = query.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\#".contains(&byte));
    if is_plain && escapes_are(query, |_| true) { Ok(()) } else { Err(UrlError::Character) }
}

/// Whether every escape is whole, and what it stands for is allowed.
fn escapes_are(text: &str, allowed: fn(u8) -> bool) -> bool {
    text.split('%').skip(1).all(|after| match after.as_bytes() {
        [high, low, ..] => unescape(*high, *low).is_some_and(allowed),
        _ => false,
    })
}

/// Adds a path without its dots (RFC 3986 section 5.2.4), with a slash before it.
fn push_resolved(text: &mut String, path: &str) {
    let start = text.len();
    let segments = path.strip_prefix('/').unwrap_or(path).split('/');
    let mut ends_in_folder = false;
    for segment in segments {
        ends_in_folder = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => {
                let parent = before_last(b'/', text.get(start..).unwrap_or_default()).len();
                text.truncate(start + parent);
            }
            other => {
                text.push('/');
                text.push_str(other);
            }
        }
    }
    if ends_in_folder || text.len() == start {
        text.push('/');
    }
}

#[cfg(test)]
mod tests;
