//! Futures as the engine's microtasks, and promises as futures: what `wasm_bindgen_futures` does, in half its code.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

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

#[derive(Default)]
struct Tasks {
    last: usize,
    /// Each with its number. What is being polled is not in its place.
    running: Vec<(usize, Option<(Waker, LocalFuture<()>)>)>,
    /// The numbers of those to poll.
    woken: VecDeque<usize>,
    is_queued: bool,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
    static POLL_WOKEN: Closure<dyn Fn()> = Closure::new(poll_woken);
}

// A waker must be fit for other threads, which a number is.
struct Waking(usize);

impl Wake for Waking {
    fn wake(self: Arc<Self>) {
        wake(self.0);
    }
}

/// Runs a future to its end, from the next microtask on.
pub(super) fn spawn(future: LocalFuture<()>) {
    let number = TASKS.with_borrow_mut(|tasks| {
        tasks.last = tasks.last.wrapping_add(1);
        tasks.running.push((tasks.last, Some((Arc::new(Waking(tasks.last)).into(), future))));
        tasks.last
    });
    wake(number);
}

fn wake(number: usize) {
    let was_queued = TASKS.with_borrow_mut(|tasks| {
        if !tasks.woken.contains(&number) {
            tasks.woken.push_back(number);
        }
        std::mem::replace(&mut tasks.is_queued, true)
    });
    if !was_queued {
        POLL_WOKEN.with(|poll_woken| queue_microtask(poll_woken.as_ref()));
    }
}

/// Polls those who are woken by now. Who is woken meanwhile waits for the next microtask.
fn poll_woken() {
    let count = TASKS.with_borrow_mut(|tasks| {
        tasks.is_queued = false;
        tasks.woken.len()
    });
    for _ in 0..count {
        let next = TASKS.with_borrow_mut(|tasks| {
            let number = tasks.woken.pop_front()?;
            let (_, task) = tasks.running.iter_mut().find(|(known, _)| *known == number)?;
            Some((number, task.take()?))
        });
        // One that has ended may be woken all the same.
        let Some((number, (waker, mut future))) = next else { continue };
        let is_pending = future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending();
        // One that has ended goes while the list is free: its end may wake others.
        let task = is_pending.then_some((waker, future));
        TASKS.with_borrow_mut(|tasks| {
            if task.is_none() {
                tasks.running.retain(|(known, _)| *known != number);
            } else if let Some((_, place)) = tasks.running.iter_mut().find(|(known, _)| *known == number) {
                *place = task;
            }
        });
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
    callbacks: Option<[Closure<dyn FnMut(JsValue)>; 2]>,
}

impl Settled {
    /// The outcome of a promise.
    pub fn of(promise: &Promise) -> Self {
        let settling = Rc::<RefCell<Settling>>::default();
        let callbacks = [Ok, Err].map(|settle: fn(JsValue) -> Outcome| {
            let settling = settling.clone();
            Closure::<dyn FnMut(JsValue)>::new(move |value| {
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

/// A promise of what a future gives.
#[cfg(any(feature = "js", feature = "js-backend"))]
pub(crate) fn promise(future: impl Future<Output = Outcome> + 'static) -> Promise {
    let mut settle = None;
    let promise = Promise::new(&mut |fulfill, reject| settle = Some((fulfill, reject)));
    spawn(Box::pin(async move {
        let (outcome, Some((fulfill, reject))) = (future.await, settle) else { return };
        let (settle, value) = match outcome {
            Ok(value) => (fulfill, value),
            Err(error) => (reject, error),
        };
        // Calling what settles a promise cannot fail.
        let _ = settle.call1(&JsValue::UNDEFINED, &value);
    }));
    promise
}
