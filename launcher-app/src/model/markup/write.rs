//! Writes the page: known elements, escaped text, and labels for what was removed, added or cannot be shown.

use super::style::Look;

/// Elements without contents.
const EMPTY: [&str; 5] = ["br", "hr", "img", "col", "wbr"];

/// How a passage was revised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// It no longer holds.
    Removed,
    /// A line runs through it.
    Struck,
    /// It was put in later.
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

/// A page that is being written, and what was counted meanwhile.
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
    /// Opens an element. The name is one of the caller's own, never the document's.
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

    /// Writes a remark of this app's own.
    pub fn remark(&mut self, words: &str) {
        self.html.push_str(&format!("<small>[{}]</small>", escaped(words)));
    }

    /// Tells in its place that something is not shown.
    pub fn not_shown(&mut self, words: &str) {
        self.not_shown += 1;
        self.remark(words);
    }

    /// Counts a part that the document itself hides.
    pub fn hide(&mut self) {
        self.hidden += 1;
    }

    /// Begins a passage that was revised, with a label, which a screen reader reads out. Returns what [`Self::end_revision`]
    /// has to end: nothing for a revision in another of its kind, which needs no second label.
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

    /// Begins a passage that looks so, as far as that has a meaning.
    pub fn begin_look(&mut self, look: Look) {
        self.kept_lines += usize::from(look.keeps_lines);
        elements_for(look).for_each(|name| self.open(name, &[]));
    }

    /// Ends what [`Self::begin_look`] began.
    pub fn end_look(&mut self, look: Look) {
        elements_for(look).rev().for_each(|name| self.close(name));
        self.kept_lines -= usize::from(look.keeps_lines);
    }

    /// The page, and the sentences about it.
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

/// The elements that look so.
fn elements_for(look: Look) -> impl DoubleEndedIterator<Item = &'static str> {
    let elements = [(look.is_underlined, "u"), (look.is_raised, "sup"), (look.is_lowered, "sub")];
    elements.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| name)
}

/// Text for HTML, also in an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The characters of a text that base64 consists of.
pub fn base64_characters(text: &str) -> String {
    text.chars().filter(|character| character.is_ascii_alphanumeric() || "+/=".contains(*character)).collect()
}
