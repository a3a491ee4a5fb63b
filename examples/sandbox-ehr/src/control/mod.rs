//! The control API, there only when [`Config::control`](crate::Config::control) is set: a test orders faults and reads
//! what came in. [`faults`] says what is to go wrong and makes it so, [`log`] keeps the requests, and [`latency`] makes
//! every answer late. Nothing here knows what the EHR does with a request.

mod faults;
mod latency;
mod log;
mod routes;

pub use latency::slow_down;
pub use log::record;
pub use routes::routes;

pub use faults::apply as apply_faults;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::faults::Fault;
use self::log::Entry;

/// The faults that are still to happen, and what came in.
#[derive(Clone, Default)]
pub struct Control(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    requests: Vec<Entry>,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
