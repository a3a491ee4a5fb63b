//! Views with a single type. Leptos compiles the code of a view once for every type of view. Parts that share a type share that code,
//! which keeps the program small enough for a phone.

use leptos::attr::any_attribute::IntoAnyAttribute;
use leptos::attr::custom::custom_attribute;
use leptos::html::ElementChild;
use leptos::prelude::*;

use crate::place::on_host;

/// A part that is rendered again when a signal that it reads changes.
pub fn reactive(draw: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    shared(Box::new(draw))
}

fn shared(draw: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || draw()).into_any()
}

/// Text that is written again when a signal that it reads changes.
pub fn reactive_text(write: impl Fn() -> String + Send + 'static) -> AnyView {
    shared_text(Box::new(write))
}

fn shared_text(write: Box<dyn Fn() -> String + Send>) -> AnyView {
    (move || write()).into_any()
}

/// An HTML element that does not change.
pub fn element(tag: &'static str, attributes: &[(&'static str, &str)], children: Vec<AnyView>) -> AnyView {
    let attributes: Vec<_> =
        attributes.iter().map(|(name, value)| custom_attribute(*name, (*value).to_owned()).into_any_attr()).collect();
    leptos::html::custom(tag).add_any_attr(attributes).child(children).into_any()
}

/// Text that does not change.
pub fn text(words: impl Into<String>) -> AnyView {
    words.into().into_any()
}

/// A paragraph with a class.
pub fn paragraph(class: &'static str, words: impl Into<String>) -> AnyView {
    element("p", &[("class", class)], vec![text(words)])
}

/// A link to another page of the app, by its path within the app.
pub fn link(class: &'static str, path: &'static str, words: &'static str) -> AnyView {
    element("a", &[("class", class), ("href", &on_host(path))], vec![text(words)])
}

/// Nothing.
pub fn nothing() -> AnyView {
    ().into_any()
}
