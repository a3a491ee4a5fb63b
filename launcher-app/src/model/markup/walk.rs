//! Traverses a document and writes its contents.

use super::style::TextStyle;
use super::tree::{Node, line};
use super::write::{Revision, Writer};

/// The maximum depth of elements. Deeper contents are shown as plain text, with marks for revisions.
pub const DEEPEST: usize = 150;

/// Elements that contain rows, cells or items, and no text.
const CONTAINERS: &[&str] = &["table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl"];

/// Elements that have a label inside instead of around them.
const BLOCKS: &[&str] =
    &["td", "th", "caption", "li", "dt", "dd", "p", "div", "pre", "address", "h1", "h2", "h3", "h4", "h5", "h6"];

/// The meaning of the elements of a language.
pub trait Language<N: Node> {
    /// Whether an element is never displayed.
    fn is_never_displayed(&self, name: &str) -> bool;

    /// Whether an element is hidden in other ways than by its style.
    fn is_hidden(&self, node: &N, name: &str) -> bool;

    /// The revision of an element.
    fn revision(&self, node: &N, name: &str, style: TextStyle) -> Option<Revision>;

    /// The style of an element.
    fn style(&self, node: &N) -> TextStyle {
        TextStyle::of(node)
    }

    /// The HTML element that replaces it, with its attributes; `None` if only its contents are kept.
    fn element(&self, node: &N, name: &str) -> Option<(&'static str, Vec<(&'static str, String)>)>;

    /// Writes an element with special handling. Returns whether it did.
    fn write_special(&self, walk: &mut Walk<'_, N>, node: &N, name: &str, depth: usize) -> bool;
}

/// A walk through a document.
pub struct Walk<'a, N> {
    language: &'a dyn Language<N>,
    /// The page that is being written.
    pub writer: Writer,
}

impl<'a, N: Node> Walk<'a, N> {
    /// A walk at the start.
    pub fn new(language: &'a dyn Language<N>) -> Self {
        Self { language, writer: Writer::default() }
    }

    /// Writes a node and its contents.
    pub fn write(&mut self, node: &N, depth: usize) {
        self.write_revised(node, None, "", depth);
    }

    /// Writes the contents of a node.
    pub fn write_contents(&mut self, node: &N, depth: usize) {
        node.children().iter().for_each(|child| self.write(child, depth + 1));
    }

    /// Writes a node. `inherited` is the revision of its container, and `container` the container's HTML element, or
    /// empty.
    fn write_revised(&mut self, node: &N, inherited: Option<Revision>, container: &str, depth: usize) {
        if node.is_text() {
            return self.write_text(node, inherited);
        }
        let Some((name, style)) = self.displayed(node) else { return };
        if depth > DEEPEST {
            return self.write_flat(node, inherited);
        }
        let language = self.language;
        let revision = language.revision(node, &name, style).or(inherited);
        let element = language.element(node, &name).map(|(own, attributes)| match own {
            // Otherwise, a browser would close the table's cell and row before it.
            "caption" if container != "table" => ("strong", attributes),
            _ => (own, attributes),
        });
        match element {
            Some((own, attributes)) if CONTAINERS.contains(&own) => {
                self.writer.open(own, &attributes);
                node.children().iter().for_each(|child| self.write_revised(child, revision, own, depth + 1));
                self.writer.close(own);
            }
            Some((own, attributes)) if BLOCKS.contains(&own) => {
                self.writer.open(own, &attributes);
                self.write_passage(node, &name, revision, style, depth);
                self.writer.close(own);
            }
            Some((own, attributes)) => {
                let begun = self.writer.begin_revision(revision);
                self.writer.open(own, &attributes);
                self.write_passage(node, &name, None, style, depth);
                self.writer.close(own);
                self.writer.end_revision(begun);
            }
            None => self.write_passage(node, &name, revision, style, depth),
        }
    }

    fn write_text(&mut self, node: &N, revision: Option<Revision>) {
        let text = node.text();
        let begun = self.writer.begin_revision(revision.filter(|_| !text.trim().is_empty()));
        self.writer.text(&text);
        self.writer.end_revision(begun);
    }

    /// The name and the style of an element that is displayed. A hidden one is counted.
    fn displayed(&mut self, node: &N) -> Option<(String, TextStyle)> {
        let name = node.name().filter(|name| !self.language.is_never_displayed(name))?;
        let style = self.language.style(node);
        if !style.is_hidden && !self.language.is_hidden(node, &name) {
            return Some((name, style));
        }
        if line(node).is_some() {
            self.writer.hide();
        }
        None
    }

    /// Writes the text of an element that is nested too deep, without recursion. Hidden text stays hidden, and revisions are
    /// marked.
    fn write_flat(&mut self, node: &N, inherited: Option<Revision>) {
        if line(node).is_some() || !node.children().is_empty() {
            self.writer.not_shown("This part is nested too deep. Only its words are shown here:");
            self.writer.text(" ");
        }
        let mut rest = vec![(node.clone(), inherited)];
        while let Some((node, inherited)) = rest.pop() {
            if node.is_text() {
                self.write_text(&node, inherited);
            } else if let Some((name, style)) = self.displayed(&node) {
                let revision = self.language.revision(&node, &name, style).or(inherited);
                self.writer.text(" ");
                rest.extend(node.children().into_iter().rev().map(|child| (child, revision)));
            }
        }
    }

    fn write_passage(&mut self, node: &N, name: &str, revision: Option<Revision>, style: TextStyle, depth: usize) {
        let begun = self.writer.begin_revision(revision);
        self.writer.begin_style(style);
        let language = self.language;
        if !language.write_special(self, node, name, depth) {
            self.write_contents(node, depth);
        }
        self.writer.end_style(style);
        self.writer.end_revision(begun);
    }
}
