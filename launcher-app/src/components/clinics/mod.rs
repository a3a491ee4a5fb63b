//! Finding a clinic on the start page: [`search`] has the field and its keys, [`results`] the list below it, [`address`] the form for a
//! clinic that is not in the list. [`ClinicSearch`] is what they share.

mod address;
mod results;
mod search;

use leptos::prelude::*;
use leptos::task::spawn_local;

use self::address::other_address;
use self::results::{chosen_clinic, result_list};
use self::search::search_field;
use super::connect::ConnectForm;
use super::draw::element;
use crate::launcher::Launcher;
use crate::model::clinics::words::ListState;
use crate::model::clinics::{Clinic, Found};

/// A search, its results and the choice.
#[derive(Clone, Copy)]
pub struct ClinicSearch {
    launcher: Launcher,
    form: ConnectForm,
    /// What the patient typed.
    words: RwSignal<String>,
    /// The results for `searched`.
    found: RwSignal<Found>,
    searched: RwSignal<String>,
    /// The result that the arrow keys have reached.
    active: RwSignal<Option<usize>>,
    /// Whether the list is open.
    is_open: RwSignal<bool>,
    /// The name of the clinic that the patient has just chosen.
    just_chosen: RwSignal<Option<String>>,
}

impl ClinicSearch {
    /// A search before the first key. It is repeated when more of the list has loaded.
    pub fn new(launcher: Launcher, form: ConnectForm) -> Self {
        let found = launcher.without_search();
        // The page itself must not be rendered again by a choice.
        let is_open = untrack(|| form.chosen().is_none()) && !found.clinics.is_empty();
        let search = Self {
            launcher,
            form,
            words: RwSignal::new(String::new()),
            found: RwSignal::new(found),
            searched: RwSignal::new(String::new()),
            active: RwSignal::new(None),
            is_open: RwSignal::new(is_open),
            just_chosen: RwSignal::new(None),
        };
        Effect::new(move |_| {
            if launcher.list_state() != ListState::Loading {
                search.start();
            }
        });
        // After sign-out the clinics that were used are forgotten.
        Effect::new(move |was_there: Option<bool>| {
            let is_there = !launcher.recent().is_empty();
            if was_there.is_some_and(|was_there| was_there != is_there) {
                search.start();
            }
            is_there
        });
        search
    }

    /// Searches for what was typed.
    fn start(self) {
        let words = self.words.get_untracked();
        spawn_local(async move {
            let Some(found) = self.launcher.search_list(&words).await else { return };
            // The page may be closed by now.
            let Some(before) = self.found.try_get_untracked() else { return };
            if found != before {
                self.active.try_set(None);
                self.found.try_set(found);
            }
            self.searched.try_set(words);
        });
    }

    fn type_words(self, words: String) {
        self.launcher.use_list();
        self.words.set(words);
        self.active.set(None);
        self.is_open.set(true);
        self.just_chosen.set(None);
        self.start();
    }

    fn choose(self, clinic: Clinic) {
        if !clinic.is_set_up() {
            return;
        }
        self.is_open.set(false);
        self.active.set(None);
        self.just_chosen.set(Some(clinic.name.clone()));
        self.form.choose(clinic);
    }

    /// Whether the list is shown. Tracks changes.
    fn is_list_shown(self) -> bool {
        self.is_open.get() && self.found.with(|found| !found.clinics.is_empty())
    }
}

/// The field, its results, and the clinic that is chosen.
pub fn clinic_search(search: ClinicSearch) -> AnyView {
    let parts = vec![search_field(search), result_list(search), chosen_clinic(search)];
    element("div", &[("class", "clinic-search")], parts)
}

/// The form for a clinic that is not in the list.
pub fn clinic_address(search: ClinicSearch) -> AnyView {
    other_address(search)
}
