//! Spawned futures.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use smartrust::abort::AbortHandle;
use smartrust::platform::{Spawn, Timer};
use smartrust::web::WebPlatform;
use wasm_bindgen_test::wasm_bindgen_test;

type Log = Rc<RefCell<Vec<&'static str>>>;

fn spawn(log: &Log, work: impl AsyncFnOnce(&Log) + 'static) {
    let log = log.clone();
    WebPlatform::default().spawn(Box::pin(async move { work(&log).await }));
}

/// Lets the futures that were woken run first.
async fn give_way() {
    let mut has_waited = false;
    poll_fn(|context| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        // Twice, like a future that two others wake.
        context.waker().wake_by_ref();
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[wasm_bindgen_test]
async fn spawned_futures_run_after_the_current_one_and_take_turns() {
    let log = Log::default();
    spawn(&log, async |log| {
        log.borrow_mut().push("first begins");
        give_way().await;
        log.borrow_mut().push("first ends");
    });
    spawn(&log, async |log| log.borrow_mut().push("second"));
    log.borrow_mut().push("starter");
    WebPlatform::default().sleep(1).await;
    assert_eq!(*log.borrow(), ["starter", "first begins", "second", "first ends"]);
}

#[wasm_bindgen_test]
async fn a_running_future_can_wake_and_spawn_others() {
    let log = Log::default();
    let handle = AbortHandle::new();
    for _ in 0..2 {
        let signal = handle.signal();
        spawn(&log, async move |log| {
            signal.aborted().await;
            log.borrow_mut().push("woken");
        });
    }
    spawn(&log, async move |log| {
        handle.abort();
        spawn(log, async |log| log.borrow_mut().push("started"));
        log.borrow_mut().push("still runs");
    });
    WebPlatform::default().sleep(1).await;
    assert_eq!(*log.borrow(), ["still runs", "woken", "woken", "started"]);
}
