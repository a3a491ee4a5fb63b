//! The markup that the build wrote into the page (`index.html` and `home.html`). It is shown until the app is there.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// The element that contains the markup.
const ID: &str = "shell";
const LINKS: &str = "a";

/// What is remembered of the markup when the app takes its place.
#[derive(Clone, Copy)]
pub struct Shell {
    /// The position of the link that had the focus. Nothing else in the markup can be used.
    focused: Option<u32>,
}

impl Shell {
    /// Removes the markup.
    pub fn remove() -> Self {
        let Some(shell) = document().get_element_by_id(ID) else { return Self { focused: None } };
        let active = document().active_element();
        let focused = active.and_then(|active| links(&shell).position(|link| link == active));
        shell.remove();
        Self { focused: focused.and_then(|position| u32::try_from(position).ok()) }
    }

    /// Focuses the link in the app that had the focus in the markup.
    pub fn restore_focus(self) {
        let Some(focused) = self.focused else { return };
        let link = document().query_selector_all(LINKS).ok().and_then(|links| links.item(focused));
        if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
            // If it fails, the focus is at the start of the page.
            let _ = link.focus();
        }
    }
}

fn links(shell: &Element) -> impl Iterator<Item = Element> {
    let links = shell.query_selector_all(LINKS).ok();
    let count = links.as_ref().map_or(0, web_sys::NodeList::length);
    (0..count).filter_map(move |index| links.as_ref()?.item(index)?.dyn_into().ok())
}
