//! Futures as the engine's microtasks, and promises as futures: what `wasm_bindgen_futures` does, in half its code.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::host::{Callback, callback};
use crate::platform::LocalFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(call: &JsValue);

    // js_sys hands back the promise that comes of it, for which nobody has a use.
    type Thenable;
    #[wasm_bindgen(method)]
    fn then(this: &Thenable, fulfilled: &JsValue, rejected: &JsValue);
}

struct Task {
    number: usize,
    waker: Waker,
    future: LocalFuture<()>,
}

thread_local! {
    /// Those that have not ended, but for the one that is being polled.
    static TASKS: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
    /// The numbers of those to poll, each by a microtask of its own.
    static WOKEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static LAST: Cell<usize> = const { Cell::new(0) };
    static POLL_NEXT: Callback = callback(|_| poll_next());
}

// A waker must be fit for other threads, as a number is.
struct Waking(usize);

impl Wake for Waking {
    fn wake(self: Arc<Self>) {
        wake(self.0);
    }
}

/// Runs a future to its end, from the next microtask on.
pub(crate) fn spawn(future: LocalFuture<()>) {
    let number = LAST.get().wrapping_add(1);
    LAST.set(number);
    let waker = Arc::new(Waking(number)).into();
    TASKS.with_borrow_mut(|tasks| tasks.push(Task { number, waker, future }));
    wake(number);
}

fn wake(number: usize) {
    WOKEN.with_borrow_mut(|woken| woken.push(number));
    POLL_NEXT.with(|poll_next| queue_microtask(poll_next.as_ref()));
}

fn poll_next() {
    let number = WOKEN.with_borrow_mut(|woken| woken.remove(0));
    // One that has ended may be woken all the same.
    let task = TASKS.with_borrow_mut(|tasks| {
        let place = tasks.iter().position(|task| task.number == number)?;
        Some(tasks.swap_remove(place))
    });
    let Some(mut task) = task else { return };
    if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
        TASKS.with_borrow_mut(|tasks| tasks.push(task));
    }
}

type Outcome = Result<JsValue, JsValue>;

/// What a promise comes to.
pub(crate) struct Settled {
    promise: Rc<RefCell<Settling>>,
}

#[derive(Default)]
struct Settling {
    outcome: Option<Outcome>,
    waiting: Option<Waker>,
    /// Kept here, because one of them is called whether or not anybody waits.
    callbacks: Option<[Callback; 2]>,
}

impl Settled {
    /// The outcome of whatever a caller's function returned: of its promise, or the value itself. An exception of the object's own ends as
    /// a rejection.
    pub fn of_any(value: &JsValue) -> Self {
        Self::of(&Promise::new(&mut |fulfill, _| {
            // What resolves a promise does not throw.
            let _ = fulfill.call1(&JsValue::UNDEFINED, value);
        }))
    }

    /// The outcome of a promise.
    pub fn of(promise: &Promise) -> Self {
        let settling = Rc::<RefCell<Settling>>::default();
        let callbacks = [Ok, Err].map(|settle: fn(JsValue) -> Outcome| {
            let settling = settling.clone();
            callback(move |value| {
                let (waiting, callbacks) = {
                    let mut settling = settling.borrow_mut();
                    settling.outcome = Some(settle(value));
                    (settling.waiting.take(), settling.callbacks.take())
                };
                drop(callbacks);
                waiting.into_iter().for_each(Waker::wake);
            })
        });
        let [fulfilled, rejected] = &callbacks;
        promise.unchecked_ref::<Thenable>().then(fulfilled.as_ref(), rejected.as_ref());
        settling.borrow_mut().callbacks = Some(callbacks);
        Self { promise: settling }
    }
}

impl Future for Settled {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut settling = self.promise.borrow_mut();
        match settling.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                settling.waiting = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
