//! Lets a page in only with a session, and says why where there is none.

use leptos::prelude::*;

use super::page::Page;
use super::trouble::TroublePanel;
use crate::launcher::{Launcher, OpenSession, State};
use crate::model::trouble::{Audience, Trouble};

/// Shows `page` with the session that stands; else what became of it.
pub fn with_session(page: fn(OpenSession) -> AnyView) -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    move || match launcher.state() {
        State::Unknown | State::Looking => view! { <Waiting words="One moment, please…"/> }.into_any(),
        State::Open(session) => page(StoredValue::new_local(session)),
        State::None | State::SignedOut { .. } => view! { <NotConnected/> }.into_any(),
        State::Ended { reason, audience } => told(Trouble::of_ended(&reason, audience)),
        State::Failed(error) => told(Trouble::of(&error, Audience::Patient)),
    }
}

/// A page of nothing but a failure and the way to the start.
pub fn told(trouble: Trouble) -> AnyView {
    view! {
        <Page title=trouble.title>
            <TroublePanel trouble>
                <a class="button" href="/">"Go to the start page"</a>
            </TroublePanel>
        </Page>
    }
    .into_any()
}

/// A page that waits.
#[component]
pub fn Waiting(
    /// What for.
    words: &'static str,
) -> impl IntoView {
    view! {
        <Page title="One moment">
            <p class="waiting" role="status">{words}</p>
        </Page>
    }
}

#[component]
fn NotConnected() -> impl IntoView {
    let opens_from_charts = expect_context::<Launcher>().opens_from_charts();
    view! {
        <Page title="Not connected">
            <div class="card narrow">
                <h1>"No record is open"</h1>
                <p>"To see a record here, connect to the clinic first."</p>
                <Show when=move || opens_from_charts>
                    <p>"If you work at a clinic, open this app from the patient's chart."</p>
                </Show>
                <div class="actions"><a class="button" href="/">"Go to the start page"</a></div>
            </div>
        </Page>
    }
}
