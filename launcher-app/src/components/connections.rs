//! The records that this device can open without a sign-in: opened and disconnected, and whose record is open.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use smartrust::Failure;
use smartrust::client::keep::Connection;

use super::connect::ConnectForm;
use super::draw::{element, link, nothing, paragraph, reactive, text};
use super::keep::names_box;
use super::page::focus;
use super::section::{actions, button_about, section};
use super::trouble::trouble_note;
use crate::launcher::{Launcher, State, local_day, today};
use crate::model::kept::{MAY_BE_FORGOTTEN, disconnected, last_visit, person};
use crate::model::trouble::{Audience, Trouble};

/// The result of the last button.
#[derive(Clone, Copy)]
struct Outcome {
    opening: RwSignal<Option<String>>,
    failed: RwSignal<Option<Failure>, LocalStorage>,
    done: RwSignal<Option<String>>,
}

/// The list of connections, and the result of the last button. `form` is that of the same page, if it has one.
pub fn connections(form: Option<ConnectForm>) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let outcome =
        Outcome { opening: RwSignal::new(None), failed: RwSignal::new_local(None), done: RwSignal::new(None) };
    let list = reactive(move || {
        let all = launcher.connections();
        if all.is_empty() {
            return nothing();
        }
        let may_be_forgotten = all.iter().any(|connection| connection.is_persistent == Some(false));
        let items = all.into_iter().map(|connection| item(launcher, connection, outcome)).collect();
        let mut parts = vec![element("ul", &[("class", "entries")], items)];
        parts.extend(may_be_forgotten.then(|| paragraph("hint", MAY_BE_FORGOTTEN)));
        parts.push(names_box(launcher));
        section("connections", "Your records on this device", parts)
    });
    let said = reactive(move || {
        if let Some((connection, reason)) = launcher.connection_over() {
            return over(launcher, form, &connection, &reason);
        }
        match (outcome.failed.get(), outcome.done.get()) {
            (Some(failure), _) => trouble_note(Trouble::of(&failure, Audience::Patient), None),
            (None, Some(words)) => element("div", &[("class", "standing")], vec![paragraph("", words)]),
            (None, None) => nothing(),
        }
    });
    let said = element("div", &[("aria-live", "polite"), ("class", "without-box")], vec![said]);
    element("div", &[("class", "without-box")], vec![said, list])
}

/// The message for a connection that is over, with the way to the form for the same clinic.
fn over(launcher: Launcher, form: Option<ConnectForm>, connection: &Connection, reason: &Failure) -> AnyView {
    let trouble = Trouble::of_ended(reason, Audience::Patient);
    let whose = format!("{}, {}: {}", person(connection), clinic(launcher, connection), trouble.text);
    let again = launcher.clinic_of(connection);
    let connect = match form {
        Some(form) => view! {
            <a class="button" href="#connect" rel="external" on:click=move |_| again.clone().into_iter().for_each(|clinic| form.choose(clinic))>
                "Connect again"
            </a>
        }
        .into_any(),
        None => link("button", "/", "Connect again"),
    };
    trouble_note(Trouble { text: whose, ..trouble }, Some(connect))
}

fn clinic(launcher: Launcher, connection: &Connection) -> String {
    launcher.label_of_server(connection.server.as_deref()).unwrap_or_else(|| "your clinic".to_owned())
}

fn item(launcher: Launcher, connection: Connection, outcome: Outcome) -> AnyView {
    let (who, clinic) = (person(&connection), clinic(launcher, &connection));
    let id = connection.id.clone();
    let is_shown = matches!(launcher.state(), State::Open(session) if session.id() == id);
    let visit = last_visit(local_day(connection.last_used), today());
    let about = format!("{who}, {clinic}");
    let first = match is_shown {
        true => link("button", "/record", "Show the open record"),
        false => open_button(launcher, connection.clone(), &about, outcome),
    };
    let remove = disconnect_button(launcher, connection, &about, outcome);
    let line = |words: String| element("p", &[("class", "entry-line")], vec![text(words)]);
    let mut parts = vec![element("strong", &[], vec![text(who)]), line(format!("From {clinic}"))];
    parts.push(match is_shown {
        true => line("Open now in this window".to_owned()),
        false => line(visit),
    });
    let opening = reactive(move || match outcome.opening.get() {
        Some(opening) if opening == id => paragraph("hint", "Opening…"),
        _ => nothing(),
    });
    parts.push(actions(vec![first, remove]));
    parts.push(element("div", &[("role", "status")], vec![opening]));
    let attributes: &[_] = if is_shown { &[("aria-current", "true")] } else { &[] };
    element("li", attributes, parts)
}

fn open_button(launcher: Launcher, connection: Connection, about: &str, outcome: Outcome) -> AnyView {
    let navigate = use_navigate();
    let connection = StoredValue::new_local(connection);
    let open = move || {
        let (navigate, connection) = (navigate.clone(), connection.get_value());
        if outcome.opening.get_untracked().is_some() {
            return;
        }
        outcome.failed.set(None);
        outcome.done.set(None);
        outcome.opening.set(Some(connection.id.clone()));
        spawn_local(async move {
            let opened = launcher.open_connection(&connection).await;
            outcome.opening.try_set(None);
            match opened {
                Ok(()) => navigate("/record", Default::default()),
                Err(failure) => drop(outcome.failed.try_set(Some(failure))),
            }
        });
    };
    button_about("", "Open", about, Box::new(open))
}

fn disconnect_button(launcher: Launcher, connection: Connection, about: &str, outcome: Outcome) -> AnyView {
    let connection = StoredValue::new_local(connection);
    let disconnect = move || {
        let connection = connection.get_value();
        // Its clinic may be forgotten with it.
        let clinic = clinic(launcher, &connection);
        outcome.failed.set(None);
        outcome.done.set(None);
        focus("content");
        spawn_local(async move {
            match launcher.disconnect(&connection).await {
                Ok(result) => {
                    let words = disconnected(&person(&connection), &clinic, &result);
                    outcome.done.try_set(Some(words));
                }
                Err(failure) => drop(outcome.failed.try_set(Some(failure))),
            }
        });
    };
    button_about("quiet", "Disconnect", about, Box::new(disconnect))
}
