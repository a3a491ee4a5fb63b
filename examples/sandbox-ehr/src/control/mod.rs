//! The control API, which exists only if [`Config::control`](crate::Config::control) is set: a test requests faults and reads the log.
//! [`faults`] reads and applies faults, [`bodies`] changes the bodies of responses, [`deviations`] are mistakes of the authorization
//! server and the FHIR API, [`changes`] alters resources, [`clock`] advances the clock, [`log`] stores the requests, and [`latency`] delays every response. Nothing
//! here knows what the EHR does with a request.

mod bodies;
mod changes;
mod clock;
mod deviations;
mod faults;
mod latency;
mod log;
mod routes;

pub use deviations::Deviation;
pub use latency::slow_down;
pub use log::record;
pub use routes::routes;

pub use faults::apply as apply_faults;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::changes::Change;
use self::deviations::PendingDeviation;
use self::faults::Fault;
use self::log::Entry;

/// The pending faults and deviations, and the log of requests.
#[derive(Clone, Default)]
pub struct Control(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    deviations: Vec<PendingDeviation>,
    changes: Vec<Change>,
    requests: Vec<Entry>,
    clock_ahead: Duration,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
