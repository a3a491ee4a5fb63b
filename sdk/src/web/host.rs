//! How failures of this WebAssembly instance reach the code that waits for it.
//!
//! A trap, or an exception that no Rust code catches, leaves the functions on the stack unfinished. The npm package sets a [`Host`] that
//! runs everything the engine calls. If such a call fails, the host settles the promises and aborts the requests that this instance opened.

use std::cell::Cell;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

/// The operations that must also work after a failure.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    /// Runs a function that the engine called.
    pub run: fn(&mut dyn FnMut()),
    /// Creates a promise and its resolver. A failure resolves it, too.
    pub create_lock: fn() -> (Promise, Option<Function>),
    /// Creates the controller of a request. A failure aborts it.
    pub open_request: fn() -> Option<AbortController>,
    /// Forgets the controller of a request that has ended.
    pub close_request: fn(&AbortController),
}

/// For Rust apps, whose own page handles failures.
const DEFAULT_HOST: Host = Host {
    run: |call| call(),
    create_lock: promise_with_resolver,
    open_request: || AbortController::new().ok(),
    close_request: |_| {},
};

thread_local! {
    static HOST: Cell<Host> = const { Cell::new(DEFAULT_HOST) };
}

/// Sets the host.
#[cfg(feature = "bindings")]
pub(crate) fn set_host(host: Host) {
    HOST.set(host);
}

/// Runs a function that the engine called.
pub(super) fn run(call: &mut dyn FnMut()) {
    (HOST.get().run)(call);
}

/// A function for the engine. One type for all purposes needs less code than several.
pub(crate) type Callback = Closure<dyn FnMut(JsValue)>;

/// Creates a function for the engine, which the host runs.
pub(crate) fn callback(mut call: impl FnMut(JsValue) + 'static) -> Callback {
    Callback::new(move |value: JsValue| {
        let mut value = Some(value);
        run(&mut || value.take().into_iter().for_each(&mut call));
    })
}

/// Creates a promise for the holder of a lock, and its resolver.
pub(super) fn create_lock() -> (Promise, Option<Function>) {
    (HOST.get().create_lock)()
}

/// A promise and its resolver. `Function::default()` would evaluate a string, which a strict Content-Security-Policy forbids.
pub(super) fn promise_with_resolver() -> (Promise, Option<Function>) {
    let mut resolver = None;
    let promise = Promise::new(&mut |resolve, _| resolver = Some(resolve));
    (promise, resolver)
}

/// Creates the controller of a request; `None` if the engine has no `AbortController`.
pub(super) fn open_request() -> Option<AbortController> {
    (HOST.get().open_request)()
}

/// Forgets the controller of a request that has ended.
pub(super) fn close_request(controller: &AbortController) {
    (HOST.get().close_request)(controller);
}
