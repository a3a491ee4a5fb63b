//! Work that several callers wait for.

use std::cell::RefCell;
use std::rc::Rc;

use crate::abort::{AbortHandle, AbortSignal};
use crate::error::{Error, Failure};
use crate::platform::{LocalFuture, Spawn};

/// A spawned future: it runs to its end even if nobody waits, and every caller that waits gets its outcome.
pub(crate) struct SharedTask<T> {
    finished: AbortSignal,
    outcome: Rc<RefCell<Option<Result<T, Failure>>>>,
}

impl<T> Clone for SharedTask<T> {
    fn clone(&self) -> Self {
        Self { finished: self.finished.clone(), outcome: self.outcome.clone() }
    }
}

impl<T: Clone + 'static> SharedTask<T> {
    pub fn spawn(platform: &impl Spawn, work: LocalFuture<Result<T, Failure>>) -> Self {
        let finish = AbortHandle::new();
        let task = Self { finished: finish.signal(), outcome: Rc::default() };
        let outcome = task.outcome.clone();
        platform.spawn(Box::pin(async move {
            *outcome.borrow_mut() = Some(work.await);
            finish.abort();
        }));
        task
    }

    /// Whether both are the same task.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.outcome, &other.outcome)
    }

    /// Waits until the task has ended.
    pub async fn outcome(self) -> Result<T, Failure> {
        self.finished.aborted().await;
        self.outcome.borrow().clone().unwrap_or_else(|| Err(Error::Aborted.into()))
    }
}
