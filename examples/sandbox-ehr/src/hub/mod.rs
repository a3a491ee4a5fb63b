//! A hub (FHIRcast 3): apps that the provider launched learn which patient the chart shows, and may open another one. [`requests`] has
//! the routes, [`sockets`] the WebSockets, [`subscriptions`] the hub's state, [`events`] its own events.
//!
//! Each log-in of the provider has a topic of its own.

mod events;
mod requests;
mod sockets;
mod subscriptions;

pub use requests::{current, receive};
pub use sockets::connect;

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use self::subscriptions::State;
use crate::Sandbox;
use crate::fhir::render;

/// The subscriptions of all topics, and the open resources of each.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a scope is one for events (FHIRcast 3, scopes).
pub fn is_event_scope(scope: &str) -> bool {
    scope.len() > PREFIX.len() && scope.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
}

const PREFIX: &str = "fhircast/";

/// The path of the hub, below the EHR's.
pub const PATH: &str = "/hub";

/// Informs the apps of a log-in that the chart shows a patient, unless this patient is already open.
pub fn open_patient(sandbox: &Sandbox, topic: &str, number: u32) {
    let Some(person) = sandbox.people.person(number) else { return };
    let patient = events::identified(&render::patient(&person));
    let hub = &sandbox.hub;
    if !hub.state().is_open(topic, "Patient", &patient) {
        let context = serde_json::json!([{ "key": "patient", "resource": patient }]);
        hub.broadcast(sandbox, &events::event(topic, "Patient-open", context), None);
    }
}

/// Informs the apps of a log-in that the provider has logged out.
pub fn log_out(sandbox: &Sandbox, topic: &str) {
    sandbox.hub.broadcast(sandbox, &events::event(topic, "UserLogout", serde_json::json!([])), None);
}

impl Hub {
    /// Sends an event to all subscribers of it and its topic, and stores which resources are open. `but` leaves one subscription out.
    fn broadcast(&self, sandbox: &Sandbox, event: &Value, but: Option<&str>) {
        let mut state = self.state();
        state.remember(event);
        state.send(sandbox, event, but);
    }
}
