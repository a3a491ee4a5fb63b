//! Percent-encoding, forms, base64 and base64url.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

/// Base64 as servers write it, with or without its padding.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Percent-encodes everything but RFC 3986's unreserved characters.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The byte of an escape's two hexadecimal digits.
pub(super) fn unescape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

/// Decodes a name or value of a form, where `+` is a space. `None` if the bytes are not UTF-8 or an escape is broken.
#[must_use]
pub fn form_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => unescape(bytes.next()?, bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

/// The pairs as `application/x-www-form-urlencoded`, with spaces as `%20`.
///
/// ```
/// use smartrust::protocol::encoding::form;
///
/// assert_eq!(form(&[("name", "O'Hara & Co"), ("_count", "5")]), "name=O%27Hara%20%26%20Co&_count=5");
/// ```
#[must_use]
pub fn form(pairs: &[(&str, &str)]) -> String {
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value))).collect();
    encoded.join("&")
}

/// The pairs of a query or form, in order. Pairs that cannot be decoded are left out.
#[must_use]
pub fn form_pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((form_decode(name)?, form_decode(value)?))
        })
        .collect()
}

/// The values of one name among pairs, in order.
pub(crate) fn values<'a>(pairs: &'a [(String, String)], wanted: &str) -> Vec<&'a str> {
    pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).collect()
}

/// Base64url without padding (RFC 7515 section 2).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding. `None` for a string that encoding would not return (RFC 4648 section 3.5).
#[must_use]
pub fn base64url_decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// Base64 with padding, for HTTP Basic (RFC 7617).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Decodes base64, with or without padding.
#[must_use]
pub fn base64_decode(text: &str) -> Option<Vec<u8>> {
    LENIENT_BASE64.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_the_round_trip() {
        let value = "patient/Observation.rs?category=a|b é+%";
        assert_eq!(form_decode(&percent_encode(value)).as_deref(), Some(value));
        assert_eq!(percent_encode("a|b c"), "a%7Cb%20c");
    }

    #[test]
    fn an_invalid_escape_is_refused() {
        assert_eq!(form_decode("%4"), None);
        assert_eq!(form_decode("%zz"), None);
        assert_eq!(form_decode("%ff"), None);
        assert_eq!(form_pairs("a=1&b=%4&c=a+b"), [("a".into(), "1".into()), ("c".into(), "a b".into())]);
    }
}
