//! Following other apps by a hub (FHIRcast 3): the subscription, its events and replies, and the events that the app sends.
//!
//! [`Hub`] is what an app uses; [`crate::Session::hub`] returns it. Every decision is made here: which patient is open, which event is
//! handled, what is replied, when to subscribe again. The session gives its tokens by the trait in `access`, so this may import `fhir/`,
//! `server/`, `store/` and `tasks/`, but not the session.

pub(crate) mod access;
mod change;
mod connection;
mod context;
mod current;
mod events;
mod handle;
mod leading;
mod options;
mod queue;
mod requests;
mod sending;
mod sent;
mod socket;
mod state;
mod tabs;

pub use change::{HubChange, HubState, HubView};
pub use context::PatientMatch;
pub use handle::{Hub, HubListener};
pub use options::{Decision, HubHandler, Notice, SubscribeOptions};

pub(crate) use state::HubInner;
