//! Lets a page in only with a session, and says why where there is none.

use leptos::prelude::*;

use super::draw::{element, link, paragraph, reactive, text};
use super::page::page;
use super::trouble::trouble_panel;
use crate::launcher::{Launcher, OpenSession, State};
use crate::model::trouble::{Audience, Trouble};

/// Shows `page` with the session that stands; else what became of it.
pub fn with_session(page: fn(OpenSession) -> AnyView) -> AnyView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    reactive(move || match launcher.state() {
        State::Unknown | State::Looking => waiting("One moment, please…"),
        State::Open(session) => page(StoredValue::new_local(session)),
        State::None | State::SignedOut { .. } => not_connected(),
        State::Ended { reason, audience } => told(Trouble::of_ended(&reason, audience)),
        State::Failed(error) => told(Trouble::of(&error, Audience::Patient)),
    })
}

/// A page of nothing but a failure and the way to the start.
pub fn told(trouble: Trouble) -> AnyView {
    let title = trouble.title;
    page(title, vec![trouble_panel(trouble, home_link())])
}

/// A page that waits, and what for.
pub fn waiting(words: &'static str) -> AnyView {
    page("One moment", vec![element("p", &[("class", "waiting"), ("role", "status")], vec![text(words)])])
}

/// A page of a few words and the way to the start.
pub fn short_page(title: &'static str, heading: &'static str, words: &[&'static str]) -> AnyView {
    let mut parts = vec![element("h1", &[], vec![text(heading)])];
    parts.extend(words.iter().map(|words| paragraph("", *words)));
    parts.push(element("div", &[("class", "actions")], vec![home_link()]));
    page(title, vec![element("div", &[("class", "card narrow")], parts)])
}

fn home_link() -> AnyView {
    link("button", "/", "Go to the start page")
}

fn not_connected() -> AnyView {
    let mut words = vec!["To see a record here, connect to the clinic first."];
    if expect_context::<Launcher>().opens_from_charts() {
        words.push("If you work at a clinic, open this app from the patient's chart.");
    }
    short_page("Not connected", "No record is open", &words)
}
