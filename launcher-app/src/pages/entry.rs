//! Where other systems send people to: an EHR's launch link, and the redirect after a sign-in.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use smartrust::{Error, Failure};

use crate::components::draw::reactive;
use crate::components::gate::{ended, timed_out, told, waiting};
use crate::components::own_window::own_window;
use crate::launcher::{Launcher, State, needs_own_window};
use crate::model::trouble::{Audience, Trouble};

/// `/launch`: an EHR's link begins a launch, and the sign-in that follows comes back here.
pub fn launch() -> AnyView {
    let launcher = expect_context::<Launcher>();
    if launcher.has_launch_link() && needs_own_window() {
        // The link is good once: it is left to that window.
        return own_window();
    }
    let failed: RwSignal<Option<Failure>> = RwSignal::new(None);
    let begin = move || {
        failed.set(None);
        spawn_local(async move {
            if let Err(error) = launcher.launch(None, None).await {
                failed.try_set(Some(error));
            }
        });
    };
    if launcher.has_launch_link() {
        begin();
    } else {
        launcher.resume();
    }
    let onward = to_the_record();
    reactive(move || match (failed.get(), launcher.state()) {
        (Some(error), _) => told(Trouble::of(&error, Audience::Provider), begin),
        (None, State::Failed(error)) => told(Trouble::of(&error, Audience::Provider), move || launcher.resume()),
        (None, State::None | State::SignedOut { .. }) => {
            told(Trouble::of(&Error::LaunchLink { parameter: "iss" }, Audience::Provider), || {})
        }
        (None, State::Ended { reason, session }) => ended(&reason, session),
        (None, State::TimedOut { session, cleared }) => timed_out(session, cleared),
        (None, State::Open(_)) => onward(),
        (None, State::Unknown | State::Resuming) => waiting("Opening the record…"),
    })
}

/// `/code`: a patient's sign-in comes back here.
pub fn code() -> AnyView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    let onward = to_the_record();
    reactive(move || match launcher.state() {
        State::Failed(error) => told(Trouble::of(&error, Audience::Patient), move || launcher.resume()),
        State::None | State::SignedOut { .. } => told(Trouble::of(&Error::StateMismatch, Audience::Patient), || {}),
        State::Ended { reason, session } => ended(&reason, session),
        State::TimedOut { session, cleared } => timed_out(session, cleared),
        State::Open(_) => onward(),
        State::Unknown | State::Resuming => waiting("Opening your record…"),
    })
}

/// Goes on to the record, which takes the place of this page in the history.
fn to_the_record() -> impl Fn() -> AnyView {
    let navigate = use_navigate();
    move || {
        let navigate = navigate.clone();
        let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
        // After this view is in place: leaving it while it is being made would take it apart.
        spawn_local(async move { navigate("/record", options) });
        waiting("Opening the record…")
    }
}
