//! Time: the engine's clock and timers.
//!
//! Every request has a time that it may take, and hardly any takes it. So all who sleep share one timer of the engine, which is
//! set for the first of them; in a page it is left to ring when nobody sleeps any more.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::WebPlatform;
use super::global::has_global;
use super::host::{Callback, callback};
use crate::platform::{Clock, Timer};

/// What engines take for no time at all begins above this, in milliseconds.
const LONGEST: f64 = 2_147_483_647.0;
/// Engines may ring so much too soon, in milliseconds.
const TOO_SOON: f64 = 1.0;
/// A timer that has not rung so long after its time, in milliseconds, may never ring.
const TOO_LATE: f64 = 1_000.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &JsValue, milliseconds: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
    /// Milliseconds, whatever is done to the clock on the wall.
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
        Sleeping::begin(milliseconds).await;
    }
}

struct Sleeper {
    number: u32,
    until: f64,
    waker: Waker,
}

/// The engine's timer, and when it rings.
struct Alarm {
    id: JsValue,
    at: f64,
}

thread_local! {
    static SLEEPERS: RefCell<Vec<Sleeper>> = const { RefCell::new(Vec::new()) };
    static ALARM: RefCell<Option<Alarm>> = const { RefCell::new(None) };
    static LAST: Cell<u32> = const { Cell::new(0) };
    static RING: Callback = callback(|_| ring());
    static IN_PAGE: bool = has_global("document");
}

/// Wakes those whose time has come, and sets the alarm for the others.
fn ring() {
    ALARM.take();
    let now = milliseconds();
    SLEEPERS.with_borrow_mut(|sleepers| {
        sleepers.retain(|sleeper| {
            let sleeps_on = sleeper.until > now + TOO_SOON;
            if sleeps_on {
                set_alarm(sleeper.until, now);
            } else {
                sleeper.waker.wake_by_ref();
            }
            sleeps_on
        });
    });
}

/// Sees to it that the alarm rings at a time, or earlier. One that should have rung may have been taken away with the page's timers,
/// as tests do.
fn set_alarm(at: f64, now: f64) {
    if ALARM.with_borrow(|alarm| alarm.as_ref().is_some_and(|alarm| now <= alarm.at + TOO_LATE && alarm.at <= at)) {
        return;
    }
    stop_alarm();
    let wait = (at - now).min(LONGEST);
    let id = RING.with(|ring| set_timeout(ring.as_ref(), wait));
    ALARM.set(Some(Alarm { id, at }));
}

fn stop_alarm() {
    if let Some(alarm) = ALARM.take() {
        clear_timeout(&alarm.id);
    }
}

/// Being on the list of those who sleep.
struct Sleeping {
    number: u32,
}

impl Sleeping {
    fn begin(wait: u32) -> Self {
        let number = LAST.get().wrapping_add(1);
        LAST.set(number);
        let now = milliseconds();
        let until = now + f64::from(wait);
        SLEEPERS.with_borrow_mut(|sleepers| sleepers.push(Sleeper { number, until, waker: Waker::noop().clone() }));
        set_alarm(until, now);
        Self { number }
    }
}

impl Future for Sleeping {
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

impl Drop for Sleeping {
    fn drop(&mut self) {
        SLEEPERS.with_borrow_mut(|sleepers| {
            let place = sleepers.iter().position(|sleeper| sleeper.number == self.number);
            place.map(|place| sleepers.swap_remove(place))
        });
        // A timer that nobody waits for would keep a server process alive.
        if !IN_PAGE.with(|in_page| *in_page) && SLEEPERS.with_borrow(Vec::is_empty) {
            stop_alarm();
        }
    }
}
