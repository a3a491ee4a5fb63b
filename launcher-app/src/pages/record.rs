//! The record page: the patient, and each kind of data.

use std::time::Duration;

use leptos::prelude::*;

use crate::components::chart_context::chart_context;
use crate::components::draw::{element, nothing, paragraph, reactive, reactive_text, text};
use crate::components::gate::{failure_page, with_session};
use crate::components::keep::not_kept_note;
use crate::components::load::Load;
use crate::components::page::{focus, page};
use crate::components::people::{banner, label_connection, load_patient};
use crate::components::record_load::RecordLoad;
use crate::components::record_part::{contents_of_the_page, record_part};
use crate::components::section::{actions, button};
use crate::components::switcher::switcher;
use crate::launcher::{Launcher, OpenSession};
use crate::model::kinds::{KINDS, NOT_ASKED_FOR};
use crate::model::trouble::{Audience, Trouble, start_again};

/// `/record`.
pub fn record() -> AnyView {
    with_session(record_of)
}

fn record_of(session: OpenSession) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let current = session.get_value();
    let audience = launcher.audience(&current);
    if current.patient().is_none() {
        return failure_page(Trouble::no_patient(audience), || {});
    }
    // The EHR may show the patient around this window. Unless it says so, the banner is shown here.
    let has_banner = current.context().need_patient_banner != Some(false);
    let patient = has_banner.then(|| load_patient(session));
    if let Some(patient) = patient {
        label_connection(launcher, session, patient);
    }
    let load = RecordLoad::start(launcher, session);
    let all_again = move || {
        load.reload_failed();
        patient.into_iter().for_each(Load::reload_if_failed);
    };
    when_online_again(launcher, all_again);

    let heading = if audience == Audience::Patient { "Your health record" } else { "Health record" };
    let mut aside: Vec<AnyView> = Vec::new();
    aside.extend(launcher.label(&current).map(|label| paragraph("origin", format!("From {label}"))));
    aside.extend(chart_context(session));
    aside.push(progress(load));
    let head = vec![element("h1", &[], vec![text(heading)]), element("div", &[], aside)];
    let parts = KINDS.iter().enumerate().map(|(index, kind)| record_part(index, kind, load, session));
    let parts = parts.chain([paragraph("hint", NOT_ASKED_FOR)]);
    let mut all = vec![element("div", &[("class", "page-head")], head)];
    all.extend(patient.map(|patient| switcher(launcher, session, patient)));
    all.extend(patient.map(|patient| banner(patient, session, audience)));
    if !current.is_stored() {
        all.push(not_stored_note(audience));
    }
    all.push(not_kept_note(&current));
    all.push(expired_note(session, audience));
    all.push(reactive(move || {
        let is_unreachable = load.unreachable() > 0 || patient.is_some_and(Load::is_unreachable);
        if is_unreachable { unreachable_note(all_again) } else { nothing() }
    }));
    all.push(element(
        "div",
        &[("class", "with-ways")],
        vec![contents_of_the_page(load), element("div", &[("class", "record")], parts.collect())],
    ));
    page("Record", all)
}

/// The progress. It disappears when everything is loaded.
fn progress(load: RecordLoad) -> AnyView {
    let words = reactive_text(move || load.summary().sentence());
    let words = element("p", &[("class", "progress"), ("role", "status")], vec![words]);
    view! { <div class:done=move || load.summary().is_complete()>{words}</div> }.into_any()
}

/// A warning that the session is lost with the page, because it could not be stored.
fn not_stored_note(audience: Audience) -> AnyView {
    let again = match audience {
        Audience::Patient => "you need to connect again",
        Audience::Provider => "open the app again from the patient's chart",
    };
    let words = format!("This browser did not keep your sign-in. If you close or reload this page, {again}.");
    let strong = element("strong", &[], vec![text("You are signed in on this page only. ")]);
    let note = element("p", &[], vec![strong, text(&words)]);
    element("div", &[("class", "trouble-note"), ("role", "status")], vec![note])
}

/// A note when the session expires while its record is shown.
fn expired_note(session: OpenSession, audience: Audience) -> AnyView {
    let is_over = RwSignal::new(false);
    let check = move || {
        if let Some(is_active) = session.try_with_value(|session| session.is_active()) {
            is_over.try_set(!is_active);
        }
    };
    let timer = set_interval_with_handle(check, Duration::from_secs(5));
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    let is_over = Memo::new(move |_| is_over.get());
    reactive(move || {
        if !is_over.get() {
            return nothing();
        }
        let strong = element("strong", &[], vec![text("Your time is up. ")]);
        let words = format!("What you see was loaded before. Nothing new can be loaded. {}", start_again(audience));
        let note = element("p", &[], vec![strong, text(&words)]);
        element("div", &[("class", "trouble-note"), ("role", "status")], vec![note])
    })
}

/// One report for all parts that failed because the server is unreachable.
fn unreachable_note(all_again: impl Fn() + 'static) -> AnyView {
    let words = "The clinic could not be reached, so a part of the record is missing. You are still connected: try again in a moment.";
    let strong = element("strong", &[], vec![text("No connection to the clinic. ")]);
    let again = move || {
        focus("content");
        all_again();
    };
    let again = button("", "Try all again", Box::new(again));
    let parts = vec![element("p", &[], vec![strong, text(words)]), actions(vec![again])];
    element("div", &[("class", "trouble-note"), ("role", "alert")], parts)
}

fn when_online_again(launcher: Launcher, all_again: impl Fn() + 'static) {
    Effect::new(move |was_online: Option<bool>| {
        let is_online = launcher.is_online();
        if is_online && was_online == Some(false) {
            all_again();
        }
        is_online
    });
}
