//! The clock and timers.

use futures_util::FutureExt as _;
use smartrust::platform::{Clock, Timer};
use smartrust::web::WebPlatform;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

#[wasm_bindgen_test]
fn the_clock_tells_seconds_since_1970() {
    let milliseconds = js_sys::Date::now();
    let seconds = WebPlatform::default().now();
    assert!((seconds - milliseconds / 1000.0).abs() < 1.0);
}

#[wasm_bindgen_test]
async fn a_sleep_ends_when_its_time_has_passed() {
    let platform = WebPlatform::default();
    let start = platform.now();
    platform.sleep(30).await;
    let slept = platform.now() - start;
    // Engines round the clock to whole milliseconds.
    assert!(slept >= 0.029, "{slept}");
}

#[wasm_bindgen_test]
fn a_sleep_that_nobody_waits_for_any_more_is_cleared() {
    let platform = WebPlatform::default();
    let timers = browser::replace_timers();
    let mut sleep = Box::pin(platform.sleep(60_000));
    let is_over = (&mut sleep).now_or_never().is_some();
    let cleared_before = timers.cleared();
    drop(sleep);
    timers.restore();
    assert!(!is_over);
    assert_eq!(timers.set(), [60_000]);
    assert!(cleared_before.is_empty());
    // The first timer that the page set.
    assert_eq!(timers.cleared(), [1]);
}
