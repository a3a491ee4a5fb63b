//! The form for a clinic that is not in the list: patients enter its web address.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::ClinicSearch;
use crate::components::draw::{element, nothing, paragraph, reactive, text};
use crate::components::section::{actions, try_again};
use crate::components::trouble::for_support;
use crate::model::clinics::address::Outcome;
use crate::model::clinics::words::ListState;

const FIELD: &str = "clinic-address";

/// The state of a check.
#[derive(Clone)]
enum Check {
    Running,
    Done(Outcome),
}

/// A field for an address, folded until it is needed.
pub fn other_address(search: ClinicSearch) -> AnyView {
    let address = RwSignal::new(String::new());
    let check: RwSignal<Option<Check>> = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        check.set(Some(Check::Running));
        let address = address.get_untracked();
        spawn_local(async move {
            let outcome = search.launcher.check_address(&address).await;
            if let Outcome::Clinic(clinic) = &outcome {
                search.choose(clinic.clone());
            }
            check.try_set(Some(Check::Done(outcome)));
        });
    };
    let field = view! {
        <form class="search" on:submit=submit novalidate>
            <label for=FIELD>"Web address of its patient portal"</label>
            <input id=FIELD type="url" inputmode="url" autocomplete="off" autocapitalize="off" spellcheck="false"
                on:input=move |event| address.set(event_target_value(&event))/>
            <div class="actions"><button type="submit" class="quiet">"Look it up"</button></div>
        </form>
    }
    .into_any();
    let outcome = reactive(move || match check.get() {
        None => nothing(),
        Some(Check::Running) => paragraph("hint", "Looking it up…"),
        Some(Check::Done(Outcome::Clinic(clinic))) => {
            paragraph("hint", format!("Found: {}. Press Connect to go on.", clinic.name))
        }
        Some(Check::Done(outcome)) => explanation(&outcome),
    });
    let outcome = element("div", &[("aria-live", "polite"), ("class", "contents")], vec![outcome]);
    let again = reactive(move || match search.launcher.list_state() {
        ListState::Failed | ListState::WithoutPlaces => list_failure(search),
        _ => nothing(),
    });
    let has_failed = move || search.launcher.list_state() == ListState::Failed;
    let has_nothing = move || {
        let is_searched = search.searched.with(|words| !words.trim().is_empty());
        is_searched && search.launcher.list_state() != ListState::Loading && search.found.with(|found| found.total == 0)
    };
    // What the patient opened stays open when more of the list arrives.
    let is_needed = Memo::new(move |_| has_failed() || has_nothing());
    view! {
        <details class="other-clinic" prop:open=move || is_needed.get()>
            <summary>"My clinic is not in the list"</summary>
            <div class="contents">{again}{field}{outcome}</div>
        </details>
    }
    .into_any()
}

fn explanation(outcome: &Outcome) -> AnyView {
    let mut parts = vec![element("p", &[], vec![text(outcome.in_words())])];
    let findings = outcome.findings();
    if !findings.is_empty() {
        let items = findings.iter().map(|finding| {
            let words = format!("{} ({})", finding.message, finding.section);
            element("li", &[], vec![element("code", &[], vec![text(finding.code)]), text(" "), text(words)])
        });
        parts.push(for_support(vec![element("ul", &[], items.collect())]));
    }
    element("div", &[("class", "notice contents")], parts)
}

/// Why the list is not complete, for support, and a way to load it again.
fn list_failure(search: ClinicSearch) -> AnyView {
    let failure = search.launcher.list_failure();
    let details = failure.map(|error| {
        let code = element("p", &[], vec![element("code", &[], vec![text(error.code())])]);
        for_support(vec![code, paragraph("", error.to_string())])
    });
    let mut parts = vec![actions(vec![try_again(move || search.launcher.load_list())])];
    parts.extend(details);
    element("div", &[("class", "contents")], parts)
}
