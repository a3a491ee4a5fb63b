//! Work under way that several callers wait for.

use std::cell::RefCell;
use std::rc::Rc;

use crate::abort::{AbortHandle, AbortSignal};
use crate::error::{Error, Failure};
use crate::platform::Spawn;

/// Spawned work: it reaches its end whether or not anybody waits, and everybody who waits gets its outcome.
pub(crate) struct Flight<T> {
    landed: AbortSignal,
    outcome: Rc<RefCell<Option<Result<T, Failure>>>>,
}

impl<T> Clone for Flight<T> {
    fn clone(&self) -> Self {
        Self { landed: self.landed.clone(), outcome: self.outcome.clone() }
    }
}

impl<T: Clone + 'static> Flight<T> {
    /// Starts work.
    pub fn start(platform: &impl Spawn, work: impl Future<Output = Result<T, Failure>> + 'static) -> Self {
        let landing = AbortHandle::new();
        let flight = Self { landed: landing.signal(), outcome: Rc::default() };
        let outcome = flight.outcome.clone();
        platform.spawn(Box::pin(async move {
            *outcome.borrow_mut() = Some(work.await);
            landing.abort();
        }));
        flight
    }

    /// Whether both are the same work.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.outcome, &other.outcome)
    }

    /// Waits for the work's end.
    pub async fn landed(self) -> Result<T, Failure> {
        self.landed.aborted().await;
        self.outcome.borrow().clone().unwrap_or_else(|| Err(Error::Aborted.into()))
    }
}
