//! A page's frame: its title, and where the keyboard and screen readers begin.

use leptos::html::Main;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

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
        }
        last_path.set_value(LastPath(Some(path.clone())));
    });
    view! { <main id="content" class="page" tabindex="-1" node_ref=main>{parts}</main> }.into_any()
}

/// Lets pages know which one was shown before them.
pub fn provide_visits() {
    provide_context(StoredValue::new(LastPath::default()));
}
