//! The connection: who is signed in, whose record it is, what was shared, how long it holds.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::client::session::Signature;
use smartrust::protocol::scope::Scope;

use crate::components::gate::with_session;
use crate::components::load::{Load, Loading};
use crate::components::page::Page;
use crate::components::trouble::TroubleNote;
use crate::launcher::{Launcher, OpenSession, Session};
use crate::model::ownership::Owner;
use crate::model::patient::{PatientBanner, name};
use crate::model::sharing::{Item, Sharing};
use crate::model::time_left::time_left;
use crate::model::trouble::{Audience, Trouble};
use crate::pages::record::{load_banner, owner};

/// `/session`.
#[component]
pub fn SessionPage() -> impl IntoView {
    with_session(connection)
}

fn connection(session: OpenSession) -> AnyView {
    view! {
        <Page title="Connection">
            <div class="page-head"><h1>"Your connection"</h1></div>
            <div class="columns even">
                <div class="stack">
                    <WhoYouAre session/>
                    <HowLong session/>
                </div>
                <div class="stack">
                    <PatientInContext session/>
                    <WhatWasShared session/>
                </div>
            </div>
        </Page>
    }
    .into_any()
}

#[component]
fn WhoYouAre(session: OpenSession) -> impl IntoView {
    let current = session.get_value();
    let user = current.fhir_user();
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
    let user_name = move || match load.state() {
        Loading::Waiting => "…".to_owned(),
        Loading::Ready(Some(name)) => name,
        Loading::Ready(None) | Loading::Failed(_) | Loading::NotShared => "The clinic does not tell".to_owned(),
    };
    let checks = move || {
        expect_context::<Launcher>().track_changes();
        session.with_value(show_checks)
    };
    view! {
        <section class="card" aria-labelledby="who">
            <h2 id="who">"Who you are"</h2>
            <dl class="facts stacked">
                <div><dt>"Name"</dt><dd>{user_name}</dd></div>
                <div><dt>"Signed in as"</dt><dd>{role}</dd></div>
            </dl>
            <h3>"What we checked"</h3>
            {checks}
        </section>
    }
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
        return view! { <p class="absent">"The clinic did not say who signed in, so there was nothing to check."</p> }
            .into_any();
    };
    let identity = &checked.identity;
    let (signature, reason) = match &checked.signature {
        Signature::Verified => (Outcome::Done, None),
        Signature::Pending => (Outcome::UnderWay, None),
        Signature::Unchecked(reason) => (Outcome::NotDone, Some(reason.clone())),
    };
    let plain = |done: bool| if done { Outcome::Done } else { Outcome::NotDone };
    view! {
        <ul class="checks">
            {show_check(signature, "The clinic's signature on your sign-in is genuine", reason)}
            {show_check(plain(identity.issuer_checked), "The sign-in comes from the clinic that was asked", None)}
            {show_check(plain(identity.nonce_checked), "It answers the sign-in that this window began", None)}
        </ul>
        <details class="technical">
            <summary>"Details for support"</summary>
            <dl class="facts stacked">
                <div><dt>"Issuer"</dt><dd><code>{identity.issuer.clone()}</code></dd></div>
                <div><dt>"Subject"</dt><dd><code>{identity.subject.clone()}</code></dd></div>
                <div><dt>"fhirUser"</dt><dd><code>{identity.fhir_user.clone()}</code></dd></div>
            </dl>
        </details>
    }
    .into_any()
}

fn show_check(outcome: Outcome, what: &'static str, reason: Option<String>) -> impl IntoView {
    let (class, state) = match outcome {
        Outcome::Done => ("check done", "Checked"),
        Outcome::UnderWay => ("check", "Being checked"),
        Outcome::NotDone => ("check open", "Could not be checked"),
    };
    view! {
        <li class=class>
            <span class="check-state">{state}</span>
            <span>{what}{reason.map(|reason| format!(" ({reason})"))}</span>
        </li>
    }
}

#[component]
fn PatientInContext(session: OpenSession) -> impl IntoView {
    let current = session.get_value();
    let audience = expect_context::<Launcher>().audience(&current);
    let contents = match owner(&current) {
        None => view! { <p class="absent">"The clinic did not say whose record to show."</p> }.into_any(),
        Some(owner) => show_patient(session, owner, current.may_read("Patient"), audience),
    };
    view! {
        <section class="card" aria-labelledby="patient">
            <h2 id="patient">"Patient"</h2>
            {contents}
        </section>
    }
}

fn show_patient(session: OpenSession, owner: Owner, is_shared: bool, audience: Audience) -> AnyView {
    let id = owner.patient.clone();
    let load: Load<PatientBanner> =
        Load::start(session, is_shared, move |session, abort| load_banner(session, owner.clone(), abort));
    let shown = move || match load.state() {
        Loading::NotShared => view! { <p class="absent">"Name and date of birth were not shared."</p> }.into_any(),
        Loading::Waiting => view! { <p class="hint">"Loading…"</p> }.into_any(),
        Loading::Ready(banner) => view! {
            <p class="banner-name">{banner.name}</p>
            <p class="hint">{banner.birth_date.map(|born| format!("Born {born}"))}</p>
        }
        .into_any(),
        Loading::Failed(error) => view! {
            <TroubleNote trouble=Trouble::of(&error, audience)>
                <button type="button" on:click=move |_| load.again()>"Try again"</button>
            </TroubleNote>
        }
        .into_any(),
    };
    view! {
        {shown}
        <p class="hint">"Number at the clinic: "<code>{id}</code></p>
        <p><a href="/record">"Open the record"</a></p>
    }
    .into_any()
}

#[component]
fn WhatWasShared(session: OpenSession) -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    move || {
        launcher.track_changes();
        session.with_value(|session| show_sharing(session, launcher.audience(session)))
    }
}

fn show_sharing(session: &Session, audience: Audience) -> AnyView {
    let grant = session.scopes();
    let sharing = Sharing::read(&grant, session.can_refresh());
    let everything = sharing.not_shared.is_empty();
    let advice = match audience {
        Audience::Patient => "To share more or less, sign out and connect again.",
        Audience::Provider => "The clinic decides what this app may show to its staff.",
    };
    let list = |words: &'static str, scopes: Vec<&Scope>| {
        let items = scopes.into_iter().map(|scope| view! { <li><code>{scope.as_str().to_owned()}</code></li> });
        let items: Vec<_> = items.collect();
        (!items.is_empty()).then(|| view! { <dt>{words}</dt><dd><ul class="scopes">{items}</ul></dd> })
    };
    view! {
        <section class="card" aria-labelledby="shared">
            <h2 id="shared">"What was shared"</h2>
            {show_items(sharing.shared, "shared")}
            <details class="technical">
                <summary>"Details for support"</summary>
                <dl>
                    {list("Requested", grant.requested.iter().collect())}
                    {list("Granted", grant.granted.iter().collect())}
                    {list("Granted in part", grant.narrowed())}
                    {list("Granted without being requested", grant.extra())}
                </dl>
            </details>
        </section>
        <section class="card" aria-labelledby="not-shared">
            <h2 id="not-shared">"What was not shared"</h2>
            {if everything {
                view! { <p class="absent">"Nothing was left out."</p> }.into_any()
            } else {
                show_items(sharing.not_shared, "withheld")
            }}
            <p class="hint">{advice}</p>
        </section>
    }
    .into_any()
}

fn show_items(items: Vec<Item>, class: &'static str) -> AnyView {
    let items = items.into_iter().map(|item| {
        view! {
            <li>
                <span>{item.words}{item.in_part.then_some(" (a part of it)")}</span>
                {item.resource_type.map(|name| view! { <small>{name}</small> })}
            </li>
        }
    });
    view! { <ul class=format!("items {class}")>{items.collect_view()}</ul> }.into_any()
}

#[component]
fn HowLong(session: OpenSession) -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    let audience = launcher.audience(&session.get_value());
    let (busy, outcome) = (RwSignal::new(false), RwSignal::new(None::<Result<(), Error>>));
    let refresh = move |_| {
        busy.set(true);
        outcome.set(None);
        let session = session.get_value();
        spawn_local(async move {
            let refreshed = session.refresh().await;
            outcome.try_set(Some(refreshed.map_err(Error::from)));
            busy.try_set(false);
        });
    };
    let navigate = use_navigate();
    let sign_out = move |_| {
        let (session, navigate) = (session.get_value(), navigate.clone());
        navigate("/", Default::default());
        spawn_local(launcher.sign_out(session));
    };
    let told = move || match outcome.get() {
        None => ().into_any(),
        Some(Ok(())) => view! { <p class="hint">"The connection was renewed."</p> }.into_any(),
        Some(Err(error)) => view! { <TroubleNote trouble=Trouble::of(&error, audience)/> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="how-long">
            <h2 id="how-long">"How long it holds"</h2>
            <TimeLeft session/>
            <div class="actions">
                <button type="button" disabled=move || busy.get() on:click=refresh>"Refresh now"</button>
                <button type="button" class="quiet" on:click=sign_out>"Sign out"</button>
            </div>
            <div aria-live="polite">{told}</div>
        </section>
    }
}

#[component]
fn TimeLeft(session: OpenSession) -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    let now = RwSignal::new(launcher.now());
    let ticking = set_interval_with_handle(move || now.set(launcher.now()), Duration::from_secs(5));
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
    let left = Memo::new(move |_| {
        launcher.track_changes();
        let expires_at = session.with_value(|session| session.expires_at())?;
        Some(time_left(expires_at - now.get()))
    });
    let can_refresh = session.with_value(|session| session.can_refresh());
    let renewal = if can_refresh {
        "It is renewed by itself while you look at the record. Sign out when you are done."
    } else {
        "It cannot be renewed. Afterwards, connect again."
    };
    let words = move || match left.get() {
        None => "The clinic does not say.".to_owned(),
        Some(None) => "It has run out.".to_owned(),
        Some(Some(span)) => format!("{span} left"),
    };
    view! {
        <p class="time-left">{words}</p>
        <p class="hint">{renewal}</p>
    }
}
