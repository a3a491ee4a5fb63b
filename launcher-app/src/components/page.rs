//! A page's frame: its title, and where the keyboard and screen readers begin.

use leptos::html::Main;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::launcher::Launcher;

/// The path of the page that was shown last. A page of another path takes the focus, so that it is read out.
#[derive(Clone, Default)]
struct LastPath(Option<String>);

/// The main part of a page: what it is called in the window's title, and what stands on it.
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
            // A page that cannot take the focus is read out from its beginning all the same.
            let _ = element.focus();
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
        last_path.set_value(LastPath(Some(path.clone())));
    });
    view! { <main id="content" class="page" tabindex="-1" node_ref=main>{parts}</main> }.into_any()
}

/// Moves the focus to an element, so that the keyboard stays near a button that goes away.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.as_ref().and_then(|element| element.dyn_ref::<HtmlElement>()) {
        // What cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Lets pages know which one was shown before them.
pub fn provide_visits() {
    provide_context(StoredValue::new(LastPath::default()));
}
