//! The records that are open in this window.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::draw::{element, nothing, reactive, text};
use super::page::focus;
use super::people::patient_line;
use super::section::{actions, button_about, section};
use crate::launcher::{Launcher, Session, State};

/// The open records other than the one that is shown, and those in the list of connections.
pub fn other_sessions() -> AnyView {
    let launcher = expect_context::<Launcher>();
    reactive(move || {
        let shown = match launcher.state() {
            State::Open(session) | State::Ended { session, .. } => Some(session.id().to_owned()),
            State::Resuming => return nothing(),
            _ => None,
        };
        let is_listed = |session: &Session| launcher.connections().iter().any(|one| one.id == session.id());
        let others = launcher.all_sessions().into_iter().filter(|session| Some(session.id()) != shown.as_deref());
        let others = others.filter(|session| !is_listed(session));
        let items: Vec<AnyView> = others.map(|session| item(launcher, session)).collect();
        let heading = if shown.is_some() { "Other open records" } else { "Open records" };
        match items.is_empty() {
            true => nothing(),
            false => section("open-records", heading, vec![element("ul", &[("class", "entries")], items)]),
        }
    })
}

fn item(launcher: Launcher, session: Session) -> AnyView {
    let open = StoredValue::new_local(session.clone());
    let number = session.patient().map_or_else(|| "No patient".to_owned(), |id| format!("Patient number {id}"));
    let from = launcher
        .label(&session)
        .map(|label| element("p", &[("class", "entry-line")], vec![text(format!("From {label}"))]));
    let name = patient_line(open, number.clone());
    let navigate = use_navigate();
    let pick = move || {
        let (navigate, session) = (navigate.clone(), open.get_value());
        spawn_local(async move {
            launcher.switch_to(session).await;
            navigate("/record", Default::default());
        });
    };
    let sign_out = move || {
        focus("content");
        spawn_local(launcher.sign_out(open.get_value()));
    };
    let mut parts = vec![element("strong", &[], vec![name])];
    parts.extend(from);
    parts.push(actions(vec![
        button_about("", "Open this record", &number, Box::new(pick)),
        button_about("quiet", "Sign out", &number, Box::new(sign_out)),
    ]));
    element("li", &[], parts)
}
