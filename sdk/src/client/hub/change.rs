//! What an app learns of its hub: the state, what may be shown, and changes.

use crate::error::Failure;
use crate::protocol::fhircast::sync_error::SyncError;

/// How a hub and the app stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubState {
    /// The app has not subscribed, or has unsubscribed.
    Off,
    /// The subscription is not confirmed yet.
    Connecting,
    /// The app shows what the other apps show.
    Synced,
    /// It may show something else than the other apps: the connection is lost, or it did not follow an event.
    Behind,
    /// The hub denied the subscription.
    Denied,
    /// The subscription has ended.
    Closed,
}

/// What the app may show of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubView {
    /// The patient is open.
    Open,
    /// Another patient was opened elsewhere, and the app has not decided yet; or the user's session sleeps. Nothing of the record may be
    /// shown or read aloud.
    Locked {
        /// The name of the other patient. Show it as text, never as HTML.
        patient: Option<String>,
    },
    /// No patient is open.
    Nothing,
}

/// A change that the listeners of a hub receive.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HubChange {
    /// The state has changed.
    State(HubState),
    /// What may be shown has changed.
    View(HubView),
    /// Another app could not follow.
    NotFollowed(SyncError),
    /// Something went wrong that the app did not ask for, such as a message that cannot be read.
    Problem(Failure),
}
