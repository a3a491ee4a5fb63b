//! How contents are shown, by their media type.

use super::media_type::extension;

/// How contents can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As text.
    Text,
    /// As a page.
    Page,
    /// As a picture.
    Picture,
    /// As a clinical document in XML (C-CDA).
    ClinicalDocument,
    /// Not shown; it can be saved.
    File,
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

    /// Its name; for a file, the kind of file if people know it.
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

    /// Its name inside a sentence: product names keep their capitals.
    pub fn in_a_sentence(self, media_type: &str) -> String {
        let words = self.in_words(media_type);
        if words.starts_with("PDF") || words.starts_with("Word ") { words.to_owned() } else { words.to_lowercase() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l8_a_file_has_a_noun_for_sentences() {
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
}
