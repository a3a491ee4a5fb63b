//! What stands in place of the record while another patient is open in the chart, and how the record and the chart stand.

use leptos::ev::Event;
use leptos::html::Dialog;
use leptos::prelude::*;
use smartrust::client::hub::HubState;

use super::draw::{element, nothing, paragraph, reactive, text};
use super::page::focus;
use super::section::{actions, button};
use crate::launcher::{Cover, Launcher};

/// How the record and the chart stand.
pub fn chart_state() -> AnyView {
    let launcher = expect_context::<Launcher>();
    let state = reactive(move || match launcher.chart_state() {
        None => nothing(),
        Some(HubState::Synced) => paragraph("chart-state", "In step with the chart."),
        Some(HubState::Connecting) => {
            paragraph("chart-state behind", "Not yet in step with the chart: another patient may be open there.")
        }
        Some(HubState::Behind) => {
            paragraph("chart-state behind", "Not in step with the chart: another patient may be open there.")
        }
        Some(_) => {
            let words = text("This record no longer follows the chart: another patient may be open there. ");
            let mut parts = vec![words];
            if launcher.can_follow_again() {
                parts.push(button("quiet", "Follow the chart again", Box::new(move || launcher.follow_again())));
            }
            element("p", &[("class", "chart-state behind")], parts)
        }
    });
    element("div", &[("role", "status")], vec![state])
}

/// A page that is not there while it is covered: nobody can see it, click it, find it, print it or have it read aloud.
pub fn covered(page: AnyView) -> AnyView {
    let launcher = expect_context::<Launcher>();
    view! { <div class="covered" prop:hidden=move || launcher.cover().is_some()>{page}</div> }.into_any()
}

/// What is shown in place of a page that is covered.
pub fn cover() -> AnyView {
    let launcher = expect_context::<Launcher>();
    let cover = Memo::new(move |_| launcher.cover());
    let is_question = Memo::new(move |_| cover.get().is_some_and(|cover| cover != Cover::Checking));
    Effect::new(move |was_question: Option<bool>| {
        if was_question == Some(true) && !is_question.get() {
            // The page can have the focus as soon as it is there again.
            request_animation_frame(|| focus("content"));
        }
        is_question.get()
    });
    reactive(move || match (is_question.get(), cover.get().is_some()) {
        (true, _) => dialog(launcher, cover),
        (false, true) => paragraph("checking", "One moment: asking which patient is open in the chart…"),
        (false, false) => nothing(),
    })
}

/// A modal dialog: it has the focus, a screen reader reads it, and everything else is inert.
fn dialog(launcher: Launcher, cover: Memo<Option<Cover>>) -> AnyView {
    let dialog = NodeRef::<Dialog>::new();
    let show = move || {
        if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
            // If the browser cannot show it, the page stays hidden.
            let _ = dialog.show_modal();
        }
    };
    Effect::new(move |_| {
        dialog.track();
        show();
    });
    let content = reactive(move || cover.get().map_or_else(nothing, |cover| question(launcher, cover)));
    view! {
        <dialog class="warning" role="alertdialog" aria-labelledby="cover-heading" aria-describedby="cover-words"
            node_ref=dialog on:cancel=|event: Event| event.prevent_default() on:close=move |_| show()>
            {content}
        </dialog>
    }
    .into_any()
}

fn question(launcher: Launcher, cover: Cover) -> AnyView {
    let close = button("", "Close this record", Box::new(move || launcher.close_record()));
    let mut buttons = vec![close];
    let (heading, words) = match cover {
        Cover::Other { name, can_stay } => {
            if can_stay {
                let stay = button("quiet", "Stay with this record", Box::new(move || launcher.stay_with_record()));
                buttons.push(stay);
            }
            let who = name.unwrap_or_else(|| "Another patient".to_owned());
            let words = format!(
                "{who} is open there now. This record is of someone else, so it is hidden. To see the record of that patient, close this one, and open this app from that chart."
            );
            ("Another patient is open in the chart", words)
        }
        Cover::Closed => (
            "No patient is open in the chart",
            "The record is hidden until its patient is open there again.".to_owned(),
        ),
        Cover::Locked | Cover::Checking => {
            ("The record is hidden", "The chart is locked, or another patient is being opened there.".to_owned())
        }
    };
    let parts = vec![
        // It has the focus, so that a key that was meant for the record presses no button.
        element("h2", &[("id", "cover-heading"), ("tabindex", "-1"), ("autofocus", "")], vec![text(heading)]),
        element("p", &[("id", "cover-words")], vec![text(words)]),
        actions(buttons),
    ];
    element("div", &[("class", "contents")], parts)
}
