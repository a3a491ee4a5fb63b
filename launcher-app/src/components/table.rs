//! Tables and folded parts.

use leptos::prelude::*;

use super::draw::{element, text};

/// A table. The first cell of each row is its heading; `classes` are the classes of the other cells.
pub fn table(caption: Option<&str>, heads: &[&str], classes: &[&'static str], rows: Vec<Vec<AnyView>>) -> AnyView {
    let heads = heads.iter().map(|head| element("th", &[("scope", "col")], vec![text(*head)]));
    let head = element("thead", &[], vec![element("tr", &[], heads.collect())]);
    let rows = rows.into_iter().map(|cells| {
        let cells = cells.into_iter().enumerate().map(|(index, cell)| match index.checked_sub(1) {
            None => element("th", &[("scope", "row")], vec![cell]),
            Some(index) => element("td", &[("class", classes.get(index).copied().unwrap_or("value"))], vec![cell]),
        });
        element("tr", &[], cells.collect())
    });
    let mut parts: Vec<AnyView> = Vec::new();
    parts.extend(caption.map(|words| element("caption", &[("class", "visually-hidden")], vec![text(words)])));
    parts.extend([head, element("tbody", &[], rows.collect())]);
    element("table", &[], parts)
}

/// A part that a line opens.
pub fn more(line: impl Into<String>, folded: AnyView) -> AnyView {
    element("details", &[("class", "more")], vec![element("summary", &[], vec![text(line)]), folded])
}
