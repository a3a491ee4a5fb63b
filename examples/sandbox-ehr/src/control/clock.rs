//! The EHR's clock. A test can advance it, for example to the next day.

use std::time::Duration;

use serde::Deserialize;

use super::Control;
use crate::clock::Clock;

/// By how much the clock is advanced, in seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    advance: u32,
}

impl Control {
    pub(super) fn advance_clock(&self, Advance { advance }: Advance) {
        let mut state = self.state();
        state.clock_ahead = state.clock_ahead.saturating_add(Duration::from_secs(advance.into()));
    }

    pub(super) fn reset_clock(&self) {
        self.state().clock_ahead = Duration::ZERO;
    }

    /// A clock that is ahead of this one by what tests requested.
    pub fn clock(&self, clock: Clock) -> Clock {
        let control = self.clone();
        Clock::new(move || clock.now() + control.state().clock_ahead)
    }
}
