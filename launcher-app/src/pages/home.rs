//! The start: what will happen, and the button that begins it.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Error;

use crate::components::data_section::section;
use crate::components::draw::{element, link, nothing, paragraph, reactive, text};
use crate::components::page::page;
use crate::components::trouble::trouble_note;
use crate::config::Choice;
use crate::launcher::{Launcher, State};
use crate::model::trouble::{Audience, Trouble};

/// What happens after the button, step by step.
const STEPS: [(&str, &str); 3] = [
    (
        "You sign in at your clinic",
        "We take you to the clinic's own page. Your password stays there; this app never sees it.",
    ),
    (
        "You choose what to share",
        "The clinic asks which parts of your record this app may show. Leave out whatever you like.",
    ),
    ("You see your record", "You come back here. When you sign out or close this window, the connection is gone."),
];

/// `/`.
#[component]
pub fn Home() -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    let lead = "Connect to your clinic, and look at your problems, your vital signs and how they have changed, all on one page.";
    let mut hero = vec![element("h1", &[], vec![text("See your health record")]), paragraph("lead", lead)];
    let choices = launcher.choices();
    let next_steps = (!choices.is_empty()).then(next_steps);
    if next_steps.is_some() {
        hero.push(connect(launcher, choices));
    }
    let mut parts = vec![reactive(move || standing(launcher.state())), element("section", &[("class", "hero")], hero)];
    parts.extend(next_steps);
    parts.extend(launcher.opens_from_charts().then(for_staff));
    page("Start", parts)
}

/// What became of the session, above everything else.
fn standing(state: State) -> AnyView {
    match state {
        State::Open(_) => {
            let words = strong_and("You are connected.", " A record is open in this window.");
            element("div", &[("class", "standing")], vec![words, link("button", "/record", "Open the record")])
        }
        State::SignedOut { cleared } => {
            let rest = match cleared {
                true => " Nothing of the record is left in this window.",
                false => " This browser did not let us clear everything away: please close this window too.",
            };
            element("div", &[("class", "standing"), ("role", "status")], vec![strong_and("You are signed out.", rest)])
        }
        State::Ended { reason, audience } => trouble_note(Trouble::of_ended(&reason, audience), None),
        State::Failed(error) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        State::Unknown | State::Looking | State::None => nothing(),
    }
}

fn strong_and(strong: &'static str, rest: &'static str) -> AnyView {
    element("p", &[], vec![element("strong", &[], vec![text(strong)]), text(rest)])
}

/// A button for each server that patients connect to, and what came of pressing it.
fn connect(launcher: Launcher, choices: Vec<Choice>) -> AnyView {
    let leaving_for: RwSignal<Option<String>> = RwSignal::new(None);
    let failed: RwSignal<Option<Error>> = RwSignal::new(None);
    // Who comes back by the Back button finds the page as it was left.
    let shown_again = window_event_listener(ev::Custom::<ev::Event>::new("pageshow"), move |_| leaving_for.set(None));
    on_cleanup(move || shown_again.remove());

    let leave = move |choice: &Choice| {
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
    let is_single = choices.len() == 1;
    let buttons = choices.into_iter().map(|choice| {
        let label = if is_single { "Connect".to_owned() } else { format!("Connect to {}", choice.label) };
        view! {
            <button type="button" class="primary" disabled=move || leaving_for.get().is_some() on:click=move |_| leave(&choice)>
                {label}
            </button>
        }
        .into_any()
    });
    let outcome = reactive(move || match (leaving_for.get(), failed.get()) {
        (Some(label), _) => paragraph("hint", format!("Taking you to {label}…")),
        (None, Some(error)) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        (None, None) => nothing(),
    });
    let buttons = element("div", &[("class", "actions")], buttons.collect());
    element("div", &[("class", "connect")], vec![buttons, element("div", &[("aria-live", "polite")], vec![outcome])])
}

fn next_steps() -> AnyView {
    let steps = STEPS.map(|(heading, words)| {
        element("li", &[], vec![element("h3", &[], vec![text(heading)]), paragraph("", words)])
    });
    let steps = element("ol", &[("class", "steps")], steps.into());
    section("what-happens", "What happens when you connect", vec![steps])
}

fn for_staff() -> AnyView {
    let question = element("strong", &[], vec![text("Do you work at a clinic? ")]);
    let advice = text("Open this app from the patient's chart; there is no need to sign in again.");
    element("p", &[("class", "aside")], vec![question, advice])
}
