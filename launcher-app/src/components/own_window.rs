//! A link that opens the app in its own window, for a frame without session storage.

use leptos::prelude::*;

use super::draw::{element, paragraph, reactive_text, text};
use super::page::page;

/// A page with only this link.
pub fn own_window() -> AnyView {
    let mut parts = vec![element("h1", &[], vec![text("Open the record in its own window")])];
    parts.extend(open_own_window());
    page("Open in a window", vec![element("div", &[("class", "card narrow")], parts)])
}

/// The reason, and a link to this page's URL.
pub fn open_own_window() -> Vec<AnyView> {
    let is_opened = RwSignal::new(false);
    let address = window().location().href().unwrap_or_default();
    let link = view! {
        <a class="button" href=address target="_blank" rel="noopener noreferrer external" on:click=move |_| is_opened.set(true)>
            "Open in its own window"
        </a>
    }
    .into_any();
    let after = reactive_text(move || {
        match is_opened.get() {
        true => "The record opens in the other window. If you have closed that, start again from the chart or reload this page.",
        false => "",
    }.to_owned()
    });
    vec![
        paragraph(
            "",
            "This app is shown inside another page. There, your browser does not let it remember your sign-in. It works in its own window.",
        ),
        element("div", &[("class", "actions")], vec![link]),
        element("p", &[("class", "hint"), ("role", "status")], vec![after]),
    ]
}
