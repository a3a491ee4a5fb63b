//! The search field: a combobox with a list (ARIA Authoring Practices, "Editable Combobox With List Autocomplete"). The focus stays in the
//! field, and the arrow keys move through the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::ClinicSearch;
use super::results::{LIST, option_id};
use crate::components::draw::{element, reactive_text, text};
use crate::model::clinics::words::status;

const FIELD: &str = "clinic-words";
const HINT: &str = "clinic-hint";

/// The field, with the number of results as a live region.
pub fn search_field(search: ClinicSearch) -> AnyView {
    let active = move || search.active.get().map(option_id);
    let is_expanded = move || if search.is_list_shown() { "true" } else { "false" };
    let field = view! {
        <input id=FIELD type="search" role="combobox" autocomplete="off" autocapitalize="off" spellcheck="false"
            aria-autocomplete="list" aria-controls=LIST aria-describedby=HINT aria-expanded=is_expanded
            aria-activedescendant=active prop:value=move || search.words.get()
            on:focus=move |_| search.launcher.use_list()
            on:input=move |event| search.type_words(event_target_value(&event))
            on:click=move |_| search.is_open.set(true)
            on:keydown=move |event| search.on_key(&event)/>
    }
    .into_any();
    let label = element("label", &[("for", FIELD)], vec![text("Find your clinic")]);
    let hint = "Type a part of its name and your city, such as “river madison”. What you type stays on this device.";
    let hint = element("p", &[("id", HINT), ("class", "hint")], vec![text(hint)]);
    let words = move || {
        if let Some(name) = search.just_chosen.get() {
            return format!("{name} is chosen.");
        }
        let found = search.found.get();
        status(&search.searched.get(), &found, search.launcher.list_state(), &search.launcher.list_coverage())
    };
    let status = element("p", &[("class", "hint"), ("role", "status")], vec![reactive_text(words)]);
    element("div", &[("class", "search")], vec![label, hint, field, status])
}

impl ClinicSearch {
    fn on_key(self, event: &KeyboardEvent) {
        let count = self.found.with_untracked(|found| found.clinics.len());
        let active = self.active.get_untracked();
        let is_shown = untrack(|| self.is_list_shown());
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if count > 0 => {
                let next = match (active, event.key().as_str()) {
                    (None, "ArrowDown") => 0,
                    (None, _) => count - 1,
                    (Some(active), "ArrowDown") => (active + 1) % count,
                    (Some(active), _) => (active + count - 1) % count,
                };
                self.is_open.set(true);
                self.active.set(Some(next));
                scroll_to(next);
            }
            "Enter" if is_shown => {
                let clinic = self.found.with_untracked(|found| found.clinics.get(active.unwrap_or_default()).cloned());
                if let Some(clinic) = clinic {
                    self.choose(clinic);
                }
            }
            "Escape" if is_shown => {
                self.is_open.set(false);
                self.active.set(None);
            }
            "Escape" => self.type_words(String::new()),
            _ => return,
        }
        event.prevent_default();
    }
}

/// Scrolls the list so that the option that the arrow keys reached is visible.
fn scroll_to(option: usize) {
    if let Some(option) = document().get_element_by_id(&option_id(option)) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        option.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
