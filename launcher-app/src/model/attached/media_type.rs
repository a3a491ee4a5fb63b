//! Media types, as a server names them or as the bytes show them, and the extensions of their files.

/// The extensions of files by media type. None is one that a computer would run. What a browser would run (HTML, SVG, XML) is saved
/// as text.
pub const EXTENSIONS: &[(&str, &str)] = &[
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

/// A media type without its parameters, in lower case.
pub fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a media type.
pub fn parameter(text: &str, wanted: &str) -> Option<String> {
    text.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').trim();
        (name.trim().eq_ignore_ascii_case(wanted) && !value.is_empty()).then(|| value.to_owned())
    })
}

/// Whether a media type says nothing about the bytes.
pub fn is_generic(media_type: &str) -> bool {
    ["", "application/octet-stream", "binary/octet-stream", "application/unknown", "unknown", "*/*"]
        .contains(&media_type)
}

/// The media type that the first bytes show.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
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

/// The start of a text, in lower case.
pub fn first_characters(bytes: &[u8]) -> String {
    bytes.iter().take(1024).map(|byte| char::from(*byte).to_ascii_lowercase()).collect()
}

/// The extension of files of a media type.
pub fn extension(media_type: &str) -> &'static str {
    let known = EXTENSIONS.iter().find(|(own, _)| *own == media_type).map(|(_, extension)| *extension);
    known.unwrap_or(if media_type.starts_with("text/") { "txt" } else { "bin" })
}
