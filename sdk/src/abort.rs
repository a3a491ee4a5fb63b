//! Calling work off: a handle that fires, and signals that listen to it.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct State {
    aborted: bool,
    waiting: Vec<Waker>,
}

/// Fires the signals that were taken from it. Dropping it fires nothing.
#[derive(Clone, Default)]
pub struct AbortHandle {
    state: Rc<RefCell<State>>,
}

impl AbortHandle {
    /// A handle that has not fired.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells everybody who listens to stop. Firing twice does no harm.
    pub fn abort(&self) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            state.aborted = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// A signal that fires with this handle.
    pub fn signal(&self) -> AbortSignal {
        AbortSignal { state: Some(self.state.clone()) }
    }
}

/// Listens to an [`AbortHandle`].
#[derive(Clone, Default)]
pub struct AbortSignal {
    state: Option<Rc<RefCell<State>>>,
}

impl AbortSignal {
    /// A signal that never fires.
    pub fn never() -> Self {
        Self::default()
    }

    /// Whether it has fired.
    pub fn is_aborted(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.borrow().aborted)
    }

    /// Waits until it fires.
    pub fn aborted(&self) -> impl Future<Output = ()> + Unpin + use<> {
        Aborted { state: self.state.clone() }
    }

    /// The outcome of work; `None` where this fires before the outcome is taken, even if the work has ended. So a caller that aborts
    /// gets nothing else afterwards.
    pub(crate) async fn unless_aborted<T>(&self, mut work: impl Future<Output = T> + Unpin) -> Option<T> {
        let mut aborted = self.aborted();
        poll_fn(|context| match Pin::new(&mut aborted).poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut work).poll(context).map(Some),
        })
        .await
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
