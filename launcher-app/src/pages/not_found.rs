//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::page::Page;

/// Says that there is no such page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Page title="Page not found">
            <div class="card narrow">
                <h1>"There is no page here"</h1>
                <p>"The address may be misspelt, or the page may have moved."</p>
                <div class="actions"><a class="button" href="/">"Go to the start page"</a></div>
            </div>
        </Page>
    }
}
