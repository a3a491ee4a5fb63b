//! The EHR's clock, which a test moves ahead: the next day comes without waiting.

use std::time::Duration;

use serde::Deserialize;

use super::Control;
use crate::clock::Clock;

/// How far the clock is put ahead of where it is, in seconds.
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

    /// A clock that is as far ahead of this one as tests ordered.
    pub fn clock(&self, clock: Clock) -> Clock {
        let control = self.clone();
        Clock::new(move || clock.now() + control.state().clock_ahead)
    }
}
