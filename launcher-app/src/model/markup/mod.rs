//! HTML and CDA documents as pages for a sandboxed frame.
//!
//! The browser parses a document without running it; [`tree`] is the interface to the result. [`walk`] traverses it, [`html`] and
//! [`clinical`] define what each element means, and [`mod@write`] writes HTML with known elements only. The frame prevents everything
//! in a document from running; the HTML that is written has nothing to run or to fetch.

pub mod clinical;
pub mod html;
pub mod renamed;
pub mod style;
pub mod tree;
mod walk;
mod write;

#[cfg(test)]
mod sample;

pub use clinical::clinical_document;
pub use html::page;

use super::documents::Attachment;

/// A document as a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// HTML with known elements, without scripts, styles and URLs to fetch.
    pub html: String,
    /// Notes for the reader, each a sentence.
    pub remarks: Vec<String>,
    /// Files in the document that replace its text.
    pub embedded: Vec<Attachment>,
}

/// A picture as a page. Scripts in a picture do not run.
pub fn picture(media_type: &str, base64: &str, title: &str) -> String {
    format!(
        "<img alt=\"{}\" width=\"100%\" src=\"data:{};base64,{}\">",
        write::escaped(title),
        write::escaped(media_type),
        write::base64_characters(base64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s7_a_picture_cannot_leave_its_place() {
        assert_eq!(
            picture("image/png", "AA==\"><script>", "a \"b\" <c>"),
            "<img alt=\"a &quot;b&quot; &lt;c&gt;\" width=\"100%\" src=\"data:image/png;base64,AA==script\">"
        );
    }
}
