//! Failures, with the action that helps.

use leptos::prelude::*;

use super::draw::{element, paragraph, text};
use super::section::actions;
use crate::model::trouble::Trouble;

/// A failure that replaces the page, with the actions that help.
pub fn trouble_panel(trouble: Trouble, buttons: Vec<AnyView>) -> AnyView {
    let parts = vec![
        element("h1", &[], vec![text(trouble.title)]),
        paragraph("", trouble.text),
        actions(buttons),
        details(trouble.code, trouble.details),
    ];
    element("div", &[("class", "trouble card"), ("role", "alert")], parts)
}

/// A failure of one part of a page, with the action that helps.
pub fn trouble_note(trouble: Trouble, action: Option<AnyView>) -> AnyView {
    let title = element("strong", &[], vec![text(format!("{}. ", trouble.title))]);
    let mut parts = vec![element("p", &[], vec![title, text(trouble.text)])];
    parts.extend(action.map(|action| actions(vec![action])));
    parts.push(details(trouble.code, trouble.details));
    element("div", &[("class", "trouble-note"), ("role", "alert")], parts)
}

/// Folded details for support.
pub fn for_support(parts: Vec<AnyView>) -> AnyView {
    let mut all = vec![element("summary", &[], vec![text("Details for support")])];
    all.extend(parts);
    element("details", &[("class", "technical")], all)
}

fn details(code: &'static str, words: String) -> AnyView {
    let code = element("p", &[], vec![element("code", &[], vec![text(code)])]);
    for_support(vec![code, paragraph("", words)])
}
