//! The connection: who is signed in, whose record it is, what was shared, how long it holds.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::client::session::Signature;
use smartrust::protocol::scope::Scope;

use crate::components::data_section::{button, section, try_again};
use crate::components::draw::{element, link, nothing, paragraph, reactive, reactive_text, text};
use crate::components::gate::with_session;
use crate::components::load::{Load, Loading};
use crate::components::page::page;
use crate::components::trouble::{for_support, trouble_note};
use crate::launcher::{Launcher, OpenSession, Session};
use crate::model::ownership::Owner;
use crate::model::patient::{PatientBanner, name};
use crate::model::sharing::{Item, Sharing};
use crate::model::time_left::time_left;
use crate::model::trouble::{Audience, Trouble};
use crate::pages::record::{fact, load_banner, owner};

/// `/session`.
#[component]
pub fn SessionPage() -> impl IntoView {
    with_session(connection)
}

fn connection(session: OpenSession) -> AnyView {
    let launcher = expect_context::<Launcher>();
    let sharing = reactive(move || {
        launcher.track_changes();
        session.with_value(|session| show_sharing(session, launcher.audience(session)))
    });
    let stack = |parts| element("div", &[("class", "stack")], parts);
    let left = stack(vec![who_you_are(launcher, session), how_long(launcher, session)]);
    let right = stack(vec![patient_in_context(launcher, session), sharing]);
    let heading = element("h1", &[], vec![text("Your connection")]);
    page("Connection", vec![heading, element("div", &[("class", "columns even")], vec![left, right])])
}

fn who_you_are(launcher: Launcher, session: OpenSession) -> AnyView {
    let user = session.get_value().fhir_user();
    let role = match user.as_ref().map(|user| user.resource_type.as_str()) {
        Some("Patient") => "Patient",
        Some("Practitioner" | "PractitionerRole") => "Clinic staff",
        Some("RelatedPerson") => "Relative or helper",
        Some(_) => "Somebody else",
        None => "Unknown",
    };
    let reference = user.map(|user| format!("{}/{}", user.resource_type, user.id));
    let load = Load::start(session, reference.is_some(), move |session, abort| {
        load_name(session, reference.clone().unwrap_or_default(), abort)
    });
    let user_name = reactive_text(move || match load.state() {
        Loading::Waiting => "…".to_owned(),
        Loading::Ready(Some(name)) => name,
        Loading::Ready(None) | Loading::Failed(_) | Loading::NotShared => "The clinic does not tell".to_owned(),
    });
    let checks = reactive(move || {
        launcher.track_changes();
        session.with_value(show_checks)
    });
    let facts = vec![fact("Name", user_name), fact("Signed in as", text(role))];
    let facts = element("dl", &[("class", "facts stacked")], facts);
    section("who", "Who you are", vec![facts, element("h3", &[], vec![text("What we checked")]), checks])
}

async fn load_name(session: Session, reference: String, abort: AbortSignal) -> Result<Option<String>, Error> {
    Ok(name(&session.read(&reference, &abort).await?))
}

/// How far one check came.
enum Outcome {
    Done,
    UnderWay,
    NotDone,
}

fn show_checks(session: &Session) -> AnyView {
    let Some(checked) = session.identity() else {
        return paragraph("absent", "The clinic did not say who signed in, so there was nothing to check.");
    };
    let identity = &checked.identity;
    let signature = match &checked.signature {
        Signature::Verified => (Outcome::Done, String::new()),
        Signature::Pending => (Outcome::UnderWay, String::new()),
        Signature::Unchecked(reason) => (Outcome::NotDone, format!(" ({reason})")),
    };
    let plain = |done: bool| (if done { Outcome::Done } else { Outcome::NotDone }, String::new());
    let checks = vec![
        show_check(signature, "The clinic's signature on your sign-in is genuine"),
        show_check(plain(identity.issuer_checked), "The sign-in comes from the clinic that was asked"),
        show_check(plain(identity.nonce_checked), "It answers the sign-in that this window began"),
    ];
    let details = vec![
        fact("Issuer", code(&identity.issuer)),
        fact("Subject", code(&identity.subject)),
        fact("fhirUser", code(identity.fhir_user.as_deref().unwrap_or("none"))),
    ];
    let details = for_support(vec![element("dl", &[("class", "facts stacked")], details)]);
    element("div", &[("class", "contents")], vec![element("ul", &[("class", "checks")], checks), details])
}

fn show_check((outcome, reason): (Outcome, String), what: &str) -> AnyView {
    let (class, state) = match outcome {
        Outcome::Done => ("check done", "Checked"),
        Outcome::UnderWay => ("check", "Being checked"),
        Outcome::NotDone => ("check open", "Could not be checked"),
    };
    let state = element("span", &[("class", "check-state")], vec![text(state)]);
    element("li", &[("class", class)], vec![state, element("span", &[], vec![text(format!("{what}{reason}"))])])
}

fn code(words: &str) -> AnyView {
    element("code", &[], vec![text(words)])
}

fn patient_in_context(launcher: Launcher, session: OpenSession) -> AnyView {
    let current = session.get_value();
    let parts = match owner(&current) {
        None => vec![paragraph("absent", "The clinic did not say whose record to show.")],
        Some(owner) => show_patient(session, owner, current.may_read("Patient"), launcher.audience(&current)),
    };
    section("patient", "Patient", parts)
}

fn show_patient(session: OpenSession, owner: Owner, is_shared: bool, audience: Audience) -> Vec<AnyView> {
    let number = element("p", &[("class", "hint")], vec![text("Number at the clinic: "), code(&owner.patient)]);
    let load: Load<PatientBanner> =
        Load::start(session, is_shared, move |session, abort| load_banner(session, owner.clone(), abort));
    let shown = reactive(move || match load.state() {
        Loading::NotShared => paragraph("absent", "Name and date of birth were not shared."),
        Loading::Waiting => paragraph("hint", "Loading…"),
        Loading::Ready(banner) => {
            let born = banner.birth_date.map(|born| format!("Born {born}")).unwrap_or_default();
            element("div", &[], vec![paragraph("banner-name", banner.name), paragraph("hint", born)])
        }
        Loading::Failed(error) => trouble_note(Trouble::of(&error, audience), Some(try_again(move || load.again()))),
    });
    vec![shown, number, element("p", &[], vec![link("", "/record", "Open the record")])]
}

fn show_sharing(session: &Session, audience: Audience) -> AnyView {
    let grant = session.scopes();
    let sharing = Sharing::read(&grant, session.can_refresh());
    let details: Vec<AnyView> = [
        scope_list("Requested", grant.requested.iter().collect()),
        scope_list("Granted", grant.granted.iter().collect()),
        scope_list("Granted in part", grant.narrowed()),
        scope_list("Granted without being requested", grant.extra()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let advice = match audience {
        Audience::Patient => "To share more or less, sign out and connect again.",
        Audience::Provider => "The clinic decides what this app may show to its staff.",
    };
    let withheld = match sharing.not_shared.is_empty() {
        true => paragraph("absent", "Nothing was left out."),
        false => show_items(sharing.not_shared, "items withheld"),
    };
    let details = for_support(vec![element("dl", &[], details)]);
    let shared = section("shared", "What was shared", vec![show_items(sharing.shared, "items shared"), details]);
    let not_shared = section("not-shared", "What was not shared", vec![withheld, paragraph("hint", advice)]);
    element("div", &[("class", "stack")], vec![shared, not_shared])
}

fn scope_list(name: &'static str, scopes: Vec<&Scope>) -> Option<AnyView> {
    let items: Vec<AnyView> = scopes.iter().map(|scope| element("li", &[], vec![code(scope.as_str())])).collect();
    (!items.is_empty()).then(|| fact(name, element("ul", &[("class", "scopes")], items)))
}

fn show_items(items: Vec<Item>, class: &'static str) -> AnyView {
    let items = items.into_iter().map(|item| {
        let part = if item.in_part { " (a part of it)" } else { "" };
        let mut parts = vec![element("span", &[], vec![text(format!("{}{part}", item.words))])];
        parts.extend(item.resource_type.map(|name| element("small", &[], vec![text(name)])));
        element("li", &[], parts)
    });
    element("ul", &[("class", class)], items.collect())
}

fn how_long(launcher: Launcher, session: OpenSession) -> AnyView {
    let audience = launcher.audience(&session.get_value());
    let outcome = RwSignal::new(None::<Result<(), Error>>);
    // A second press while a refresh is under way shares its outcome.
    let refresh = move || {
        outcome.set(None);
        let session = session.get_value();
        spawn_local(async move {
            let refreshed = session.refresh().await;
            outcome.try_set(Some(refreshed.map_err(Error::from)));
        });
    };
    let navigate = use_navigate();
    let sign_out = move || {
        navigate("/", Default::default());
        spawn_local(launcher.sign_out(session.get_value()));
    };
    let told = reactive(move || match outcome.get() {
        None => nothing(),
        Some(Ok(())) => paragraph("hint", "The connection was renewed."),
        Some(Err(error)) => trouble_note(Trouble::of(&error, audience), None),
    });
    let renewal = match session.with_value(|session| session.can_refresh()) {
        true => "It is renewed by itself while you look at the record. Sign out when you are done.",
        false => "It cannot be renewed. Afterwards, connect again.",
    };
    let buttons = vec![button("", "Refresh now", Box::new(refresh)), button("quiet", "Sign out", Box::new(sign_out))];
    let parts = vec![
        element("p", &[("class", "time-left")], vec![time_text(launcher, session)]),
        paragraph("hint", renewal),
        element("div", &[("class", "actions")], buttons),
        element("div", &[("aria-live", "polite")], vec![told]),
    ];
    section("how-long", "How long it holds", parts)
}

fn time_text(launcher: Launcher, session: OpenSession) -> AnyView {
    let now = RwSignal::new(launcher.now());
    let ticking = set_interval_with_handle(move || now.set(launcher.now()), Duration::from_secs(5));
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
    reactive_text(move || {
        launcher.track_changes();
        match session.with_value(|session| session.expires_at()) {
            None => "The clinic does not say.".to_owned(),
            Some(expires_at) => match time_left(expires_at - now.get()) {
                None => "It has run out.".to_owned(),
                Some(span) => format!("{span} left"),
            },
        }
    })
}
