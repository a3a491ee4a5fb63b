//! What went wrong, with a way on.

use leptos::prelude::*;

use super::draw::{element, paragraph, text};
use super::section::actions;
use crate::model::trouble::Trouble;

/// A failure that takes a whole page, with the ways on.
pub fn trouble_panel(trouble: Trouble, ways_on: Vec<AnyView>) -> AnyView {
    let parts = vec![
        element("h1", &[], vec![text(trouble.title)]),
        paragraph("", trouble.text),
        actions(ways_on),
        details(trouble.code, trouble.details),
    ];
    element("div", &[("class", "trouble card"), ("role", "alert")], parts)
}

/// A failure of one part of a page, with the way on if there is one.
pub fn trouble_note(trouble: Trouble, way_on: Option<AnyView>) -> AnyView {
    let title = element("strong", &[], vec![text(format!("{}. ", trouble.title))]);
    let mut parts = vec![element("p", &[], vec![title, text(trouble.text)])];
    parts.extend(way_on.map(|way_on| actions(vec![way_on])));
    parts.push(details(trouble.code, trouble.details));
    element("div", &[("class", "trouble-note"), ("role", "alert")], parts)
}

/// Something behind a line that opens it, for whoever is asked for help.
pub fn for_support(parts: Vec<AnyView>) -> AnyView {
    let mut all = vec![element("summary", &[], vec![text("Details for support")])];
    all.extend(parts);
    element("details", &[("class", "technical")], all)
}

fn details(code: &'static str, words: String) -> AnyView {
    let code = element("p", &[], vec![element("code", &[], vec![text(code)])]);
    for_support(vec![code, paragraph("", words)])
}
