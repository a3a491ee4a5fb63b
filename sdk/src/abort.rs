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
        Aborted { state: self.state.clone() }
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
}

impl Future for Aborted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(state) = &self.state else { return Poll::Pending };
        let mut state = state.borrow_mut();
        if state.aborted {
            return Poll::Ready(());
        }
        if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            state.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}
