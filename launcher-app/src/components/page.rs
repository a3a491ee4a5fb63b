//! A page: its title, its main part, and the focus.

use leptos::html::Main;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::launcher::Launcher;

/// The path of the last page. A page with another path takes the focus, so that screen readers read it.
#[derive(Clone, Default)]
struct LastPath(Option<String>);

/// A page with its title in the window's title.
pub fn page(title: &'static str, parts: Vec<AnyView>) -> AnyView {
    let main = NodeRef::<Main>::new();
    let app_title = expect_context::<Launcher>().title();
    let last_path = expect_context::<StoredValue<LastPath>>();
    let path = use_location().pathname.get_untracked();
    Effect::new(move |_| {
        let Some(element) = main.get() else { return };
        document().set_title(&format!("{title} – {app_title}"));
        let LastPath(last) = last_path.get_value();
        if last.is_some_and(|last| last != path) {
            // Without the focus, screen readers still start at the beginning.
            let _ = element.focus();
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
        last_path.set_value(LastPath(Some(path.clone())));
    });
    view! { <main id="content" class="page" tabindex="-1" node_ref=main>{parts}</main> }.into_any()
}

/// Moves the focus to an element, when the button that has it is removed.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.as_ref().and_then(|element| element.dyn_ref::<HtmlElement>()) {
        // If it fails, the focus stays where it is.
        let _ = element.focus();
    }
}

/// Provides the path of the last page.
pub fn provide_last_path() {
    provide_context(StoredValue::new(LastPath::default()));
}
