//! What is attached to a document: bytes of a media type, how they can be shown, and under which name they are saved.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};

/// Base64 as servers write it, with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How many characters of a title a file's name has at most.
const LONGEST_NAME: usize = 80;

/// The extensions of files by their media types. What a computer would run when it is opened is not among them, and what runs in a
/// browser (HTML, SVG, XML) is saved as text.
const EXTENSIONS: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("application/rtf", "rtf"),
    ("text/rtf", "rtf"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/dicom", "dcm"),
    ("application/zip", "zip"),
    ("image/tiff", "tif"),
    ("image/heic", "heic"),
    ("image/jp2", "jp2"),
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/bmp", "bmp"),
    ("audio/mpeg", "mp3"),
    ("audio/mp4", "m4a"),
    ("audio/wav", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/basic", "au"),
    ("video/mp4", "mp4"),
    ("video/mpeg", "mpg"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
    ("message/rfc822", "eml"),
    ("application/json", "txt"),
    ("application/fhir+json", "txt"),
    ("application/xml", "txt"),
    ("application/xhtml+xml", "txt"),
    ("application/hl7-cda+xml", "txt"),
    ("application/hl7-sda+xml", "txt"),
    ("application/fhir+xml", "txt"),
    ("image/svg+xml", "txt"),
];

/// Names that Windows keeps for its devices.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// How contents can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As text.
    Text,
    /// As a page.
    Page,
    /// As a picture.
    Picture,
    /// As the words of a clinical document in XML (C-CDA).
    ClinicalDocument,
    /// Not here; it can be saved.
    File,
}

/// The bytes of a document, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The media type, without parameters, in lower case.
    pub media_type: String,
    /// The encoding that was named beside it.
    charset: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What a document's own resource says of its bytes (FHIR R4, Attachment).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    /// How many bytes there are.
    pub size: Option<u64>,
    /// Their SHA-1, in base64.
    pub hash: Option<String>,
}

impl Form {
    /// The form of a media type.
    pub fn of(media_type: &str) -> Self {
        match media_type {
            "text/html" | "application/xhtml+xml" => Self::Page,
            "text/xml"
            | "application/xml"
            | "application/hl7-cda+xml"
            | "application/hl7-sda+xml"
            | "application/cda+xml" => Self::ClinicalDocument,
            "image/svg+xml" | "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" | "image/bmp" => {
                Self::Picture
            }
            "application/json" | "application/fhir+json" | "application/fhir+xml" => Self::Text,
            other if other.starts_with("text/") && other != "text/rtf" => Self::Text,
            _ => Self::File,
        }
    }

    /// What it is called; a file by its kind, where that has a name that people know.
    pub fn in_words(self, media_type: &str) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Page => "Page",
            Self::Picture => "Picture",
            Self::ClinicalDocument => "Clinical document",
            Self::File => match extension(media_type) {
                "pdf" => "PDF file",
                "doc" | "docx" => "Word file",
                "odt" | "rtf" => "Text document",
                "tif" | "heic" | "jp2" => "Picture file",
                "mp3" | "m4a" | "wav" | "au" => "Sound file",
                "mp4" | "mpg" | "mov" | "webm" => "Film",
                _ => "File",
            },
        }
    }

    /// What it is called inside a sentence: names stay as they are written.
    pub fn in_a_sentence(self, media_type: &str) -> String {
        let words = self.in_words(media_type);
        if words.starts_with("PDF") || words.starts_with("Word ") { words.to_owned() } else { words.to_lowercase() }
    }
}

impl Contents {
    /// Bytes of a media type as a server or resource names it. Where it names none that says anything, the bytes do.
    pub fn new(content_type: &str, bytes: Vec<u8>) -> Self {
        let named = media_type(content_type);
        let media_type = if says_nothing(&named) { recognized(&bytes).unwrap_or(&named).to_owned() } else { named };
        Self { media_type, charset: parameter(content_type, "charset"), bytes }
    }

    /// How they can be shown.
    pub fn form(&self) -> Form {
        Form::of(&self.media_type)
    }

    /// The name of the encoding that their text is in: as a mark at their start says, else the media type, else the text itself
    /// (XML's and HTML's own ways), else UTF-8; what is no UTF-8 is Windows-1252.
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

    /// The bytes in base64.
    pub fn base64(&self) -> String {
        BASE64.encode(&self.bytes)
    }

    /// A name to save them under: a title's characters that every system takes, and the extension of the media type.
    pub fn file_name(&self, title: &str) -> String {
        let extension = extension(&self.media_type);
        let is_taken = |character: &char| character.is_alphanumeric() || " -_.,()+&'".contains(*character);
        let words: String = title.chars().map(|character| if is_taken(&character) { character } else { ' ' }).collect();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut stem: String = words.chars().take(LONGEST_NAME).collect();
        let ending = format!(".{extension}");
        while stem.to_ascii_lowercase().ends_with(&ending) {
            stem.truncate(stem.len() - ending.len());
        }
        let stem = stem.trim_matches(['.', ' ']);
        let first = stem.split('.').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_port = ["com", "lpt"].iter().any(|port| first.strip_prefix(port).is_some_and(|rest| rest.len() == 1));
        match stem {
            "" => format!("document{ending}"),
            stem if is_port || DEVICES.contains(&&*first) => format!("document {stem}{ending}"),
            stem => format!("{stem}{ending}"),
        }
    }

    /// Whether they are other than was announced: of another check sum, or fewer.
    pub fn differ_from(&self, announced: &Announced) -> bool {
        let length = self.bytes.len() as u64;
        let base64_length = length.div_ceil(3) * 4;
        // Some servers count the characters of the base64 in which they keep it.
        let is_cut = announced.size.is_some_and(|size| size > length && size != base64_length);
        let is_other = announced.hash.as_ref().is_some_and(|hash| !self.has_hash(hash));
        is_cut || is_other
    }

    /// Whether a text is their SHA-1: in base64, as it should be, or in hexadecimal, or that in base64.
    fn has_hash(&self, announced: &str) -> bool {
        let digest = Sha1::digest(&self.bytes);
        let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let announced = announced.trim();
        if announced.eq_ignore_ascii_case(&hexadecimal) {
            return true;
        }
        match decode(announced) {
            Some(bytes) if bytes.len() == digest.len() => *bytes == *digest,
            Some(bytes) if bytes.len() == hexadecimal.len() => bytes.eq_ignore_ascii_case(hexadecimal.as_bytes()),
            // Of another length it is no SHA-1, and nothing can be said.
            _ => true,
        }
    }
}

/// The bytes of a text in base64, in which white space may stand; `None` where it is none.
pub fn decode(base64: &str) -> Option<Vec<u8>> {
    let bare: String = base64.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    BASE64.decode(bare).ok()
}

/// A media type without its parameters, in lower case.
pub fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a media type.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    text.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').trim();
        (name.trim().eq_ignore_ascii_case(wanted) && !value.is_empty()).then(|| value.to_owned())
    })
}

/// Whether a media type leaves open what the bytes are.
pub fn says_nothing(media_type: &str) -> bool {
    ["", "application/octet-stream", "binary/octet-stream", "application/unknown", "unknown", "*/*"]
        .contains(&media_type)
}

/// The media type that bytes begin like.
fn recognized(bytes: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 8] = [
        (b"%PDF-", "application/pdf"),
        (b"{\\rtf", "application/rtf"),
        (b"\x89PNG\r\n", "image/png"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"PK\x03\x04", "application/zip"),
    ];
    if let Some((_, media_type)) = starts.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(media_type);
    }
    let start = first_characters(bytes);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if start.contains("<clinicaldocument") || start.contains(":clinicaldocument") {
        return Some("application/hl7-cda+xml");
    }
    match start {
        start if start.starts_with("<!doctype html") || start.starts_with("<html") => Some("text/html"),
        start if start.starts_with("<?xml") => Some("application/xml"),
        _ if !bytes.is_empty() && std::str::from_utf8(bytes).is_ok_and(is_plain) => Some("text/plain"),
        _ => None,
    }
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() && !"\t\n\r\u{c}".contains(character))
}

/// The encoding that a text names itself, by XML's declaration or HTML's `meta`.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let start = first_characters(bytes);
    let (_, value) = match start.starts_with("<?xml") {
        true => start.split("?>").next()?.split_once("encoding")?,
        false => start.split_once("<meta")?.1.split_once("charset")?,
    };
    let value = value.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let name: String =
        value.chars().take_while(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect();
    // A text that could be read so far is in none of the encodings of two bytes a character.
    (!name.is_empty() && !name.starts_with("utf-16")).then_some(name)
}

/// The beginning of a text, in lower case.
fn first_characters(bytes: &[u8]) -> String {
    bytes.iter().take(1024).map(|byte| char::from(*byte).to_ascii_lowercase()).collect()
}

/// The extension of files of a media type.
fn extension(media_type: &str) -> &'static str {
    let known = EXTENSIONS.iter().find(|(own, _)| *own == media_type).map(|(_, extension)| *extension);
    known.unwrap_or(if media_type.starts_with("text/") { "txt" } else { "bin" })
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
    fn l8_a_file_is_called_what_it_is_also_inside_a_sentence() {
        for (media_type, words) in [
            ("application/pdf", "PDF file"),
            ("application/msword", "Word file"),
            ("application/rtf", "text document"),
            ("video/mp4", "film"),
            ("application/x-unknown", "file"),
        ] {
            assert_eq!(Form::File.in_a_sentence(media_type), words, "{media_type}");
        }
    }

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
            assert_eq!(text(content_type, bytes).encoding(), encoding, "{content_type}");
        }
    }

    #[test]
    fn l8_a_file_is_saved_under_the_extension_of_its_type_and_never_one_that_runs() {
        for (media_type, title, name) in [
            ("application/pdf", "Visit note.PDF", "Visit note.pdf"),
            ("application/pdf", "a/b\\c:d*e?f\"g<h>i|j", "a b c d e f g h i j.pdf"),
            ("application/pdf", "invoice\u{202e}fdp.exe", "invoice fdp.exe.pdf"),
            ("application/pdf", "../../etc/passwd", "etc passwd.pdf"),
            ("application/pdf", " .. ", "document.pdf"),
            ("application/pdf", "com1.x", "document com1.x.pdf"),
            ("application/pdf", "Nul", "document Nul.pdf"),
            ("application/pdf", "Befund: Größe", "Befund Größe.pdf"),
            ("text/html", "Page.html", "Page.html.txt"),
            ("image/svg+xml", "x", "x.txt"),
            ("application/xml", "x", "x.txt"),
            ("text/javascript", "x.js", "x.js.txt"),
            ("application/x-msdownload", "setup.exe", "setup.exe.bin"),
            ("application/x-sh", "x", "x.bin"),
            ("", "x", "x.bin"),
        ] {
            assert_eq!(text(media_type, b"\0").file_name(title), name, "{media_type} {title}");
        }
        assert!(text("application/pdf", b"").file_name(&"é".repeat(500)).chars().count() < 90);
        let runs = [
            "html", "htm", "svg", "xml", "js", "exe", "bat", "cmd", "com", "msi", "sh", "app", "jar", "ps1", "scr",
            "vbs", "hta", "lnk",
        ];
        assert!(EXTENSIONS.iter().all(|(_, extension)| !runs.contains(extension)));
    }

    #[test]
    fn l8_bytes_that_were_announced_otherwise_are_told() {
        let contents = text("text/plain", b"abc");
        let announced = |size: Option<u64>, hash: Option<&str>| Announced { size, hash: hash.map(str::to_owned) };
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
            assert_eq!(contents.differ_from(&announced(size, hash)), differs, "{size:?} {hash:?}");
        }
    }

    #[test]
    fn base64_is_read_with_and_without_padding_and_line_breaks() {
        assert_eq!(decode("YW\r\nI="), Some(b"ab".to_vec()));
        assert_eq!(decode("YWI"), Some(b"ab".to_vec()));
        assert_eq!(decode("*"), None);
    }
}
