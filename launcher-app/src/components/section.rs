//! Cards with a heading, buttons, facts and placeholders.

use leptos::prelude::*;

use super::draw::{element, paragraph, text};

/// A card with a heading.
pub fn section(id: &str, heading: &str, parts: Vec<AnyView>) -> AnyView {
    let heading_id = format!("{id}-heading");
    let mut all = vec![element("h2", &[("id", &heading_id)], vec![text(heading)])];
    all.extend(parts);
    let attributes = [("class", "card"), ("id", id), ("tabindex", "-1"), ("aria-labelledby", &*heading_id)];
    element("section", &attributes, all)
}

/// A button.
pub fn button(class: &'static str, words: impl Into<String>, press: Box<dyn Fn()>) -> AnyView {
    button_of(class, vec![text(words)], press)
}

/// A button with a subject for screen readers.
pub fn button_about(class: &'static str, words: &'static str, about: &str, press: Box<dyn Fn()>) -> AnyView {
    let about = element("span", &[("class", "visually-hidden")], vec![text(format!(" ({about})"))]);
    button_of(class, vec![text(words), about], press)
}

fn button_of(class: &'static str, parts: Vec<AnyView>, press: Box<dyn Fn()>) -> AnyView {
    view! { <button type="button" class=class on:click=move |_| press()>{parts}</button> }.into_any()
}

/// A button that tries again.
pub fn try_again(again: impl Fn() + 'static) -> AnyView {
    button("", "Try again", Box::new(again))
}

/// A row of buttons.
pub fn actions(buttons: Vec<AnyView>) -> AnyView {
    element("div", &[("class", "actions")], buttons)
}

/// A placeholder while data is loading.
pub fn skeleton() -> AnyView {
    let line = || element("span", &[], Vec::new());
    element("div", &[("class", "skeleton"), ("aria-hidden", "true")], vec![line(), line(), line()])
}

/// A name with its value.
pub fn fact(name: &'static str, value: AnyView) -> AnyView {
    element("div", &[], vec![element("dt", &[], vec![text(name)]), element("dd", &[], vec![value])])
}

/// A list of facts.
pub fn facts(class: &'static str, facts: Vec<AnyView>) -> AnyView {
    element("dl", &[("class", class)], facts)
}

/// A text that says that there is no data.
pub fn absent(words: impl Into<String>) -> AnyView {
    paragraph("absent", words)
}
