//! Where other systems send people to: an EHR's launch link, and the redirect after a sign-in.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use smartrust::Error;

use crate::components::draw::reactive;
use crate::components::gate::{told, waiting};
use crate::launcher::{Launcher, State};
use crate::model::trouble::{Audience, Trouble};

/// `/launch`: an EHR's link begins a launch, and the sign-in that follows comes back here.
#[component]
pub fn Launch() -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    let failed: RwSignal<Option<Error>> = RwSignal::new(None);
    if launcher.is_opened_by_link() {
        spawn_local(async move {
            if let Err(error) = launcher.launch(None).await {
                failed.set(Some(error));
            }
        });
    } else {
        launcher.resume();
    }
    let onward = to_the_record();
    reactive(move || match (failed.get(), launcher.state()) {
        (Some(error), _) | (None, State::Failed(error)) => told(Trouble::of(&error, Audience::Provider)),
        (None, State::None | State::SignedOut { .. }) => {
            told(Trouble::of(&Error::LaunchLink { parameter: "iss" }, Audience::Provider))
        }
        (None, State::Ended { reason, audience }) => told(Trouble::of_ended(&reason, audience)),
        (None, State::Open(_)) => onward(),
        (None, State::Unknown | State::Looking) => waiting("Opening the record…"),
    })
}

/// `/code`: a patient's sign-in comes back here.
#[component]
pub fn Code() -> impl IntoView {
    let launcher = expect_context::<Launcher>();
    launcher.resume();
    let onward = to_the_record();
    reactive(move || match launcher.state() {
        State::Failed(error) => told(Trouble::of(&error, Audience::Patient)),
        State::None | State::SignedOut { .. } => told(Trouble::of(&Error::StateMismatch, Audience::Patient)),
        State::Ended { reason, audience } => told(Trouble::of_ended(&reason, audience)),
        State::Open(_) => onward(),
        State::Unknown | State::Looking => waiting("Opening your record…"),
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
