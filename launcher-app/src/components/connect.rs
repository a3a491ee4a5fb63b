//! What a patient decides before leaving for the clinic: which clinic, and what to ask it for.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Failure;

use super::draw::{element, link, nothing, paragraph, reactive, reactive_text, text};
use super::section::section;
use super::trouble::trouble_note;
use crate::config::Choice;
use crate::launcher::Launcher;
use crate::model::asking::{Asking, Item};
use crate::model::trouble::{Audience, Trouble};

/// From how many clinics on they can be searched.
const SEARCHED_FROM: usize = 6;

/// What is decided, and what came of it.
#[derive(Clone, Copy)]
pub struct Connecting {
    launcher: Launcher,
    choices: StoredValue<Vec<Choice>>,
    chosen: RwSignal<usize>,
    left_out: RwSignal<Vec<String>>,
    is_leaving: RwSignal<bool>,
    failed: RwSignal<Option<Failure>>,
}

impl Connecting {
    /// Nothing is left out and the first clinic is chosen; `None` where patients connect to no clinic.
    pub fn new(launcher: Launcher) -> Option<Self> {
        let choices = launcher.choices();
        if choices.is_empty() {
            return None;
        }
        let is_leaving = RwSignal::new(false);
        // Who comes back by the Back button finds the page as it was left.
        let shown_again =
            window_event_listener(ev::Custom::<ev::Event>::new("pageshow"), move |_| is_leaving.set(false));
        on_cleanup(move || shown_again.remove());
        Some(Self {
            launcher,
            choices: StoredValue::new(choices),
            chosen: RwSignal::new(0),
            left_out: RwSignal::new(Vec::new()),
            is_leaving,
            failed: RwSignal::new(None),
        })
    }

    fn choice(self) -> Option<Choice> {
        let chosen = self.chosen.get();
        self.choices.with_value(|choices| choices.get(chosen).cloned())
    }

    fn asking(self) -> Asking {
        Asking::read(&self.choice().map(|choice| choice.scope).unwrap_or_default())
    }

    fn choose(self, index: usize) {
        self.left_out.set(Vec::new());
        self.chosen.set(index);
    }

    fn put(self, scope: &str, is_wanted: bool) {
        self.left_out.update(|left_out| {
            left_out.retain(|other| other != scope);
            if !is_wanted {
                left_out.push(scope.to_owned());
            }
        });
    }

    fn leave(self) {
        let Some(choice) = untrack(|| self.choice()) else { return };
        let scope = untrack(|| self.asking()).without(&self.left_out.get_untracked());
        self.failed.set(None);
        self.is_leaving.set(true);
        spawn_local(async move {
            if let Err(error) = self.launcher.launch(Some(choice.name), scope).await {
                self.is_leaving.try_set(false);
                self.failed.try_set(Some(error));
            }
        });
    }
}

/// The clinics, where there are several; many can be searched.
pub fn server_choice(connecting: Connecting) -> Option<AnyView> {
    let choices = connecting.choices.get_value();
    if choices.len() < 2 {
        return None;
    }
    let wanted = RwSignal::new(String::new());
    let count = choices.len();
    let options = choices.into_iter().enumerate().map(|(index, choice)| {
        let label = choice.label.clone();
        let is_hidden = move || {
            let is_chosen = connecting.chosen.get() == index;
            !is_chosen && !in_lower_case(&label).contains(in_lower_case(&wanted.get()).trim())
        };
        view! {
            <label class="option" hidden=is_hidden>
                <input type="radio" name="clinic" prop:checked=move || connecting.chosen.get() == index
                    on:change=move |_| connecting.choose(index)/>
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

/// The browser knows the letters of all languages.
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

/// The button that leaves, and what came of pressing it.
pub fn connect_button(connecting: Connecting) -> AnyView {
    let is_ready =
        move || !connecting.is_leaving.get() && connecting.asking().has_data_without(&connecting.left_out.get());
    let words = move || match (connecting.choices.with_value(Vec::len), connecting.choice()) {
        (2.., Some(choice)) => format!("Connect to {}", choice.label),
        _ => "Connect".to_owned(),
    };
    let button = view! {
        <button type="button" class="primary" disabled=move || !is_ready() on:click=move |_| connecting.leave()>
            {words}
        </button>
    }
    .into_any();
    let outcome = reactive(move || match (connecting.is_leaving.get(), connecting.failed.get()) {
        (true, _) => {
            let label = connecting.choice().map(|choice| choice.label).unwrap_or_default();
            paragraph("hint", format!("Taking you to {label}…"))
        }
        (false, Some(error)) => trouble_note(Trouble::of(&error, Audience::Patient), None),
        (false, None) => nothing(),
    });
    let summary = reactive_text(move || summary(connecting));
    let choose = element("a", &[("href", "#asked"), ("rel", "external")], vec![text("Choose what to ask for")]);
    let summary = element("p", &[("class", "hint")], vec![summary, text(" "), choose]);
    let live = element("div", &[("aria-live", "polite")], vec![outcome]);
    element("div", &[("class", "connect")], vec![element("div", &[("class", "actions")], vec![button]), summary, live])
}

fn summary(connecting: Connecting) -> String {
    let (asking, left_out) = (connecting.asking(), connecting.left_out.get());
    let kept = asking.data.iter().filter(|item| !left_out.contains(&item.scope)).count();
    match (kept, asking.data.len()) {
        (_, 0) => "The clinic will ask you what to share.".to_owned(),
        (0, _) => "Choose at least one kind of data.".to_owned(),
        (kept, all) if kept == all => format!("This app will ask for all {all} kinds of data."),
        (kept, all) => format!("This app will ask for {kept} of {all} kinds of data."),
    }
}

/// What the clinic will be asked for: what has to be, and what can be left out.
pub fn what_is_asked(connecting: Connecting) -> AnyView {
    let contents = reactive(move || {
        let Asking { fixed, data, stay_connected } = connecting.asking();
        let mut parts = vec![paragraph(
            "hint",
            "Leave out whatever you do not want to see here. At the clinic you can leave out more.",
        )];
        if !data.is_empty() {
            parts.push(group("Kinds of data", data, connecting));
        }
        if let Some(stay_connected) = stay_connected {
            parts.push(group("How long", vec![stay_connected], connecting));
        }
        if !fixed.is_empty() {
            parts.push(always(fixed));
        }
        element("div", &[("class", "contents")], parts)
    });
    section("asked", "What this app asks for", vec![contents])
}

fn group(heading: &'static str, items: Vec<Item>, connecting: Connecting) -> AnyView {
    let mut parts = vec![element("legend", &[], vec![text(heading)])];
    parts.push(element(
        "div",
        &[("class", "options")],
        items.into_iter().map(|item| option(item, connecting)).collect(),
    ));
    element("fieldset", &[], parts)
}

fn option(item: Item, connecting: Connecting) -> AnyView {
    let (scope, own) = (item.scope.clone(), item.scope);
    let is_wanted = move || connecting.left_out.with(|left_out| !left_out.contains(&own));
    view! {
        <label class="option">
            <input type="checkbox" prop:checked=is_wanted
                on:change=move |event| connecting.put(&scope, event_target_checked(&event))/>
            <span>{item.sentence}</span>
        </label>
    }
    .into_any()
}

/// What cannot be left out, and why.
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
