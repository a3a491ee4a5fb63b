//! The start: what will happen, and the button that begins it.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Error;

use crate::components::page::Page;
use crate::components::trouble::TroubleNote;
use crate::config::Choice;
use crate::launcher::{Launcher, State};
use crate::model::trouble::{Audience, Trouble};

/// `/`.
#[component]
pub fn Home() -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    let choices = launcher.choices();
    let offers_something = !choices.is_empty();
    view! {
        <Page title="Start">
            <Standing/>
            <section class="hero">
                <h1>"See your health record"</h1>
                <p class="lead">
                    "Connect to your clinic, and look at your problems, your vital signs and how they have changed, all on one page."
                </p>
                <Show when=move || offers_something>
                    <Connect choices=choices.clone()/>
                </Show>
            </section>
            <Show when=move || offers_something>
                <NextSteps/>
            </Show>
            <ForStaff/>
        </Page>
    }
}

/// What became of the session, above everything else.
#[component]
fn Standing() -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    move || match launcher.state() {
        State::Open(_) => view! {
            <div class="standing good">
                <p><strong>"You are connected."</strong>" A record is open in this window."</p>
                <a class="button" href="/record">"Open the record"</a>
            </div>
        }
        .into_any(),
        State::SignedOut { cleared: true } => view! {
            <div class="standing" role="status">
                <p><strong>"You are signed out."</strong>" Nothing of the record is left in this window."</p>
            </div>
        }
        .into_any(),
        State::SignedOut { cleared: false } => view! {
            <div class="standing" role="status">
                <p>
                    <strong>"You are signed out."</strong>
                    " This browser did not let us clear everything away: please close this window too."
                </p>
            </div>
        }
        .into_any(),
        State::Ended { reason, audience } => note(Trouble::of_ended(&reason, audience)),
        State::Failed(error) => note(Trouble::of(&error, Audience::Patient)),
        State::Unknown | State::Looking | State::None => ().into_any(),
    }
}

fn note(trouble: Trouble) -> AnyView {
    view! { <TroubleNote trouble/> }.into_any()
}

/// A button for each server that patients connect to.
#[component]
fn Connect(choices: Vec<Choice>) -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    let leaving_for: RwSignal<Option<String>> = RwSignal::new(None);
    let failed: RwSignal<Option<Error>> = RwSignal::new(None);
    // Who comes back by the Back button finds the page as it was left.
    let shown_again = window_event_listener(ev::Custom::<ev::Event>::new("pageshow"), move |_| leaving_for.set(None));
    on_cleanup(move || shown_again.remove());

    let is_single = choices.len() == 1;
    let connect = move |choice: &Choice| {
        failed.set(None);
        leaving_for.set(Some(choice.label.clone()));
        let name = choice.name.clone();
        spawn_local(async move {
            if let Err(error) = launcher.launch(Some(name)).await {
                leaving_for.try_set(None);
                failed.try_set(Some(error));
            }
        });
    };
    let buttons = choices.into_iter().map(|choice| {
        let label = if is_single { "Connect".to_owned() } else { format!("Connect to {}", choice.label) };
        view! {
            <button type="button" class="primary" disabled=move || leaving_for.get().is_some() on:click=move |_| connect(&choice)>
                {label}
            </button>
        }
    });
    view! {
        <div class="actions">{buttons.collect_view()}</div>
        <p class="hint" role="status">
            {move || leaving_for.get().map(|label| format!("Taking you to {label}…"))}
        </p>
        {move || failed.get().map(|error| note(Trouble::of(&error, Audience::Patient)))}
    }
}

#[component]
fn NextSteps() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="what-happens">
            <h2 id="what-happens">"What happens when you connect"</h2>
            <ol class="steps">
                <li>
                    <h3>"You sign in at your clinic"</h3>
                    <p>"We take you to the clinic's own page. Your password stays there; this app never sees it."</p>
                </li>
                <li>
                    <h3>"You choose what to share"</h3>
                    <p>"The clinic asks which parts of your record this app may show. Leave out whatever you like."</p>
                </li>
                <li>
                    <h3>"You see your record"</h3>
                    <p>"You come back here. When you sign out or close this window, the connection is gone."</p>
                </li>
            </ol>
        </section>
    }
}

#[component]
fn ForStaff() -> impl IntoView {
    let opens_from_charts = expect_context::<Launcher>().opens_from_charts();
    view! {
        <Show when=move || opens_from_charts>
            <p class="aside">
                <strong>"Do you work at a clinic? "</strong>
                "Open this app from the patient's chart; there is no need to sign in again."
            </p>
        </Show>
    }
}
