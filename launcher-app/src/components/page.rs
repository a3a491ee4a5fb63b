//! A page's frame: its title, and where the keyboard and screen readers begin.

use leptos::html::Main;
use leptos::prelude::*;

use crate::launcher::Launcher;

/// Whether a page was shown before this one: then the new page takes the focus, so that it is read out.
#[derive(Clone, Copy, Default)]
struct Visited(bool);

/// The main part of a page.
#[component]
pub fn Page(
    /// What the page is called, in the window's title.
    title: &'static str,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    let main = NodeRef::<Main>::new();
    let app_title = expect_context::<Launcher>().title();
    let visited = use_context::<StoredValue<Visited>>();
    Effect::new(move |_| {
        let Some(element) = main.get() else { return };
        document().set_title(&format!("{title} – {app_title}"));
        if let Some(visited) = visited {
            if visited.get_value().0 {
                // A page that cannot take the focus is read out from its beginning all the same.
                let _ = element.focus();
            }
            visited.set_value(Visited(true));
        }
    });
    view! { <main id="content" class="page" tabindex="-1" node_ref=main>{children()}</main> }
}

/// Lets pages know whether they are the first one.
pub fn provide_visits() {
    provide_context(StoredValue::new(Visited::default()));
}
