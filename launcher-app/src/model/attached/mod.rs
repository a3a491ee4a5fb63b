//! The contents of a document's attachment: [`form`] decides by the [`mod@media_type`] how they are shown, [`encoding`] in which encoding
//! their text is, [`file_name`] under which name they are saved.

mod encoding;
mod file_name;
mod form;
mod media_type;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};

pub use form::Form;
pub use media_type::{is_generic, media_type};
use media_type::{parameter, sniff};

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a document and their media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The media type, without parameters, in lower case.
    pub media_type: String,
    /// The parameter `charset`.
    charset: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The declared size and hash (FHIR R4, Attachment).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The number of bytes.
    pub size: Option<u64>,
    /// The SHA-1 hash, in base64.
    pub hash: Option<String>,
}

impl Contents {
    /// Bytes with a declared media type. If it is generic, the media type is read from the bytes.
    pub fn new(content_type: &str, bytes: Vec<u8>) -> Self {
        let named = media_type(content_type);
        let media_type = if is_generic(&named) { sniff(&bytes).unwrap_or(&named).to_owned() } else { named };
        Self { media_type, charset: parameter(content_type, "charset"), bytes }
    }

    /// How they are shown.
    pub fn form(&self) -> Form {
        Form::of(&self.media_type)
    }

    /// The bytes in base64.
    pub fn base64(&self) -> String {
        BASE64.encode(&self.bytes)
    }

    /// Whether they differ from the declaration: they have another hash, or are fewer.
    pub fn differ_from(&self, declared: &Declared) -> bool {
        let length = self.bytes.len() as u64;
        let base64_length = length.div_ceil(3) * 4;
        // Some servers declare the length of the base64.
        let is_cut = declared.size.is_some_and(|size| size > length && size != base64_length);
        let is_other = declared.hash.as_ref().is_some_and(|hash| !self.has_hash(hash));
        is_cut || is_other
    }

    /// Whether a text is their SHA-1 hash: in base64, as specified, in hexadecimal, or in base64 of the hexadecimal.
    fn has_hash(&self, declared: &str) -> bool {
        let digest = Sha1::digest(&self.bytes);
        let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let declared = declared.trim();
        if declared.eq_ignore_ascii_case(&hexadecimal) {
            return true;
        }
        match decode(declared) {
            Some(bytes) if bytes.len() == digest.len() => *bytes == *digest,
            Some(bytes) if bytes.len() == hexadecimal.len() => bytes.eq_ignore_ascii_case(hexadecimal.as_bytes()),
            // With another length, it is not a SHA-1 hash and cannot be compared.
            _ => true,
        }
    }
}

/// The bytes of a base64 text, which may contain white space; `None` if it is damaged.
pub fn decode(base64: &str) -> Option<Vec<u8>> {
    let bare: String = base64.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    BASE64.decode(bare).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content_type: &str, bytes: &[u8]) -> Contents {
        Contents::new(content_type, bytes.to_vec())
    }

    #[test]
    fn l8_a_form_is_chosen_by_the_media_type_else_by_the_bytes() {
        for (given, bytes, form) in [
            ("Text/HTML; charset=utf-8", "", Form::Page),
            ("image/svg+xml", "", Form::Picture),
            ("application/hl7-cda+xml", "", Form::ClinicalDocument),
            ("text/plain", "<html>", Form::Text),
            ("text/rtf", "", Form::File),
            ("application/pdf", "", Form::File),
            ("", "", Form::File),
            ("", "\n<!DOCTYPE html>", Form::Page),
            ("application/octet-stream", "<?xml version='1.0'?>\n<n:ClinicalDocument>", Form::ClinicalDocument),
            ("", "Dear patient,\n", Form::Text),
            ("", "\u{1}\u{2}", Form::File),
        ] {
            assert_eq!(text(given, bytes.as_bytes()).form(), form, "{given} {bytes}");
        }
        assert_eq!(text("", b"%PDF-1.7").media_type, "application/pdf");
        assert_eq!(Form::File.in_words("application/pdf"), "PDF file");
    }

    #[test]
    fn l8_bytes_that_differ_from_their_declaration_are_reported() {
        let contents = text("text/plain", b"abc");
        let declared = |size: Option<u64>, hash: Option<&str>| Declared { size, hash: hash.map(str::to_owned) };
        // SHA-1 of "abc" (FIPS 180-4).
        let right = ["qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "A9993E364706816ABA3E25717850C26C9CD0D89D"];
        for (size, hash, differs) in [
            (None, None, false),
            (Some(3), Some(right[0]), false),
            (Some(4), Some(right[1]), false),
            (Some(5), None, true),
            (Some(2), None, false),
            (None, Some("rZk+NkcGgWq6PiVxeFDCbJzQ2J0="), true),
            (None, Some("not a hash"), false),
        ] {
            assert_eq!(contents.differ_from(&declared(size, hash)), differs, "{size:?} {hash:?}");
        }
    }

    #[test]
    fn base64_is_read_with_and_without_padding_and_line_breaks() {
        assert_eq!(decode("YW\r\nI="), Some(b"ab".to_vec()));
        assert_eq!(decode("YWI"), Some(b"ab".to_vec()));
        assert_eq!(decode("*"), None);
    }
}
