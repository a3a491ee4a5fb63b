//! The name of a file that contents are saved in. No file is saved with an extension that a computer or a browser runs.

use super::Contents;
use super::media_type::extension;

/// The longest part of a title that a file name has, in characters.
const LONGEST_NAME: usize = 80;

/// Names that Windows reserves for devices.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

impl Contents {
    /// The name for the saved file: the characters of the title that every system allows, and the extension of the media type.
    pub fn file_name(&self, title: &str) -> String {
        let extension = extension(&self.media_type);
        let is_allowed = |character: &char| character.is_alphanumeric() || " -_.,()+&'".contains(*character);
        let words: String =
            title.chars().map(|character| if is_allowed(&character) { character } else { ' ' }).collect();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attached::media_type::EXTENSIONS;

    fn text(content_type: &str, bytes: &[u8]) -> Contents {
        Contents::new(content_type, bytes.to_vec())
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
}
