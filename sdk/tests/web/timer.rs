//! The clock and timers.

use std::cell::RefCell;

use futures_util::FutureExt as _;
use futures_util::future::join3;
use smartrust::platform::{Clock, Timer};
use smartrust::web::WebPlatform;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

#[wasm_bindgen_test]
fn the_clock_has_seconds_since_1970() {
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
async fn the_shortest_sleep_ends_first() {
    let platform = WebPlatform::default();
    let woken = RefCell::new(Vec::new());
    let sleep = async |milliseconds| {
        platform.sleep(milliseconds).await;
        woken.borrow_mut().push(milliseconds);
    };
    join3(sleep(60), sleep(20), sleep(40)).await;
    assert_eq!(*woken.borrow(), [20, 40, 60]);
}

#[wasm_bindgen_test]
async fn all_sleeps_share_one_timer_which_is_set_again_if_it_fires_too_early() {
    let platform = WebPlatform::default();
    let timers = browser::replace_timers();
    let sleep = |milliseconds| Box::pin(platform.sleep(milliseconds));
    let (mut late, mut early, mut between) = (sleep(50_000), sleep(10_000), sleep(30_000));
    let over = [&mut late, &mut early, &mut between].map(|sleep| sleep.now_or_never().is_some());
    let (set, cleared) = (timers.set(), timers.cleared());
    drop(late);
    drop(early);
    // No sleep has ended.
    timers.ring(2);
    let set_again = timers.set();
    drop(between);
    timers.restore();
    // A replaced timer does not fire.
    timers.ring(3);
    assert_eq!(over, [false; 3]);
    assert_eq!((set, cleared), (vec![50_000, 10_000], vec![1]));
    assert_eq!(set_again.len(), 3, "{set_again:?}");
    assert!((25_000..=30_000).contains(&set_again[2]), "{set_again:?}");
}
