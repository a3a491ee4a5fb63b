//! The page for an unknown URL.

use leptos::prelude::*;

use crate::components::gate::short_page;

/// Reports that the page does not exist.
pub fn not_found() -> AnyView {
    short_page(
        "Page not found",
        "This page does not exist",
        &["The address may have a spelling mistake, or the page may have moved."],
    )
}
