//! The warning before a session times out.

use leptos::ev::Event;
use leptos::html::Dialog;
use leptos::prelude::*;

use super::draw::{element, nothing, reactive, reactive_text, text};
use super::section::button;
use crate::launcher::Launcher;
use crate::model::idle::seconds_in_words;

/// The warning, while it is due.
pub fn idle_warning() -> AnyView {
    let launcher = expect_context::<Launcher>();
    let is_warned = Memo::new(move |_| launcher.times_out_in().is_some());
    reactive(move || if is_warned.get() { dialog(launcher) } else { nothing() })
}

/// A modal dialog: it has the focus, a screen reader reads it, and the page behind it is inert.
fn dialog(launcher: Launcher) -> AnyView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get().filter(|dialog| !dialog.open()) {
            // If the browser cannot show it, the session times out without a warning.
            let _ = dialog.show_modal();
        }
    });
    let left = reactive_text(move || launcher.times_out_in().map(seconds_in_words).unwrap_or_default());
    let stay = view! {
        <button type="button" autofocus on:click=move |_| launcher.stay_signed_in()>"Stay signed in"</button>
    }
    .into_any();
    let parts = vec![
        element("h2", &[("id", "idle-heading")], vec![text("Are you still there?")]),
        element(
            "p",
            &[("id", "idle-words")],
            vec![text(
                "Nothing has happened here for a while. To keep the record private, you will be signed out soon.",
            )],
        ),
        element("p", &[("class", "time-left"), ("role", "timer")], vec![text("Time left: "), left]),
        element(
            "div",
            &[("class", "actions")],
            vec![stay, button("quiet", "Sign out now", Box::new(move || launcher.sign_out_now()))],
        ),
    ];
    let keep = move |event: Event| {
        event.prevent_default();
        launcher.stay_signed_in();
    };
    view! {
        <dialog class="warning" role="alertdialog" aria-labelledby="idle-heading" aria-describedby="idle-words"
            node_ref=dialog on:cancel=keep>
            {parts}
        </dialog>
    }
    .into_any()
}
