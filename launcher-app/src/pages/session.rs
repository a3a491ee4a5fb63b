//! The connection page: the user, the patient, what was shared, and when it expires.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use smartrust::Failure;
use smartrust::client::session::Signature;
use smartrust::protocol::scope::Scope;

use crate::components::connect::connect_another;
use crate::components::connections::connections;
use crate::components::draw::{element, link, nothing, paragraph, reactive, reactive_text, text};
use crate::components::gate::{connect_again, with_session};
use crate::components::page::page;
use crate::components::people::{patient_line, user_name};
use crate::components::section::{absent, button, fact, facts, section};
use crate::components::sessions::other_sessions;
use crate::components::trouble::{for_support, trouble_note};
use crate::launcher::{Launcher, OpenSession, Session};
use crate::model::sharing::{Item, Sharing};
use crate::model::time_left::time_left;
use crate::model::trouble::{Audience, Trouble};
use crate::place::on_host;

/// `/session`.
pub fn session() -> AnyView {
    with_session(connection)
}

fn connection(session: OpenSession) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let sharing = reactive(move || {
        launcher.track_changes();
        session.with_value(|session| show_sharing(launcher, session))
    });
    let stack = |parts| element("div", &[("class", "stack")], parts);
    let left = stack(vec![time_left_section(launcher, session), who_you_are(launcher, session)]);
    let right = stack(vec![patient_in_context(session), sharing]);
    let heading = element("h1", &[], vec![text("Your connection")]);
    let columns = element("div", &[("class", "columns")], vec![left, right]);
    page(
        "Connection",
        vec![heading, columns, connections(None), other_sessions(), element("p", &[], vec![connect_another()])],
    )
}

fn who_you_are(launcher: Launcher, session: OpenSession) -> AnyView {
    let user = session.with_value(|session| session.fhir_user());
    let role = match user.as_ref().map(|user| user.resource_type.as_str()) {
        Some("Patient") => "Patient",
        Some("Practitioner" | "PractitionerRole") => "Clinic staff",
        Some("RelatedPerson") => "Relative or helper",
        Some(_) => "Someone else",
        None => "Unknown",
    };
    let checks = reactive(move || {
        launcher.track_changes();
        session.with_value(show_checks)
    });
    let facts = facts("facts stacked", vec![fact("Name", user_name(session)), fact("Signed in as", text(role))]);
    section("who", "Who you are", vec![facts, element("h3", &[], vec![text("What we checked")]), checks])
}

/// The result of a check.
enum Outcome {
    Done,
    UnderWay,
    NotDone,
}

fn show_checks(session: &Session) -> AnyView {
    let Some(checked) = session.identity() else {
        return absent("The clinic did not say who signed in, so there was nothing to check.");
    };
    let identity = &checked.identity;
    let signature = match &checked.signature {
        Signature::Verified => (Outcome::Done, String::new()),
        Signature::Pending => (Outcome::UnderWay, String::new()),
        Signature::Unchecked(reason) => (Outcome::NotDone, reason.clone()),
    };
    let plain = |done: bool| (if done { Outcome::Done } else { Outcome::NotDone }, String::new());
    let reason = signature.1.clone();
    let checks = vec![
        show_check(signature.0, "The clinic's signature on your sign-in is genuine"),
        show_check(plain(identity.issuer_checked).0, "The sign-in comes from the clinic that was asked"),
        show_check(plain(identity.nonce_checked).0, "The sign-in was started in this window"),
    ];
    let mut details = vec![
        fact("Issuer", code(&identity.issuer)),
        fact("Subject", code(&identity.subject)),
        fact("fhirUser", code(identity.fhir_user.as_deref().unwrap_or("none"))),
    ];
    if !reason.is_empty() {
        details.push(fact("Signature", text(reason)));
    }
    let details = for_support(vec![facts("facts stacked", details)]);
    element("div", &[("class", "contents")], vec![element("ul", &[("class", "checks")], checks), details])
}

fn show_check(outcome: Outcome, what: &'static str) -> AnyView {
    let (class, state) = match outcome {
        Outcome::Done => ("check done", "Checked"),
        Outcome::UnderWay => ("check", "Being checked"),
        Outcome::NotDone => ("check open", "Could not be checked"),
    };
    let state = element("span", &[("class", "check-state")], vec![text(state)]);
    element("li", &[("class", class)], vec![state, element("span", &[], vec![text(what)])])
}

fn code(words: &str) -> AnyView {
    element("code", &[], vec![text(words)])
}

fn patient_in_context(session: OpenSession) -> AnyView {
    let parts = match session.with_value(|session| session.patient()) {
        None => vec![absent("The clinic did not say whose record to show.")],
        Some(id) => {
            let name = patient_line(session, "Name and date of birth were not shared.".to_owned());
            let number = element("p", &[("class", "hint")], vec![text("Number at the clinic: "), code(&id)]);
            let open = element("p", &[], vec![link("", "/record", "Open the record")]);
            vec![element("p", &[("class", "banner-name")], vec![name]), number, open]
        }
    };
    section("patient", "Patient", parts)
}

fn show_sharing(launcher: Launcher, session: &Session) -> AnyView {
    let grant = session.scopes();
    let audience = launcher.audience(session);
    let sharing = Sharing::read(&grant, session.can_refresh(), audience);
    let details: Vec<AnyView> = [
        scope_list("Requested", grant.requested.iter().collect()),
        scope_list("Granted", grant.granted.iter().collect()),
        scope_list("Granted in part", grant.narrowed()),
        scope_list("Granted without being requested", grant.extra()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let is_all = sharing.not_shared.is_empty();
    let mut withheld = vec![match is_all {
        true => absent("Nothing was left out."),
        false => show_items(sharing.not_shared, "items withheld"),
    }];
    match audience {
        Audience::Patient if is_all => {}
        Audience::Patient => {
            withheld.push(paragraph("hint", "To share more or less, connect again."));
            withheld.push(connect_again(launcher, session.clone()));
        }
        Audience::Provider => {
            withheld.push(paragraph("hint", "The clinic decides what this app may show to its staff."));
        }
    }
    let details = for_support(vec![facts("", details)]);
    let mut shared = vec![show_items(sharing.shared, "items shared")];
    shared.extend(session.management_endpoint().map(|page| element("p", &[], vec![manage_access(page.as_str())])));
    shared.push(details);
    let shared = section("shared", "What was shared", shared);
    let not_shared = section("not-shared", "What was not shared", withheld);
    element("div", &[("class", "stack")], vec![shared, not_shared])
}

fn manage_access(address: &str) -> AnyView {
    let attributes = [("href", address), ("target", "_blank"), ("rel", "noopener noreferrer")];
    element("a", &attributes, vec![text("Manage access at your provider")])
}

fn scope_list(name: &'static str, scopes: Vec<&Scope>) -> Option<AnyView> {
    let items: Vec<AnyView> = scopes.iter().map(|scope| element("li", &[], vec![code(scope.as_str())])).collect();
    (!items.is_empty()).then(|| fact(name, element("ul", &[("class", "plain-list")], items)))
}

fn show_items(items: Vec<Item>, class: &'static str) -> AnyView {
    let items = items.into_iter().map(|item| {
        let mut parts = vec![element("span", &[], vec![text(item.words)])];
        parts.extend(item.resource_type.map(|name| element("small", &[], vec![text(name)])));
        element("li", &[], parts)
    });
    element("ul", &[("class", class)], items.collect())
}

fn time_left_section(launcher: Launcher, session: OpenSession) -> AnyView {
    let navigate = use_navigate();
    let sign_out = move || {
        // The page, which owns the session, may be gone after the navigation.
        let session = session.get_value();
        // The start page's path ends with a slash, which the router would remove below a path.
        navigate(&on_host("/"), NavigateOptions { resolve: false, ..NavigateOptions::default() });
        spawn_local(launcher.sign_out(session));
    };
    let can_refresh = session.with_value(|session| session.can_refresh());
    let renewal = match can_refresh {
        true => "It is renewed automatically while you use the record. Sign out when you are done.",
        false => "It cannot be renewed. Afterwards, connect again.",
    };
    let (failure, is_renewed) = (RwSignal::new(None::<Failure>), RwSignal::new(false));
    let refresh = can_refresh.then(|| refresh_button(session, failure, is_renewed));
    let mut buttons: Vec<AnyView> = refresh.into_iter().collect();
    buttons.push(button("quiet", "Sign out", Box::new(sign_out)));
    let audience = launcher.audience(&session.get_value());
    let outcome = reactive(move || match (failure.get(), is_renewed.get()) {
        (Some(error), _) => trouble_note(Trouble::of(&error, audience), None),
        (None, true) => paragraph("hint", "The connection was renewed."),
        (None, false) => nothing(),
    });
    let parts = vec![
        element("p", &[("class", "time-left")], vec![time_text(launcher, session)]),
        paragraph("hint", renewal),
        match session.with_value(|session| session.is_kept()) {
            true => paragraph(
                "hint",
                "This device stays connected: you can open the record again without a sign-in. To end that, disconnect it below.",
            ),
            false => nothing(),
        },
        element("div", &[("class", "actions")], buttons),
        element("div", &[("aria-live", "polite")], vec![outcome]),
    ];
    section("time-left", "Time left", parts)
}

fn refresh_button(session: OpenSession, failure: RwSignal<Option<Failure>>, is_renewed: RwSignal<bool>) -> AnyView {
    let is_running = RwSignal::new(false);
    let refresh = move |_| {
        failure.set(None);
        is_renewed.set(false);
        is_running.set(true);
        let session = session.get_value();
        spawn_local(async move {
            let refreshed = session.refresh().await;
            is_running.try_set(false);
            is_renewed.try_set(refreshed.is_ok());
            failure.try_set(refreshed.err());
        });
    };
    view! { <button type="button" disabled=move || is_running.get() on:click=refresh>"Refresh now"</button> }.into_any()
}

fn time_text(launcher: Launcher, session: OpenSession) -> AnyView {
    let ticks = RwSignal::new(0_usize);
    let tick = move || {
        ticks.try_update(|count| *count += 1);
    };
    let timer = set_interval_with_handle(tick, Duration::from_secs(5));
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    reactive_text(move || {
        launcher.track_changes();
        ticks.track();
        match session.with_value(|session| session.expires_at()) {
            None => "The clinic does not say.".to_owned(),
            Some(expires_at) => match time_left(expires_at - launcher.now()) {
                None => "It has expired.".to_owned(),
                Some(span) => format!("{span} left"),
            },
        }
    })
}
