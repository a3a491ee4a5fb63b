//! Futures that the engine runs, and JavaScript promises as futures.

use std::future::poll_fn;
use std::task::Poll;

use js_sys::Promise;
use js_sys::futures::{JsFuture, spawn_local};
use wasm_bindgen::JsValue;

use super::host;
use crate::platform::LocalFuture;

/// Runs a future until it completes, starting with the next microtask.
pub(crate) fn spawn(future: LocalFuture<()>) {
    let mut pending = Some(future);
    spawn_local(poll_fn(move |context| {
        host::run(&mut || {
            // If the poll traps, `pending` stays empty: a future whose poll did not return must be neither polled nor dropped.
            if let Some(mut future) = pending.take()
                && future.as_mut().poll(context).is_pending()
            {
                pending = Some(future);
            }
        });
        if pending.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }));
}

/// Waits for a promise, or for the value itself if it is not a promise. An exception that the object throws is a rejection.
pub(crate) async fn settle(value: &JsValue) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |resolve, _| {
        // Resolving a promise does not throw.
        let _ = resolve.call1(&JsValue::UNDEFINED, value);
    });
    JsFuture::from(promise).await
}
