//! The encoding of a text.

use super::Contents;
use super::media_type::first_characters;

impl Contents {
    /// The encoding of their text: by the byte order mark, otherwise by the media type, otherwise by the text itself
    /// (as in XML and HTML), otherwise UTF-8, or Windows-1252 if it is not valid UTF-8.
    pub fn encoding(&self) -> String {
        let marks: [(&[u8], &str); 3] =
            [(b"\xEF\xBB\xBF", "utf-8"), (b"\xFF\xFE", "utf-16le"), (b"\xFE\xFF", "utf-16be")];
        if let Some((_, encoding)) = marks.iter().find(|(mark, _)| self.bytes.starts_with(mark)) {
            return (*encoding).to_owned();
        }
        let is_utf_8 = std::str::from_utf8(&self.bytes).is_ok();
        let named = self.charset.clone().or_else(|| declared_encoding(&self.bytes));
        match named.map(|name| name.to_ascii_lowercase()) {
            Some(name) if !["utf-8", "utf8", "us-ascii", "ascii"].contains(&&*name) => name,
            _ if is_utf_8 => "utf-8".to_owned(),
            _ => "windows-1252".to_owned(),
        }
    }
}

/// The encoding in an XML declaration or an HTML `meta` element.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let start = first_characters(bytes);
    let (_, value) = match start.starts_with("<?xml") {
        true => start.split("?>").next()?.split_once("encoding")?,
        false => start.split_once("<meta")?.1.split_once("charset")?,
    };
    let value = value.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let name: String =
        value.chars().take_while(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect();
    // A text that could be read so far cannot be UTF-16.
    (!name.is_empty() && !name.starts_with("utf-16")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l8_text_is_read_in_the_encoding_that_is_named() {
        for (content_type, bytes, encoding) in [
            ("text/plain; charset=\"ISO-8859-2\"", &b"a"[..], "iso-8859-2"),
            ("text/plain; charset=UTF-8", b"\xE9", "windows-1252"),
            ("text/plain", b"\xE9", "windows-1252"),
            ("text/plain", b"a", "utf-8"),
            ("text/plain; charset=x", b"\xEF\xBB\xBFa", "utf-8"),
            ("text/plain", b"\xFF\xFEa\0", "utf-16le"),
            ("application/xml", b"<?xml version='1.0' encoding='Shift_JIS'?>", "shift_jis"),
            ("text/html", b"<meta http-equiv=x content='text/html; charset=windows-1250'>", "windows-1250"),
            ("text/html", b"<meta charset=utf-16>", "utf-8"),
            ("text/xml", b"<?xml version='1.0'?><a encoding='x'/>", "utf-8"),
        ] {
            assert_eq!(Contents::new(content_type, bytes.to_vec()).encoding(), encoding, "{content_type}");
        }
    }
}
