//! The interface to a parsed document: the DOM in a browser, a simple tree in tests.

/// A node of a parsed document.
pub trait Node: Clone {
    /// The local name of an element, in lower case; `None` for other nodes.
    fn name(&self) -> Option<String>;

    /// Whether it is text or CDATA.
    fn is_text(&self) -> bool;

    /// The value of an attribute.
    fn attribute(&self, name: &str) -> Option<String>;

    /// Its children, in order.
    fn children(&self) -> Vec<Self>;

    /// The text of a text node, or all text in an element.
    fn text(&self) -> String;

    /// The value of a CSS property of this element, from the document's style sheets.
    fn declared(&self, property: &str) -> Option<String>;
}

/// The child elements with this name.
pub fn elements<N: Node>(node: &N, name: &str) -> Vec<N> {
    node.children().into_iter().filter(|child| child.name().as_deref() == Some(name)).collect()
}

/// The first element at the end of a path of names.
pub fn at<N: Node>(node: &N, path: &[&str]) -> Option<N> {
    match path.split_first() {
        None => Some(node.clone()),
        Some((name, rest)) => elements(node, name).iter().find_map(|child| at(child, rest)),
    }
}

/// The text of a node on one line; `None` if it has none.
pub fn line<N: Node>(node: &N) -> Option<String> {
    let words: Vec<String> = node.text().split_whitespace().map(str::to_owned).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
