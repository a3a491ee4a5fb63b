//! Trees for tests, from well-formed text. The browser tests cover damaged text.

use super::tree::Node;

/// A node of a roxmltree tree.
#[derive(Clone)]
pub struct Sample<'a>(roxmltree::Node<'a, 'a>);

impl Sample<'_> {
    /// Calls a function with the root element of a text.
    pub fn read<T>(text: &str, look: impl FnOnce(Sample<'_>) -> T) -> T {
        let document = roxmltree::Document::parse(text).unwrap();
        look(Sample(document.root_element()))
    }
}

impl Node for Sample<'_> {
    fn name(&self) -> Option<String> {
        self.0.is_element().then(|| self.0.tag_name().name().to_ascii_lowercase())
    }

    fn is_text(&self) -> bool {
        self.0.is_text()
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.0.attribute(name).map(str::to_owned)
    }

    fn children(&self) -> Vec<Self> {
        self.0.children().map(Sample).collect()
    }

    fn text(&self) -> String {
        match self.0.is_text() {
            true => self.0.text().unwrap_or_default().to_owned(),
            false => self.0.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect(),
        }
    }

    /// A style sheet with the class `struck` only.
    fn declared(&self, property: &str) -> Option<String> {
        (property == "text-decoration" && self.0.attribute("class") == Some("struck"))
            .then(|| "line-through".to_owned())
    }
}
