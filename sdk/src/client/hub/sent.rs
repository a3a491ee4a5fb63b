//! An event that the app has sent, and its outcome.

use std::cell::{Cell, RefCell};

use crate::abort::AbortHandle;
use crate::error::Failure;
use crate::protocol::fhircast::event::NewEvent;

/// An event that the app has sent.
pub(super) struct Sent {
    pub event: NewEvent,
    /// The outcome, once it is known.
    pub outcome: RefCell<Option<Result<(), Failure>>>,
    /// Aborted when the outcome is known.
    pub settled: AbortHandle,
    /// How many times it was repeated.
    pub repeats: Cell<u8>,
    /// Whether it is going to be repeated.
    pub is_scheduled: Cell<bool>,
    /// Whether a newer event came.
    pub is_over: Cell<bool>,
}

impl Sent {
    /// An event without an outcome.
    pub fn new(event: NewEvent) -> Self {
        Self {
            event,
            outcome: RefCell::default(),
            settled: AbortHandle::new(),
            repeats: Cell::default(),
            is_scheduled: Cell::default(),
            is_over: Cell::default(),
        }
    }

    /// Sets the outcome, once.
    pub fn settle(&self, outcome: Result<(), Failure>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        self.settled.abort();
    }
}
