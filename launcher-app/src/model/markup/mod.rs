//! Marked-up documents (HTML, CDA) as pages for a sandboxed frame.
//!
//! The browser parses a document without running it; [`tree`] is what is seen of the result. [`walk`] goes through it, [`html`] and
//! [`clinical`] say what each element means, and [`mod@write`] writes HTML made of known elements alone. The frame keeps everything
//! in a document from running; what is written here gives it nothing to run or to fetch.

pub mod clinical;
pub mod html;
pub mod quiet;
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
    /// HTML of known elements, without scripts, styles and addresses to fetch.
    pub html: String,
    /// What a reader has to know of the document besides, a sentence each.
    pub remarks: Vec<String>,
    /// Files that the document holds in place of a text of its own.
    pub embedded: Vec<Attachment>,
}

/// A picture as a page. A picture runs no script, whatever is in it.
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
