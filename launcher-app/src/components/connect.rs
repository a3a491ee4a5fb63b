//! What a patient chooses before the redirect: the clinic, and the data to request.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Failure;

use super::draw::{element, link, nothing, paragraph, reactive, reactive_text, text};
use super::keep::keep_box;
use super::section::section;
use super::trouble::trouble_note;
use crate::config::SEARCHED_FROM;
use crate::launcher::Launcher;
use crate::model::clinics::{Clinic, Way};
use crate::model::kept::{CANNOT_BE_KEPT, WAY_CANNOT_BE_KEPT};
use crate::model::requested_scopes::{Item, RequestedScopes};
use crate::model::trouble::{Audience, Trouble};

/// The patient's choices, and the state of the launch.
#[derive(Clone, Copy)]
pub struct ConnectForm {
    launcher: Launcher,
    /// The clinic; `None` until one is chosen.
    chosen: RwSignal<Option<Clinic>>,
    left_out: RwSignal<Vec<String>>,
    is_kept: RwSignal<bool>,
    /// The way to connect whose redirect is under way.
    redirecting: RwSignal<Option<Way>>,
    failed: RwSignal<Option<Failure>>,
}

impl ConnectForm {
    /// The form with all data of a clinic that is chosen already.
    pub fn new(launcher: Launcher, chosen: Option<Clinic>) -> Self {
        let redirecting = RwSignal::new(None);
        // After the Back button, the page can be used again.
        let shown_again =
            window_event_listener(ev::Custom::<ev::Event>::new("pageshow"), move |_| redirecting.set(None));
        on_cleanup(move || shown_again.remove());
        Self {
            launcher,
            chosen: RwSignal::new(chosen),
            left_out: RwSignal::new(Vec::new()),
            is_kept: RwSignal::new(false),
            redirecting,
            failed: RwSignal::new(None),
        }
    }

    /// The clinic that is chosen. Tracks changes.
    pub fn chosen(self) -> Option<Clinic> {
        self.chosen.get()
    }

    /// Chooses a clinic, with all of its data.
    pub fn choose(self, clinic: Clinic) {
        self.left_out.set(Vec::new());
        self.is_kept.set(false);
        self.failed.set(None);
        self.chosen.set(Some(clinic));
    }

    /// The scopes of the clinic that is chosen; until then, those that most clinics of this app have.
    fn requested(self) -> RequestedScopes {
        let of_clinic = self.chosen.with(|chosen| Some(chosen.as_ref()?.ways.first()?.choice.scope.clone()));
        RequestedScopes::read(&of_clinic.unwrap_or_else(|| self.launcher.usual_scope()))
    }

    fn set_wanted(self, scope: &str, is_wanted: bool) {
        self.left_out.update(|left_out| {
            left_out.retain(|other| other != scope);
            if !is_wanted {
                left_out.push(scope.to_owned());
            }
        });
    }

    fn launch(self, way: Way) {
        let requested = RequestedScopes::read(&way.choice.scope);
        let scope = requested.without(&self.left_out.get_untracked());
        let is_kept = way.choice.can_be_kept && self.is_kept.get_untracked();
        self.failed.set(None);
        self.redirecting.set(Some(way.clone()));
        spawn_local(async move {
            if let Err(error) = self.launcher.launch_way(way, scope, is_kept).await {
                self.redirecting.try_set(None);
                self.failed.try_set(Some(error));
            }
        });
    }
}

/// The list of clinics of the configuration, if there are several.
pub fn server_choice(form: ConnectForm) -> Option<AnyView> {
    let clinics: Vec<Clinic> = form.launcher.choices().iter().map(Clinic::configured).collect();
    if clinics.len() < 2 {
        return None;
    }
    let wanted = RwSignal::new(String::new());
    let count = clinics.len();
    let options = clinics.into_iter().map(|clinic| {
        let (own, label) = (clinic.clone(), clinic.name.clone());
        let is_chosen = Signal::derive(move || form.chosen.with(|chosen| chosen.as_ref() == Some(&own)));
        let is_hidden =
            move || !is_chosen.get() && !in_lower_case(&label).contains(in_lower_case(&wanted.get()).trim());
        let name = clinic.name.clone();
        view! {
            <label class="option" hidden=is_hidden>
                <input type="radio" name="clinic" prop:checked=move || is_chosen.get()
                    on:change=move |_| form.choose(clinic.clone())/>
                <span>{name}</span>
            </label>
        }
        .into_any()
    });
    let mut parts = vec![element("legend", &[], vec![text("Your clinic")])];
    if count >= SEARCHED_FROM {
        parts.push(search_field(wanted));
    }
    parts.push(element("div", &[("class", "options")], options.collect()));
    Some(element("fieldset", &[("class", "clinics")], parts))
}

/// By the browser, because Rust's tables for all languages are large.
fn in_lower_case(words: &str) -> String {
    js_sys::JsString::from(words).to_lower_case().into()
}

fn search_field(wanted: RwSignal<String>) -> AnyView {
    view! {
        <label class="search">
            <span>"Search by name"</span>
            <input type="search" autocomplete="off" on:input=move |event| wanted.set(event_target_value(&event))/>
        </label>
    }
    .into_any()
}

/// The box for staying connected, where the clinic allows it. Where only other clinics do, says so.
fn keep_choice(form: ConnectForm) -> AnyView {
    let can_keep = form.launcher.can_keep();
    let can_be_kept = Memo::new(move |_| form.chosen().filter(Clinic::is_set_up).map(|clinic| clinic.can_be_kept()));
    reactive(move || match can_be_kept.get() {
        Some(true) => keep_box(form.launcher, form.is_kept),
        Some(false) if can_keep => paragraph("hint", CANNOT_BE_KEPT),
        Some(false) | None => nothing(),
    })
}

/// The buttons that launch, one for each way to connect, and their result.
pub fn connect_buttons(form: ConnectForm) -> AnyView {
    let buttons = reactive(move || match form.chosen().filter(Clinic::is_set_up) {
        Some(clinic) => element("div", &[("class", "ways")], ways(form, clinic)),
        None => element("div", &[("class", "ways")], vec![launch_button(form, "Connect".to_owned(), None)]),
    });
    let outcome = reactive(move || match (form.redirecting.get(), form.failed.get()) {
        (Some(way), _) => paragraph("hint", format!("Taking you to {}…", way.choice.label)),
        (None, Some(error)) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        (None, None) => nothing(),
    });
    let summary = reactive_text(move || form.requested().summary(&form.left_out.get()));
    let choose = element("a", &[("href", "#requested"), ("rel", "external")], vec![text("Choose what to ask for")]);
    let summary = element("p", &[("class", "hint")], vec![summary, text(" "), choose]);
    let live = element("div", &[("aria-live", "polite")], vec![outcome]);
    let parts = vec![keep_choice(form), buttons, summary, live];
    element("div", &[("class", "connect"), ("id", "connect"), ("tabindex", "-1")], parts)
}

fn ways(form: ConnectForm, clinic: Clinic) -> Vec<AnyView> {
    // A launcher for one clinic needs no name on its button.
    let is_only = !form.launcher.has_directory() && form.launcher.choices().len() < 2;
    let is_kept_elsewhere = clinic.can_be_kept();
    let mut parts = Vec::new();
    for way in clinic.ways {
        let words = match &way.portal {
            _ if is_only => "Connect".to_owned(),
            Some(portal) => format!("Connect to {}: {portal}", way.choice.label),
            None => format!("Connect to {}", way.choice.label),
        };
        let description = way.description.clone();
        let cannot_be_kept = is_kept_elsewhere && !way.choice.can_be_kept;
        parts.push(launch_button(form, words, Some(way)));
        parts.extend(description.map(|description| paragraph("hint", description)));
        parts.extend(cannot_be_kept.then(|| paragraph("hint", WAY_CANNOT_BE_KEPT)));
    }
    parts
}

fn launch_button(form: ConnectForm, words: String, way: Option<Way>) -> AnyView {
    let has_way = way.is_some();
    let is_ready =
        move || has_way && form.redirecting.get().is_none() && form.requested().has_data_without(&form.left_out.get());
    let launch = move |_| {
        if let Some(way) = way.clone() {
            form.launch(way);
        }
    };
    let button = view! {
        <button type="button" class="primary" disabled=move || !is_ready() on:click=launch>{words}</button>
    }
    .into_any();
    element("div", &[("class", "actions")], vec![button])
}

/// The data that will be requested: what is required, and what can be left out.
pub fn requested_data(form: ConnectForm) -> AnyView {
    let contents = reactive(move || {
        let RequestedScopes { fixed, data, stay_connected } = form.requested();
        let mut parts = vec![paragraph(
            "hint",
            "Leave out whatever you do not want to see here. At the clinic you can leave out more.",
        )];
        if !data.is_empty() {
            parts.push(group("Kinds of data", data, form));
        }
        if let Some(stay_connected) = stay_connected {
            parts.push(group("How long", vec![stay_connected], form));
        }
        if !fixed.is_empty() {
            parts.push(always(fixed));
        }
        element("div", &[("class", "contents")], parts)
    });
    section("requested", "What this app asks for", vec![contents])
}

fn group(heading: &'static str, items: Vec<Item>, form: ConnectForm) -> AnyView {
    let mut parts = vec![element("legend", &[], vec![text(heading)])];
    parts.push(element("div", &[("class", "options")], items.into_iter().map(|item| option(item, form)).collect()));
    element("fieldset", &[], parts)
}

fn option(item: Item, form: ConnectForm) -> AnyView {
    let (scope, own) = (item.scope.clone(), item.scope);
    let is_wanted = move || form.left_out.with(|left_out| !left_out.contains(&own));
    view! {
        <label class="option">
            <input type="checkbox" prop:checked=is_wanted
                on:change=move |event| form.set_wanted(&scope, event_target_checked(&event))/>
            <span>{item.sentence}</span>
        </label>
    }
    .into_any()
}

/// The items that are required, and why.
fn always(items: Vec<Item>) -> AnyView {
    let heading = element("h3", &[], vec![text("Always")]);
    let why = paragraph("hint", "Without these the clinic cannot tell whose record to open:");
    let items = items.into_iter().map(|item| element("li", &[], vec![text(item.sentence)]));
    let list = element("ul", &[("class", "plain-list")], items.collect());
    element("div", &[("class", "always")], vec![heading, why, list])
}

/// A link to the page where a patient connects.
pub fn connect_another() -> AnyView {
    link("", "/", "Connect to another record")
}
