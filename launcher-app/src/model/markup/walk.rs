//! Goes through a document and writes what it says.

use super::style::Look;
use super::tree::{Node, line};
use super::write::{Revision, Writer};

/// How deep elements are followed. What lies deeper is shown as bare text, with marks for revisions.
pub const DEEPEST: usize = 150;

/// Elements that hold rows, cells or items, and no words of their own.
const CONTAINERS: &[&str] = &["table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl"];

/// Elements in which a label stands, rather than around them.
const BLOCKS: &[&str] =
    &["td", "th", "caption", "li", "dt", "dd", "p", "div", "pre", "address", "h1", "h2", "h3", "h4", "h5", "h6"];

/// What the elements of a language mean.
pub trait Language<N: Node> {
    /// Whether nobody is meant to see an element.
    fn is_never_displayed(&self, name: &str) -> bool;

    /// Whether an element is hidden in other ways than by its style.
    fn is_hidden(&self, node: &N, name: &str) -> bool;

    /// How an element was revised.
    fn revision(&self, node: &N, name: &str, look: Look) -> Option<Revision>;

    /// How an element looks.
    fn look(&self, node: &N) -> Look {
        Look::of(node)
    }

    /// The element of the page that takes its place, with its attributes; `None` where its contents alone are taken over.
    fn element(&self, node: &N, name: &str) -> Option<(&'static str, Vec<(&'static str, String)>)>;

    /// Writes an element that is not written as its contents. Returns whether it did.
    fn write_special(&self, walk: &mut Walk<'_, N>, node: &N, name: &str, depth: usize) -> bool;
}

/// A walk through a document.
pub struct Walk<'a, N> {
    language: &'a dyn Language<N>,
    /// The page that is being written.
    pub writer: Writer,
}

impl<'a, N: Node> Walk<'a, N> {
    /// A walk that has written nothing yet.
    pub fn new(language: &'a dyn Language<N>) -> Self {
        Self { language, writer: Writer::default() }
    }

    /// Writes a node and what lies in it.
    pub fn write(&mut self, node: &N, depth: usize) {
        self.write_revised(node, None, "", depth);
    }

    /// Writes what lies in a node.
    pub fn write_contents(&mut self, node: &N, depth: usize) {
        node.children().iter().for_each(|child| self.write(child, depth + 1));
    }

    /// Writes a node. `inherited` says how the container was revised that it stands in, and `container` is that container's name on
    /// the page, or empty.
    fn write_revised(&mut self, node: &N, inherited: Option<Revision>, container: &str, depth: usize) {
        if node.is_text() {
            return self.write_text(node, inherited);
        }
        let Some((name, look)) = self.displayed(node) else { return };
        if depth > DEEPEST {
            return self.write_flat(node, inherited);
        }
        let language = self.language;
        let revision = language.revision(node, &name, look).or(inherited);
        let element = language.element(node, &name).map(|(own, attributes)| match own {
            // Elsewhere, a browser would close the table's cell and row before it.
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
                self.write_passage(node, &name, revision, look, depth);
                self.writer.close(own);
            }
            Some((own, attributes)) => {
                let begun = self.writer.begin_revision(revision);
                self.writer.open(own, &attributes);
                self.write_passage(node, &name, None, look, depth);
                self.writer.close(own);
                self.writer.end_revision(begun);
            }
            None => self.write_passage(node, &name, revision, look, depth),
        }
    }

    fn write_text(&mut self, node: &N, revision: Option<Revision>) {
        let text = node.text();
        let begun = self.writer.begin_revision(revision.filter(|_| !text.trim().is_empty()));
        self.writer.text(&text);
        self.writer.end_revision(begun);
    }

    /// The name and look of an element that is displayed. One that the document hides is counted.
    fn displayed(&mut self, node: &N) -> Option<(String, Look)> {
        let name = node.name().filter(|name| !self.language.is_never_displayed(name))?;
        let look = self.language.look(node);
        if !look.is_hidden && !self.language.is_hidden(node, &name) {
            return Some((name, look));
        }
        if line(node).is_some() {
            self.writer.hide();
        }
        None
    }

    /// Writes the words of an element that is nested too deep, without recursion. What is hidden stays hidden, and what was revised is
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
            } else if let Some((name, look)) = self.displayed(&node) {
                let revision = self.language.revision(&node, &name, look).or(inherited);
                self.writer.text(" ");
                rest.extend(node.children().into_iter().rev().map(|child| (child, revision)));
            }
        }
    }

    fn write_passage(&mut self, node: &N, name: &str, revision: Option<Revision>, look: Look, depth: usize) {
        let begun = self.writer.begin_revision(revision);
        self.writer.begin_look(look);
        let language = self.language;
        if !language.write_special(self, node, name, depth) {
            self.write_contents(node, depth);
        }
        self.writer.end_look(look);
        self.writer.end_revision(begun);
    }
}
