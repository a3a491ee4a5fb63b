//! Lets a page in only with a session, and says why where there is none.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::{Error, Failure};

use super::draw::{element, link, nothing, paragraph, reactive, text};
use super::page::page;
use super::section::{actions, button, try_again};
use super::sessions::other_sessions;
use super::trouble::{trouble_note, trouble_panel};
use crate::launcher::{Launcher, OpenSession, Session, State};
use crate::model::trouble::{Audience, Trouble, WayOn};

/// Shows `page` with the session that stands; else what became of it.
pub fn with_session(page: fn(OpenSession) -> AnyView) -> AnyView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    reactive(move || match launcher.state() {
        State::Unknown | State::Looking => waiting("One moment, please…"),
        State::Open(session) => page(StoredValue::new_local(session)),
        State::None | State::SignedOut { .. } => not_connected(),
        State::Ended { reason, session } => ended(&reason, session),
        State::Failed(error) => told(Trouble::of(&error, Audience::Patient), move || launcher.resume()),
    })
}

/// A page of nothing but a failure, with the way on that helps.
pub fn told(trouble: Trouble, again: impl Fn() + 'static) -> AnyView {
    let (title, way_on) = (trouble.title, trouble.way_on);
    let ways = match way_on {
        WayOn::TryAgain => vec![try_again(again), home_link("button quiet")],
        WayOn::StartAgain | WayOn::AskForHelp => vec![home_link("button")],
    };
    page(title, vec![trouble_panel(trouble, ways), other_sessions()])
}

/// The page of a session that ended by itself: connect again in the same context.
pub fn ended(reason: &Error, session: Session) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let audience = launcher.audience(&session);
    let trouble = Trouble::of_ended(reason, audience);
    let title = trouble.title;
    let ways = match audience {
        Audience::Patient => vec![connect_again(launcher, session), home_link("button quiet")],
        Audience::Provider => vec![home_link("button")],
    };
    page(title, vec![trouble_panel(trouble, ways), other_sessions()])
}

/// Asks the session's clinic once more for what it was asked before.
pub fn connect_again(launcher: Launcher, session: Session) -> AnyView {
    let session = StoredValue::new_local(session);
    let failure = RwSignal::new(None::<Failure>);
    let connect = move || {
        failure.set(None);
        spawn_local(async move {
            if let Err(error) = launcher.ask_again(session.get_value(), None).await {
                failure.try_set(Some(error));
            }
        });
    };
    let outcome = reactive(move || match failure.get() {
        Some(error) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        None => nothing(),
    });
    let button = actions(vec![button("", "Connect again", Box::new(connect))]);
    element("div", &[("class", "contents")], vec![button, outcome])
}

/// A page that waits, and what for.
pub fn waiting(words: &'static str) -> AnyView {
    let heading = element("h1", &[("class", "waiting"), ("role", "status")], vec![text(words)]);
    page("One moment", vec![heading])
}

/// A page of a few words and the way to the start.
pub fn short_page(title: &'static str, heading: &'static str, words: &[&'static str]) -> AnyView {
    let mut parts = vec![element("h1", &[], vec![text(heading)])];
    parts.extend(words.iter().map(|words| paragraph("", *words)));
    parts.push(element("div", &[("class", "actions")], vec![home_link("button")]));
    page(title, vec![element("div", &[("class", "card narrow")], parts), other_sessions()])
}

fn home_link(class: &'static str) -> AnyView {
    link(class, "/", "Go to the start page")
}

fn not_connected() -> AnyView {
    let mut words = vec!["To see a record here, connect to the clinic first."];
    if expect_context::<Launcher>().opens_from_charts() {
        words.push("If you work at a clinic, open this app from the patient's chart.");
    }
    short_page("Not connected", "No record is open", &words)
}
