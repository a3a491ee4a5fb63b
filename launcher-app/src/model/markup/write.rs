//! Writes the page: known elements, escaped text, and labels for what was removed, added or cannot be shown.

use super::style::TextStyle;

/// Elements without contents.
const EMPTY: [&str; 5] = ["br", "hr", "img", "col", "wbr"];

/// The revision of a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// It was removed.
    Removed,
    /// A line runs through it.
    Struck,
    /// It was added later.
    Added,
}

impl Revision {
    fn label(self) -> &'static str {
        match self {
            Self::Removed => "removed:",
            Self::Struck => "crossed out:",
            Self::Added => "added:",
        }
    }

    fn element(self) -> &'static str {
        match self {
            Self::Removed => "del",
            Self::Struck => "s",
            Self::Added => "ins",
        }
    }
}

/// A page that is being written, and the counts for its notes.
#[derive(Default)]
pub struct Writer {
    html: String,
    revisions: Vec<Revision>,
    kept_lines: usize,
    revised: usize,
    hidden: usize,
    not_shown: usize,
}

impl Writer {
    /// Opens an element. The name comes from the caller, never from the document.
    pub fn open(&mut self, name: &'static str, attributes: &[(&'static str, String)]) {
        self.html.push_str(&format!("<{name}"));
        for (attribute, value) in attributes {
            self.html.push_str(&format!(" {attribute}=\"{}\"", escaped(value)));
        }
        self.html.push('>');
    }

    /// Closes an element.
    pub fn close(&mut self, name: &'static str) {
        if !EMPTY.contains(&name) {
            self.html.push_str(&format!("</{name}>"));
        }
    }

    /// Writes an element around what `contents` writes.
    pub fn within(&mut self, name: &'static str, contents: impl FnOnce(&mut Self)) {
        self.open(name, &[]);
        contents(self);
        self.close(name);
    }

    /// Writes text.
    pub fn text(&mut self, text: &str) {
        let escaped = escaped(text);
        self.html.push_str(&if self.kept_lines > 0 { escaped.replace('\n', "<br>") } else { escaped });
    }

    /// Writes a note of this app.
    pub fn remark(&mut self, words: &str) {
        self.html.push_str(&format!("<small>[{}]</small>", escaped(words)));
    }

    /// Writes a note in place of something that is not shown.
    pub fn not_shown(&mut self, words: &str) {
        self.not_shown += 1;
        self.remark(words);
    }

    /// Counts a part that the document hides.
    pub fn hide(&mut self) {
        self.hidden += 1;
    }

    /// Starts a revised passage, with a label for screen readers. Returns what [`Self::end_revision`]
    /// must end: nothing for a revision inside another one of the same kind.
    pub fn begin_revision(&mut self, revision: Option<Revision>) -> Option<Revision> {
        let revision = revision.filter(|revision| !self.is_within(*revision))?;
        self.revised += 1;
        self.html.push_str(&format!("<small>[{} </small>", revision.label()));
        self.open(revision.element(), &[]);
        self.revisions.push(revision);
        Some(revision)
    }

    /// Ends what [`Self::begin_revision`] began.
    pub fn end_revision(&mut self, begun: Option<Revision>) {
        if let Some(revision) = begun {
            self.revisions.pop();
            self.close(revision.element());
            self.html.push_str("<small>]</small>");
        }
    }

    fn is_within(&self, revision: Revision) -> bool {
        let is_out = |revision: Revision| revision != Revision::Added;
        self.revisions.iter().any(|outer| is_out(*outer) == is_out(revision))
    }

    /// Starts a passage with a style.
    pub fn begin_style(&mut self, style: TextStyle) {
        self.kept_lines += usize::from(style.keeps_lines);
        elements_for(style).for_each(|name| self.open(name, &[]));
    }

    /// Ends what [`Self::begin_style`] began.
    pub fn end_style(&mut self, style: TextStyle) {
        elements_for(style).rev().for_each(|name| self.close(name));
        self.kept_lines -= usize::from(style.keeps_lines);
    }

    /// The page with its notes.
    pub fn finish(self) -> (String, Vec<String>) {
        let mut remarks = Vec::new();
        if self.revised > 0 {
            remarks.push("Parts of this document were removed, crossed out or added later. Each is marked.".to_owned());
        }
        remarks.extend(match self.not_shown {
            0 => None,
            1 => Some("One thing in this document cannot be shown here. It is marked in its place.".to_owned()),
            count => {
                Some(format!("{count} things in this document cannot be shown here. Each is marked in its place."))
            }
        });
        remarks.extend(match self.hidden {
            0 => None,
            1 => Some("One part that the document itself hides is not shown.".to_owned()),
            count => Some(format!("{count} parts that the document itself hides are not shown.")),
        });
        (self.html, remarks)
    }
}

/// The elements for a style.
fn elements_for(style: TextStyle) -> impl DoubleEndedIterator<Item = &'static str> {
    let elements = [(style.is_underlined, "u"), (style.is_raised, "sup"), (style.is_lowered, "sub")];
    elements.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| name)
}

/// Text escaped for HTML, also for attributes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The base64 characters of a text.
pub fn base64_characters(text: &str) -> String {
    text.chars().filter(|character| character.is_ascii_alphanumeric() || "+/=".contains(*character)).collect()
}
