//! Cancellation: a handle that aborts, and signals that report it.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct State {
    aborted: bool,
    waiting: Vec<Waker>,
}

/// Aborts the signals that were created from it. Dropping it has no effect.
///
/// ```
/// use smartrust::abort::AbortHandle;
///
/// let handle = AbortHandle::new();
/// let signal = handle.signal();
/// assert!(!signal.is_aborted());
/// handle.abort();
/// assert!(signal.is_aborted());
/// ```
#[derive(Clone, Default)]
pub struct AbortHandle {
    state: Rc<RefCell<State>>,
}

impl AbortHandle {
    /// A handle that is not aborted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Aborts all signals. Calling it again has no effect.
    pub fn abort(&self) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            state.aborted = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// A signal that is aborted by this handle.
    pub fn signal(&self) -> AbortSignal {
        AbortSignal { state: Some(self.state.clone()) }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AbortHandle").field("aborted", &self.signal().is_aborted()).finish_non_exhaustive()
    }
}

/// Reports whether an [`AbortHandle`] was aborted.
#[derive(Clone, Default)]
pub struct AbortSignal {
    state: Option<Rc<RefCell<State>>>,
}

impl AbortSignal {
    /// A signal that is never aborted.
    pub fn never() -> Self {
        Self::default()
    }

    /// Whether it is aborted.
    pub fn is_aborted(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.borrow().aborted)
    }

    /// Waits until it is aborted.
    pub fn aborted(&self) -> impl Future<Output = ()> + Unpin + use<> {
        Aborted { state: self.state.clone(), waker: None }
    }

    /// The output of a future; `None` if the signal is aborted before the output is taken, even if the future is complete. So a caller
    /// gets nothing after it aborted.
    pub(crate) async fn unless_aborted<T>(&self, mut work: impl Future<Output = T> + Unpin) -> Option<T> {
        let mut aborted = self.aborted();
        poll_fn(|context| match Pin::new(&mut aborted).poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut work).poll(context).map(Some),
        })
        .await
    }
}

impl fmt::Debug for AbortSignal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AbortSignal").field("aborted", &self.is_aborted()).finish_non_exhaustive()
    }
}

struct Aborted {
    state: Option<Rc<RefCell<State>>>,
    /// The waker that the state has for this future.
    waker: Option<Waker>,
}

impl Aborted {
    /// Removes the waker: a signal may live much longer than what waits for it, such as one for all files of an export.
    fn stop_waiting(&mut self) {
        let (Some(state), Some(waker)) = (&self.state, self.waker.take()) else { return };
        let waiting = &mut state.borrow_mut().waiting;
        if let Some(place) = waiting.iter().position(|other| other.will_wake(&waker)) {
            waiting.swap_remove(place);
        }
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}

impl Future for Aborted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(state) = self.state.clone() else { return Poll::Pending };
        if state.borrow().aborted {
            return Poll::Ready(());
        }
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.stop_waiting();
            state.borrow_mut().waiting.push(context.waker().clone());
            self.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_keeps_no_waker_of_a_dropped_future() {
        let handle = AbortHandle::new();
        let signal = handle.signal();
        let wakers = || handle.state.borrow().waiting.len();
        for _ in 0..3 {
            let mut context = Context::from_waker(Waker::noop());
            let (mut one, mut other) = (signal.aborted(), signal.aborted());
            for _ in 0..2 {
                assert!(Pin::new(&mut one).poll(&mut context).is_pending());
                assert!(Pin::new(&mut other).poll(&mut context).is_pending());
            }
            assert_eq!(wakers(), 2);
            drop(one);
            assert_eq!(wakers(), 1);
            drop(other);
            assert_eq!(wakers(), 0);
        }
    }
}
