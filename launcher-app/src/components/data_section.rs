//! A part of the record: its heading, and what came of loading it.

use leptos::prelude::*;

use super::draw::{element, link, nothing, paragraph, reactive, text};
use super::load::{Load, Loading};
use super::trouble::trouble_note;
use crate::model::ownership::Parted;
use crate::model::trouble::{Audience, Trouble};

/// A section for one kind of data.
pub fn data_section<T: Clone + Send + Sync + 'static>(
    id: &'static str,
    heading: &'static str,
    audience: Audience,
    load: Load<Parted<T>>,
    show: fn(T) -> AnyView,
) -> AnyView {
    let contents = reactive(move || match load.state() {
        Loading::NotShared => not_shared(heading),
        Loading::Waiting => skeleton(),
        Loading::Ready(parted) => {
            element("div", &[("class", "contents")], vec![show(parted.own), left_out(parted.left_out)])
        }
        Loading::Failed(error) => trouble_note(Trouble::of(&error, audience), Some(try_again(move || load.again()))),
    });
    section(id, heading, vec![contents])
}

/// A card with a heading.
pub fn section(id: &'static str, heading: &'static str, parts: Vec<AnyView>) -> AnyView {
    let mut all = vec![element("h2", &[("id", id)], vec![text(heading)])];
    all.extend(parts);
    element("section", &[("class", "card"), ("aria-labelledby", id)], all)
}

/// The button for what failed.
pub fn try_again(again: impl Fn() + 'static) -> AnyView {
    button("", "Try again", Box::new(again))
}

/// A button.
pub fn button(class: &'static str, words: &'static str, press: Box<dyn Fn()>) -> AnyView {
    view! { <button type="button" class=class on:click=move |_| press()>{words}</button> }.into_any()
}

fn not_shared(heading: &'static str) -> AnyView {
    let hint = element("p", &[("class", "hint")], vec![link("", "/session", "See what was shared")]);
    element("div", &[("class", "contents")], vec![paragraph("absent", format!("{heading} were not shared.")), hint])
}

/// Lines that stand where the data will be.
pub fn skeleton() -> AnyView {
    let line = || element("span", &[], Vec::new());
    let lines = element("div", &[("class", "skeleton"), ("aria-hidden", "true")], vec![line(), line(), line()]);
    let spoken = element("p", &[("class", "visually-hidden"), ("role", "status")], vec![text("Loading…")]);
    element("div", &[], vec![spoken, lines])
}

fn left_out(count: usize) -> AnyView {
    match count {
        0 => nothing(),
        1 => paragraph("notice", "1 entry was left out: it does not belong to this patient."),
        _ => paragraph("notice", format!("{count} entries were left out: they do not belong to this patient.")),
    }
}
