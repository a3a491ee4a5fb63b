//! What a patient chooses before the redirect: the clinic, and the data to request.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Failure;

use super::draw::{element, link, nothing, paragraph, reactive, reactive_text, text};
use super::section::section;
use super::trouble::trouble_note;
use crate::config::{Choice, SEARCHED_FROM};
use crate::launcher::Launcher;
use crate::model::requested_scopes::{Item, RequestedScopes};
use crate::model::trouble::{Audience, Trouble};

/// The patient's choices, and the state of the launch.
#[derive(Clone, Copy)]
pub struct ConnectForm {
    launcher: Launcher,
    choices: StoredValue<Vec<Choice>>,
    chosen: RwSignal<usize>,
    left_out: RwSignal<Vec<String>>,
    is_redirecting: RwSignal<bool>,
    failed: RwSignal<Option<Failure>>,
}

impl ConnectForm {
    /// The first clinic with all of its data; `None` if there is no clinic for patients.
    pub fn new(launcher: Launcher) -> Option<Self> {
        let choices = launcher.choices();
        if choices.is_empty() {
            return None;
        }
        let is_redirecting = RwSignal::new(false);
        // After the Back button, the page can be used again.
        let shown_again =
            window_event_listener(ev::Custom::<ev::Event>::new("pageshow"), move |_| is_redirecting.set(false));
        on_cleanup(move || shown_again.remove());
        Some(Self {
            launcher,
            choices: StoredValue::new(choices),
            chosen: RwSignal::new(0),
            left_out: RwSignal::new(Vec::new()),
            is_redirecting,
            failed: RwSignal::new(None),
        })
    }

    fn choice(self) -> Option<Choice> {
        let chosen = self.chosen.get();
        self.choices.with_value(|choices| choices.get(chosen).cloned())
    }

    fn requested(self) -> RequestedScopes {
        RequestedScopes::read(&self.choice().map(|choice| choice.scope).unwrap_or_default())
    }

    fn choose(self, index: usize) {
        self.left_out.set(Vec::new());
        self.chosen.set(index);
    }

    fn set_wanted(self, scope: &str, is_wanted: bool) {
        self.left_out.update(|left_out| {
            left_out.retain(|other| other != scope);
            if !is_wanted {
                left_out.push(scope.to_owned());
            }
        });
    }

    fn launch(self) {
        let Some(choice) = untrack(|| self.choice()) else { return };
        let scope = untrack(|| self.requested()).without(&self.left_out.get_untracked());
        self.failed.set(None);
        self.is_redirecting.set(true);
        spawn_local(async move {
            if let Err(error) = self.launcher.launch(Some(choice.name), scope).await {
                self.is_redirecting.try_set(false);
                self.failed.try_set(Some(error));
            }
        });
    }
}

/// The list of clinics, if there are several.
pub fn server_choice(form: ConnectForm) -> Option<AnyView> {
    let choices = form.choices.get_value();
    if choices.len() < 2 {
        return None;
    }
    let wanted = RwSignal::new(String::new());
    let count = choices.len();
    let options = choices.into_iter().enumerate().map(|(index, choice)| {
        let label = choice.label.clone();
        let is_hidden = move || {
            let is_chosen = form.chosen.get() == index;
            !is_chosen && !in_lower_case(&label).contains(in_lower_case(&wanted.get()).trim())
        };
        view! {
            <label class="option" hidden=is_hidden>
                <input type="radio" name="clinic" prop:checked=move || form.chosen.get() == index
                    on:change=move |_| form.choose(index)/>
                <span>{choice.label}</span>
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

/// The button that launches, and its result.
pub fn connect_button(form: ConnectForm) -> AnyView {
    let is_ready = move || !form.is_redirecting.get() && form.requested().has_data_without(&form.left_out.get());
    let words = move || match (form.choices.with_value(Vec::len), form.choice()) {
        (2.., Some(choice)) => format!("Connect to {}", choice.label),
        _ => "Connect".to_owned(),
    };
    let button = view! {
        <button type="button" class="primary" disabled=move || !is_ready() on:click=move |_| form.launch()>
            {words}
        </button>
    }
    .into_any();
    let outcome = reactive(move || match (form.is_redirecting.get(), form.failed.get()) {
        (true, _) => {
            let label = form.choice().map(|choice| choice.label).unwrap_or_default();
            paragraph("hint", format!("Taking you to {label}…"))
        }
        (false, Some(error)) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        (false, None) => nothing(),
    });
    let summary = reactive_text(move || form.requested().summary(&form.left_out.get()));
    let choose = element("a", &[("href", "#requested"), ("rel", "external")], vec![text("Choose what to ask for")]);
    let summary = element("p", &[("class", "hint")], vec![summary, text(" "), choose]);
    let live = element("div", &[("aria-live", "polite")], vec![outcome]);
    element("div", &[("class", "connect")], vec![element("div", &[("class", "actions")], vec![button]), summary, live])
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
