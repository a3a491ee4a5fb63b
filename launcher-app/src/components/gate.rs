//! Shows a page only with a session; otherwise says why there is none.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use smartrust::{Error, Failure};

use super::draw::{element, link, nothing, paragraph, reactive, text};
use super::own_window::own_window;
use super::page::page;
use super::section::{actions, button, try_again};
use super::sessions::other_sessions;
use super::trouble::{trouble_note, trouble_panel};
use crate::launcher::{Launcher, OpenSession, Session, State, needs_own_window};
use crate::model::kept::{FOR_THIS_VISIT, is_about_keeping, is_over};
use crate::model::trouble::{Action, Audience, Trouble, start_again};

/// Shows `page` with the open session; otherwise the reason why there is none.
pub fn with_session(page: fn(OpenSession) -> AnyView) -> AnyView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    reactive(move || match launcher.state() {
        State::Unknown | State::Resuming => waiting("One moment, please…"),
        State::Open(session) => page(StoredValue::new_local(session)),
        State::TimedOut { session, cleared } => timed_out_page(session, cleared),
        State::None | State::Failed(_) if needs_own_window() => own_window(),
        State::None | State::SignedOut { .. } => not_connected(),
        State::Ended { reason, session } => ended_page(&reason, session),
        State::Failed(error) => failure_page(Trouble::of(&error, Audience::Patient), move || launcher.resume()),
    })
}

/// A page that reports a failure, with the action that helps.
pub fn failure_page(trouble: Trouble, again: impl Fn() + 'static) -> AnyView {
    let (title, action) = (trouble.title, trouble.action);
    let ways = match action {
        Action::TryAgain => vec![try_again(again), home_link("button quiet")],
        Action::StartAgain | Action::AskForHelp => vec![home_link("button")],
    };
    page(title, vec![trouble_panel(trouble, ways), other_sessions()])
}

/// The page for a session that ended. A patient can connect again to the same record.
pub fn ended_page(reason: &Error, session: Session) -> AnyView {
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

/// The page for a session that timed out.
pub fn timed_out_page(session: Session, cleared: bool) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let audience = launcher.audience(&session);
    let mut parts = vec![element("h1", &[], vec![text("You were signed out")])];
    parts.extend(timeout_message(launcher, &session, cleared).into_iter().map(|words| paragraph("", words)));
    parts.push(match audience {
        Audience::Patient => connect_again(launcher, session),
        Audience::Provider => nothing(),
    });
    parts.push(actions(vec![home_link("button quiet")]));
    let card = element("div", &[("class", "card narrow"), ("role", "status")], parts);
    page("Signed out", vec![card, other_sessions()])
}

/// The message for a session that timed out.
pub fn timeout_message(launcher: Launcher, session: &Session, cleared: bool) -> [String; 3] {
    let time = launcher.idle_limit(session).map_or_else(|| "a while".to_owned(), |limit| limit.in_words());
    let rest = match cleared {
        true => "Nothing of the record is left in this window.",
        false => "This browser did not let us clear everything away: please close this window.",
    };
    [
        format!("Nothing happened here for {time}. To keep the record private, the connection was ended."),
        rest.to_owned(),
        start_again(launcher.audience(session)).to_owned(),
    ]
}

/// A button that connects again for the same data. A device that stayed connected does so again, and if it still is, the record opens without a
/// sign-in.
pub fn connect_again(launcher: Launcher, session: Session) -> AnyView {
    let session = StoredValue::new_local(session);
    let failure = RwSignal::new(None::<Failure>);
    let navigate = use_navigate();
    let connect = move |keeps: bool| {
        failure.set(None);
        let (session, navigate) = (session.get_value(), navigate.clone());
        spawn_local(async move {
            let outcome = match launcher.connection_of(&session).filter(|_| !session.is_active()) {
                Some(connection) => match launcher.open_connection(&connection).await {
                    Ok(()) => {
                        navigate("/record", NavigateOptions::default());
                        Ok(())
                    }
                    // The connection is gone, too, so only a sign-in helps.
                    Err(error) if is_over(&error) => launcher.launch_again(session, None, keeps).await,
                    failed => failed,
                },
                None => launcher.launch_again(session, None, keeps).await,
            };
            if let Err(error) = outcome {
                failure.try_set(Some(error));
            }
        });
    };
    let for_this_visit = connect.clone();
    let outcome = reactive(move || match failure.get() {
        Some(error) if is_about_keeping(&error) => {
            let trouble = Trouble { text: FOR_THIS_VISIT.to_owned(), ..Trouble::of(&error, Audience::Patient) };
            let connect = for_this_visit.clone();
            let only = button("", "Connect for this visit only", Box::new(move || connect(false)));
            trouble_note(trouble, Some(only))
        }
        Some(error) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        None => nothing(),
    });
    let press = move || connect(session.with_value(|session| session.is_kept()));
    let button = actions(vec![button("", "Connect again", Box::new(press))]);
    element("div", &[("class", "contents")], vec![button, outcome])
}

/// A page that shows that something is loading.
pub fn waiting(words: &'static str) -> AnyView {
    let heading = element("h1", &[("class", "waiting"), ("role", "status")], vec![text(words)]);
    page("One moment", vec![heading])
}

/// A page with a short text and a link to the start page.
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
