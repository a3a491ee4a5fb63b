//! The clock and timers of the engine.
//!
//! Each request has a timeout, which hardly any reaches. So all sleeping tasks share one timer of the engine, which is set for the earliest.
//! In a page, it is not cleared when no task sleeps any more.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::WebPlatform;
use super::global::has_global;
use super::host::{Callback, callback};
use crate::platform::{Clock, Timer};

/// The maximum delay of `setTimeout`, in milliseconds. Engines treat a longer one as zero.
const MAX_DELAY: f64 = 2_147_483_647.0;
/// Engines may call the timer too early by this many milliseconds.
const EARLY: f64 = 1.0;
/// A timer that is late by this many milliseconds may have been cleared by others.
const LATE: f64 = 1_000.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &JsValue, milliseconds: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
    /// Milliseconds of a clock that cannot be set.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds() -> f64;
}

impl Clock for WebPlatform {
    fn now(&self) -> f64 {
        Date::now() / 1000.0
    }
}

impl Timer for WebPlatform {
    async fn sleep(&self, milliseconds: u32) {
        Sleep::new(milliseconds).await;
    }
}

struct Sleeper {
    number: u32,
    until: f64,
    waker: Waker,
}

/// The engine's timer, and its time.
struct EngineTimer {
    id: JsValue,
    at: f64,
}

thread_local! {
    static SLEEPERS: RefCell<Vec<Sleeper>> = const { RefCell::new(Vec::new()) };
    static ENGINE_TIMER: RefCell<Option<EngineTimer>> = const { RefCell::new(None) };
    static LAST: Cell<u32> = const { Cell::new(0) };
    static WAKE: Callback = callback(|_| wake_due());
    static IN_PAGE: bool = has_global("document");
}

/// Wakes the tasks that are due, and sets the timer for the others.
fn wake_due() {
    ENGINE_TIMER.take();
    let now = milliseconds();
    SLEEPERS.with_borrow_mut(|sleepers| {
        sleepers.retain(|sleeper| {
            let is_early = sleeper.until > now + EARLY;
            if is_early {
                set_timer(sleeper.until, now);
            } else {
                sleeper.waker.wake_by_ref();
            }
            is_early
        });
    });
}

/// Sets the timer to a time, unless it is set to an earlier one. A timer that is overdue is set again, because test tools
/// replace the page's timers.
fn set_timer(at: f64, now: f64) {
    if ENGINE_TIMER.with_borrow(|timer| timer.as_ref().is_some_and(|timer| now <= timer.at + LATE && timer.at <= at)) {
        return;
    }
    clear_timer();
    let wait = (at - now).min(MAX_DELAY);
    let id = WAKE.with(|wake| set_timeout(wake.as_ref(), wait));
    ENGINE_TIMER.set(Some(EngineTimer { id, at }));
}

fn clear_timer() {
    if let Some(timer) = ENGINE_TIMER.take() {
        clear_timeout(&timer.id);
    }
}

/// Completes when the sleeper is no longer in the list.
struct Sleep {
    number: u32,
}

impl Sleep {
    fn new(wait: u32) -> Self {
        let number = LAST.get().wrapping_add(1);
        LAST.set(number);
        let now = milliseconds();
        let until = now + f64::from(wait);
        SLEEPERS.with_borrow_mut(|sleepers| sleepers.push(Sleeper { number, until, waker: Waker::noop().clone() }));
        set_timer(until, now);
        Self { number }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        SLEEPERS.with_borrow_mut(|sleepers| match sleepers.iter_mut().find(|sleeper| sleeper.number == self.number) {
            Some(sleeper) => {
                sleeper.waker.clone_from(context.waker());
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        SLEEPERS.with_borrow_mut(|sleepers| {
            let place = sleepers.iter().position(|sleeper| sleeper.number == self.number);
            place.map(|place| sleepers.swap_remove(place))
        });
        // A pending timer would keep a process alive.
        if !IN_PAGE.with(|in_page| *in_page) && SLEEPERS.with_borrow(Vec::is_empty) {
            clear_timer();
        }
    }
}
