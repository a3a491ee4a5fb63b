//! The control API, there only when [`Config::control`](crate::Config::control) is set: a test orders faults and reads
//! what came in. [`faults`] says what is to go wrong and makes it so, [`bodies`] what befalls an answer's body, [`deviations`] names what the
//! authorization server and the FHIR API are to do wrong by themselves, [`changes`] alters resources, [`log`] keeps the requests, and [`latency`] makes
//! every answer late. Nothing here knows what the EHR does with a
//! request.

mod bodies;
mod changes;
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

use self::changes::Change;
use self::deviations::Ordered;
use self::faults::Fault;
use self::log::Entry;

/// The faults and deviations that are still to happen, and what came in.
#[derive(Clone, Default)]
pub struct Control(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    deviations: Vec<Ordered>,
    changes: Vec<Change>,
    requests: Vec<Entry>,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
