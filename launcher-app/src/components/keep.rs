//! The boxes for a patient who wants to stay connected on this device, and the note if that did not work.

use leptos::prelude::*;

use super::draw::{element, nothing, paragraph, reactive, text};
use crate::launcher::{Launcher, Session};
use crate::model::kept::{SHOW_NAMES, WHAT_KEEPING_MEANS, WHAT_NAMES_MEAN};

/// The box, which is unticked at first. Once it is ticked, the box for the names is shown, too.
pub fn keep_box(launcher: Launcher, wanted: RwSignal<bool>) -> AnyView {
    let input = view! {
        <input type="checkbox" aria-describedby="keep-means" prop:checked=move || wanted.get()
            on:change=move |event| wanted.set(event_target_checked(&event))/>
    }
    .into_any();
    let words = element("span", &[], vec![text("Keep me connected on this device")]);
    let label = element("label", &[("class", "option")], vec![input, words]);
    let meaning = element("p", &[("class", "hint"), ("id", "keep-means")], vec![text(WHAT_KEEPING_MEANS)]);
    let names = reactive(move || if wanted.get() { names_box(launcher) } else { nothing() });
    element("div", &[("class", "keep")], vec![label, meaning, names])
}

/// The box with which patients choose whether this device stores and shows the names of the persons whose records it opens.
pub fn names_box(launcher: Launcher) -> AnyView {
    let input = view! {
        <input type="checkbox" prop:checked=move || launcher.has_names()
            on:change=move |event| launcher.set_has_names(event_target_checked(&event))/>
    }
    .into_any();
    let label = element("label", &[("class", "option")], vec![input, element("span", &[], vec![text(SHOW_NAMES)])]);
    element("div", &[("class", "names")], vec![label, paragraph("hint", WHAT_NAMES_MEAN)])
}

/// Says that a session lasts for this visit only, although the patient wanted to stay connected.
pub fn not_kept_note(session: &Session) -> AnyView {
    let Some(reason) = session.not_kept() else { return nothing() };
    let why = match &*reason.code {
        "not_granted" | "no_refresh_token" => {
            "You left it out at the clinic, or the clinic does not allow it. To change that, connect again."
        }
        _ => "The clinic did not accept this device. You can try it again another time.",
    };
    let strong = element("strong", &[], vec![text("You are connected for this visit only. ")]);
    let details = paragraph("hint", format!("{} {}", reason.code, reason.message));
    let details = super::trouble::for_support(vec![details]);
    let note = element("p", &[], vec![strong, text(why)]);
    element("div", &[("class", "trouble-note"), ("role", "status")], vec![note, details])
}
