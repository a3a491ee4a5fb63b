//! The time of day, as something a test can set.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the sandbox reads the time. Every expiry is judged by this clock and by nothing else.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self::new(SystemTime::now)
    }

    /// A clock that calls `now` whenever the time is needed, so that a test controls it.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.0)()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, the unit of `iat` and `exp` (RFC 7519, 2).
    pub(crate) fn seconds(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clock")
    }
}
