//! The start page: what will happen, what will be requested, and the button that starts it.

use leptos::prelude::*;

use crate::components::clinics::{ClinicSearch, clinic_address, clinic_search};
use crate::components::connect::{ConnectForm, connect_buttons, requested_data, server_choice};
use crate::components::connections::connections;
use crate::components::draw::{element, link, nothing, paragraph, reactive, text};
use crate::components::gate::{connect_again, timeout_message};
use crate::components::own_window::open_own_window;
use crate::components::page::page;
use crate::components::section::section;
use crate::components::sessions::other_sessions;
use crate::components::trouble::trouble_note;
use crate::launcher::{Launcher, State, needs_own_window};
use crate::model::trouble::{Audience, Trouble};

/// The steps after the button.
const STEPS: [(&str, &str); 3] = [
    (
        "You sign in at your clinic",
        "We take you to the clinic's own page. Your password stays there; this app never sees it.",
    ),
    (
        "You confirm what to share",
        "The clinic shows you once more what this app may see, and lets you leave out whatever you like.",
    ),
    ("You see your record", "You come back here. When you sign out or close this window, the connection is gone."),
];

/// The last step where a device can stay connected.
const KEPT_STEP: &str = "You come back here. When you sign out or close this window, the connection is gone, unless you chose to stay connected on this device.";

/// `/`.
pub fn home() -> AnyView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    let lead = "Connect to your clinic to see your problems, medicines, test results and visits on one page, and how your values have changed over time.";
    let mut hero = vec![element("h1", &[], vec![text("See your health record")]), paragraph("lead", lead)];
    let can_connect = launcher.is_for_patients() && !needs_own_window();
    let form = can_connect.then(|| ConnectForm::new(launcher, launcher.first_clinic()));
    let mut parts = vec![reactive(move || session_status(launcher)), connections(form), other_sessions()];
    if let Some(form) = form {
        hero.extend(choose_and_connect(launcher, form));
        let hero = element("section", &[("class", "hero")], hero);
        let first = element("div", &[("class", "stack")], vec![hero, next_steps(launcher.can_keep())]);
        parts.push(element("div", &[("class", "start")], vec![first, requested_data(form)]));
    } else {
        if launcher.is_for_patients() {
            hero.extend(open_own_window());
        }
        parts.push(element("section", &[("class", "hero")], hero));
    }
    parts.extend(launcher.opens_from_charts().then(for_staff));
    page("Start", parts)
}

/// The choice of the clinic, by a search if there is a list of providers, and the button that connects.
fn choose_and_connect(launcher: Launcher, form: ConnectForm) -> Vec<AnyView> {
    if !launcher.has_directory() {
        return server_choice(form).into_iter().chain([connect_buttons(form)]).collect();
    }
    let search = ClinicSearch::new(launcher, form);
    vec![clinic_search(search), connect_buttons(form), clinic_address(search)]
}

/// The state of the session, at the top.
fn session_status(launcher: Launcher) -> AnyView {
    match launcher.state() {
        State::Open(_) => {
            let words = strong_and("You are connected.", " A record is open in this window.");
            element("div", &[("class", "standing")], vec![words, link("button", "/record", "Open the record")])
        }
        State::SignedOut { cleared } => {
            let rest = match cleared {
                true => " Nothing of that record is left in this window.",
                false => " This browser did not let us clear everything away: please close this window too.",
            };
            let mut parts = vec![strong_and("You are signed out.", rest)];
            if !launcher.connections().is_empty() {
                parts
                    .push(paragraph("", "This device can still open the records below. To end that, disconnect them."));
            }
            element("div", &[("class", "standing"), ("role", "status")], parts)
        }
        State::TimedOut { session, cleared } => {
            let words = timeout_message(launcher, &session, cleared).join(" ");
            let strong = element("strong", &[], vec![text("You were signed out. ")]);
            let words = element("p", &[], vec![strong, text(words)]);
            element("div", &[("class", "standing"), ("role", "status")], vec![words])
        }
        State::Ended { reason, session } => {
            let audience = launcher.audience(&session);
            let again = (audience == Audience::Patient).then(|| connect_again(launcher, session));
            trouble_note(Trouble::of_ended(&reason, audience), again)
        }
        // The page itself says what helps.
        State::Failed(_) if needs_own_window() => nothing(),
        State::Failed(error) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        State::Unknown | State::Resuming | State::None => nothing(),
    }
}

fn strong_and(strong: &'static str, rest: &'static str) -> AnyView {
    element("p", &[], vec![element("strong", &[], vec![text(strong)]), text(rest)])
}

fn next_steps(can_keep: bool) -> AnyView {
    let [first, second, (last, words)] = STEPS;
    let last = (last, if can_keep { KEPT_STEP } else { words });
    let steps = [first, second, last].map(|(heading, words)| {
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
