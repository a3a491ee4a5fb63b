//! A hub (FHIRcast 3): apps that the provider launched learn which patient the chart shows, and may open another one. [`requests`] has
//! the routes, [`sockets`] the WebSockets, [`subscriptions`] the hub's state, [`events`] its own events.
//!
//! There is one topic, because there is one provider.

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
use crate::oauth::random_secret;

/// The hub's session of the provider.
pub struct Hub {
    topic: String,
    state: Mutex<State>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { topic: random_secret(), state: Mutex::default() }
    }
}

impl Hub {
    /// The provider's topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

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

/// Informs the apps that the chart shows a patient, unless this patient is already open.
pub fn open_patient(sandbox: &Sandbox, number: u32) {
    let Some(person) = sandbox.people.person(number) else { return };
    let patient = events::identified(&render::patient(&person));
    let hub = &sandbox.hub;
    if !hub.state().is_open("Patient", &patient) {
        let context = serde_json::json!([{ "key": "patient", "resource": patient }]);
        hub.broadcast(sandbox, &events::event(hub.topic(), "Patient-open", context), None);
    }
}

impl Hub {
    /// Sends an event to all subscribers of it, and remembers what is open. `but` leaves one subscription out.
    fn broadcast(&self, sandbox: &Sandbox, event: &Value, but: Option<&str>) {
        let mut state = self.state();
        state.remember(event);
        state.send(sandbox, event, but);
    }
}
