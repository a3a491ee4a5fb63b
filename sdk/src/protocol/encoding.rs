//! Percent-encoding, forms and base64url.

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(hex_digit(byte >> 4));
            encoded.push(hex_digit(byte & 15));
        }
    }
    encoded
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase()
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn escaped(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

/// Undoes percent-encoding, and takes `+` for a space as forms do. `None` where the bytes are no UTF-8 or a `%` stands alone.
pub fn form_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => escaped(bytes.next()?, bytes.next()?)?,
            other => other,
        });
    }
    utf8(decoded)
}

/// The text of bytes; `None` where they are no UTF-8. `String::from_utf8` weighs half as much again in wasm.
pub(super) fn utf8(bytes: Vec<u8>) -> Option<String> {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    (text.len() == bytes.len()).then(|| text.to_owned())
}

/// The pairs as `application/x-www-form-urlencoded`, with spaces as `%20`.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        form.extend([if form.is_empty() { "" } else { "&" }, &percent_encode(name), "=", &percent_encode(value)]);
    }
    form
}

/// The pairs of a query or form, in order. Pairs that cannot be decoded are left out.
pub fn form_pairs(query: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let (Some(name), Some(value)) = (form_decode(name), form_decode(value)) {
            pairs.push((name, value));
        }
    }
    pairs
}

/// The values of one name among pairs, in order.
pub(crate) fn values<'a>(pairs: &'a [(String, String)], wanted: &str) -> Vec<&'a str> {
    let mut values = Vec::new();
    for (_, value) in pairs.iter().filter(|(name, _)| name == wanted) {
        values.push(value.as_str());
    }
    values
}

/// Texts with a separator between. `join` would come into the wasm once for each kind of text.
pub(crate) fn join<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, separator: &str) -> String {
    let mut joined = String::new();
    for (index, text) in texts.into_iter().enumerate() {
        joined.push_str(if index > 0 { separator } else { "" });
        joined.push_str(text.as_ref());
    }
    joined
}

/// A text without one byte at its end, however often it stands there.
pub(crate) fn trim_end(text: &str, byte: u8) -> &str {
    let end = text.bytes().rposition(|other| other != byte).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or(text)
}

/// A whole number in decimal digits. `to_string` would bring the formatting of numbers into the wasm.
pub(crate) fn decimal(number: u64) -> String {
    let mut digits = if number < 10 { String::new() } else { decimal(number / 10) };
    digits.extend(char::from_digit((number % 10) as u32, 10));
    digits
}

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding (RFC 7515 section 2). A library for it weighs six times as much in wasm.
pub fn base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 1);
    let mut push = |bits: u32| text.extend(BASE64URL.get(bits as usize & 63).map(|letter| char::from(*letter)));
    let (mut bits, mut waiting) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        waiting += 8;
        while waiting >= 6 {
            waiting -= 6;
            push(bits >> waiting);
        }
    }
    if waiting > 0 {
        push(bits << (6 - waiting));
    }
    text
}

/// Decodes base64url without padding. A text that encoding would not make stands for nothing (RFC 4648 section 3.5).
pub fn base64url_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut waiting) = (0_u32, 0);
    for letter in text.bytes() {
        let value = BASE64URL.iter().position(|known| *known == letter)?;
        bits = bits << 6 | value as u32;
        waiting += 6;
        if waiting >= 8 {
            waiting -= 8;
            bytes.push((bits >> waiting) as u8);
        }
    }
    (waiting < 6 && bits.trailing_zeros() >= waiting).then_some(bytes)
}

/// Base64 with padding, for HTTP Basic (RFC 7617).
pub fn base64(bytes: &[u8]) -> String {
    let mut text = base64url(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
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
    fn numbers_have_their_digits() {
        for number in [0, 7, 10, 404, 1_800_000_000, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }

    #[test]
    fn a_broken_escape_is_no_text() {
        assert_eq!(form_decode("%4"), None);
        assert_eq!(form_decode("%zz"), None);
        assert_eq!(form_decode("%ff"), None);
        assert_eq!(form_pairs("a=1&b=%4&c=a+b"), [("a".into(), "1".into()), ("c".into(), "a b".into())]);
    }
}
