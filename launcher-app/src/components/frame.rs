//! What stands above and below every page.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::launcher::{Launcher, State};

/// The title, and the ways through the app while a session stands.
#[component]
pub fn Header() -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    let is_open = Memo::new(move |_| matches!(launcher.state(), State::Open(_)));
    view! {
        <a class="skip" href="#content" rel="external">"Skip to the content"</a>
        <header class="masthead">
            <div class="masthead-inner">
                <a class="brand" href="/">
                    <img src="/icon.svg" alt="" width="32" height="32"/>
                    <span>{launcher.title()}</span>
                </a>
                <Show when=move || is_open.get()>
                    <nav aria-label="Main">
                        <A href="/record">"Record"</A>
                        <A href="/session">"Connection"</A>
                    </nav>
                </Show>
            </div>
        </header>
    }
}

/// What holds on every page.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="colophon">
            <p>"The record is read straight from the clinic into this window. It is not stored anywhere else."</p>
        </footer>
    }
}
