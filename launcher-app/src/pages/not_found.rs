//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::gate::short_page;

/// Says that there is no such page.
pub fn not_found() -> AnyView {
    short_page("Page not found", "There is no page here", &["The address may be misspelt, or the page may have moved."])
}
