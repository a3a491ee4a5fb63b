//! The results of a search, and the clinic that is chosen. All texts are text nodes: names of a list are never markup.

use leptos::prelude::*;

use super::ClinicSearch;
use crate::components::draw::{element, nothing, paragraph, reactive, text};
use crate::components::section::{actions, button};
use crate::model::clinics::Clinic;

/// The id of the list.
pub const LIST: &str = "clinic-list";

/// The id of an option.
pub fn option_id(index: usize) -> String {
    format!("clinic-{index}")
}

/// The list of results, and the button that forgets the clinics that were used before.
pub fn result_list(search: ClinicSearch) -> AnyView {
    let options = reactive(move || {
        let options = search.found.get().clinics.into_iter().enumerate();
        view! { {options.map(|(index, clinic)| option(search, index, clinic)).collect::<Vec<_>>()} }.into_any()
    });
    let list = view! {
        <ul id=LIST role="listbox" aria-label="Clinics" class="clinic-list" hidden=move || !search.is_list_shown()>
            {options}
        </ul>
    }
    .into_any();
    let forget = reactive(move || {
        let is_offered = search.is_list_shown() && search.words.with(String::is_empty);
        match is_offered && !search.launcher.recent().is_empty() {
            true => {
                let forget = move || search.launcher.forget_used_before();
                actions(vec![button("quiet", "Forget the clinics used before", Box::new(forget))])
            }
            false => nothing(),
        }
    });
    view! { {list} {forget} }.into_any()
}

fn option(search: ClinicSearch, index: usize, clinic: Clinic) -> AnyView {
    let is_active = move || search.active.get() == Some(index);
    let is_disabled = (!clinic.is_set_up()).then_some("true");
    let own = clinic.clone();
    let is_selected = move || search.form.chosen().as_ref() == Some(&own);
    let mut parts = card(&clinic);
    if is_disabled.is_some() {
        parts.push(element("span", &[("class", "not-set-up")], vec![text("Not set up in this app yet")]));
    }
    view! {
        <li id=option_id(index) role="option" class="clinic" class:active=is_active aria-disabled=is_disabled
            aria-selected=move || if is_selected() { "true" } else { "false" }
            on:click=move |_| search.choose(clinic.clone())>
            {parts}
        </li>
    }
    .into_any()
}

/// The name, and the lines that distinguish the clinic.
fn card(clinic: &Clinic) -> Vec<AnyView> {
    let line = |line: &String| element("span", &[("class", "clinic-line")], vec![text(line.clone())]);
    let mut parts = vec![element("strong", &[], vec![text(clinic.name.clone())])];
    parts.extend(clinic.lines.iter().map(line));
    parts
}

/// The clinic that is chosen, while the list is closed.
pub fn chosen_clinic(search: ClinicSearch) -> AnyView {
    let chosen = reactive(move || match search.form.chosen() {
        Some(clinic) => {
            let heading = paragraph("chosen-heading", "Your clinic");
            element("div", &[("class", "clinic chosen")], std::iter::once(heading).chain(card(&clinic)).collect())
        }
        None => nothing(),
    });
    element("div", &[("class", "without-box")], vec![chosen])
}
