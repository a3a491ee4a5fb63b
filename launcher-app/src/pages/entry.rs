//! The pages that other systems open: the launch link and the redirect.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use smartrust::{Error, Failure};

use crate::components::draw::reactive;
use crate::components::gate::{ended_page, failure_page, timed_out_page, waiting};
use crate::components::own_window::own_window;
use crate::launcher::{Launcher, State, needs_own_window};
use crate::model::trouble::{Audience, Trouble};

/// `/launch`: the EHR's launch link, and the redirect of this launch.
pub fn launch() -> AnyView {
    let launcher = expect_context::<Launcher>();
    if launcher.has_launch_link() && needs_own_window() {
        // The link works only once, so the other window uses it.
        return own_window();
    }
    let failed: RwSignal<Option<Failure>> = RwSignal::new(None);
    let begin = move || {
        failed.set(None);
        spawn_local(async move {
            if let Err(error) = launcher.launch(None, None, false).await {
                failed.try_set(Some(error));
            }
        });
    };
    if launcher.has_launch_link() {
        begin();
    } else {
        launcher.resume();
    }
    let open_record = redirect_to_record();
    reactive(move || match (failed.get(), launcher.state()) {
        (Some(error), _) => failure_page(Trouble::of(&error, Audience::Provider), begin),
        (None, State::Failed(error)) => {
            failure_page(Trouble::of(&error, Audience::Provider), move || launcher.resume())
        }
        (None, State::None | State::SignedOut { .. }) => {
            failure_page(Trouble::of(&Error::LaunchLink { parameter: "iss" }, Audience::Provider), || {})
        }
        (None, State::Ended { reason, session }) => ended_page(&reason, session),
        (None, State::TimedOut { session, cleared }) => timed_out_page(session, cleared),
        (None, State::Open(_)) => open_record(),
        (None, State::Unknown | State::Resuming) => waiting("Opening the record…"),
    })
}

/// `/code`: the redirect of a patient's launch.
pub fn code() -> AnyView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    let open_record = redirect_to_record();
    reactive(move || match launcher.state() {
        State::Failed(error) => failure_page(Trouble::of(&error, Audience::Patient), move || launcher.resume()),
        State::None | State::SignedOut { .. } => {
            failure_page(Trouble::of(&Error::StateMismatch, Audience::Patient), || {})
        }
        State::Ended { reason, session } => ended_page(&reason, session),
        State::TimedOut { session, cleared } => timed_out_page(session, cleared),
        State::Open(_) => open_record(),
        State::Unknown | State::Resuming => waiting("Opening your record…"),
    })
}

/// Navigates to the record, which replaces this page in the history.
fn redirect_to_record() -> impl Fn() -> AnyView {
    let navigate = use_navigate();
    move || {
        let navigate = navigate.clone();
        let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
        // After this view is rendered: a navigation while it is being rendered would break it.
        spawn_local(async move { navigate("/record", options) });
        waiting("Opening the record…")
    }
}
