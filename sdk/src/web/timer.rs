//! Time: the engine's clock and timers.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::WebPlatform;
use crate::platform::{Clock, Timer};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &JsValue, milliseconds: u32, sleeper: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

thread_local! {
    /// Who sleeps, by number. Every request has a timer, and a function made for each would cost more than all the rest of it.
    static SLEEPING: RefCell<Vec<(u32, Option<Waker>)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
    static RING: Closure<dyn Fn(u32)> = Closure::new(ring);
}

impl Clock for WebPlatform {
    fn now(&self) -> f64 {
        Date::now() / 1000.0
    }
}

impl Timer for WebPlatform {
    async fn sleep(&self, milliseconds: u32) {
        Sleep::begin(milliseconds).await;
    }
}

fn ring(sleeper: u32) {
    if let Some(waker) = leave(sleeper) {
        waker.wake();
    }
}

/// Takes a sleeper from the list, and gives whom to wake.
fn leave(sleeper: u32) -> Option<Waker> {
    SLEEPING.with_borrow_mut(|sleeping| {
        let place = sleeping.iter().position(|(number, _)| *number == sleeper)?;
        sleeping.swap_remove(place).1
    })
}

struct Sleep {
    number: u32,
    timer: JsValue,
}

impl Sleep {
    fn begin(milliseconds: u32) -> Self {
        let number = NEXT.get();
        NEXT.set(number.wrapping_add(1));
        SLEEPING.with_borrow_mut(|sleeping| sleeping.push((number, None)));
        let timer = RING.with(|ring| set_timeout(ring.as_ref(), milliseconds, number));
        Self { number, timer }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        SLEEPING.with_borrow_mut(|sleeping| match sleeping.iter_mut().find(|(number, _)| *number == self.number) {
            Some((_, waker)) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        leave(self.number);
        // A timer that nobody waits for would keep a server process alive.
        clear_timeout(&self.timer);
    }
}
