//! What stands between this WebAssembly and the engine, and sees to it that nobody waits for ever where the WebAssembly fails.
//!
//! A trap, or an exception that nobody here catches, leaves the functions that it goes through unfinished. Whoever runs this WebAssembly for
//! others can set a [`Host`], through which all goes that somebody else waits for: what the engine calls, locks, requests.

use std::cell::Cell;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // web_sys reckons with exceptions that engines do not throw here.
    #[derive(Clone)]
    pub(crate) type AbortController;
    #[wasm_bindgen(constructor)]
    pub(crate) fn new() -> AbortController;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn signal(this: &AbortController) -> JsValue;
    #[wasm_bindgen(method)]
    pub(crate) fn abort(this: &AbortController);
}

/// What goes by way of whoever runs this WebAssembly.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    /// Runs all that the engine calls: it calls the function that it is given.
    pub run: fn(&mut dyn FnMut()),
    /// Makes a promise, and what resolves it, which it does itself where nobody is left to do it.
    pub hold: fn() -> (Promise, Option<Function>),
    /// Makes what ends a request, which it does itself where nobody is left to do it.
    pub connect: fn() -> AbortController,
    /// Forgets a request that is over.
    pub disconnect: fn(&AbortController),
}

/// An app in Rust runs itself, and its page sees to what escapes from it.
const APP_ITSELF: Host =
    Host { run: |call| call(), hold: promise_with_resolver, connect: AbortController::new, disconnect: |_| {} };

thread_local! {
    static HOST: Cell<Host> = const { Cell::new(APP_ITSELF) };
}

/// Has all go by way of this host from now on.
#[cfg(feature = "bindings")]
pub(crate) fn set_host(host: Host) {
    HOST.set(host);
}

/// What the engine calls, whatever for: one kind of function weighs less than several.
pub(crate) type Callback = Closure<dyn FnMut(JsValue)>;

/// A function for the engine to call.
pub(crate) fn callback(mut call: impl FnMut(JsValue) + 'static) -> Callback {
    Callback::new(move |value: JsValue| {
        let mut value = Some(value);
        (HOST.get().run)(&mut || value.take().into_iter().for_each(&mut call));
    })
}

/// A promise that others wait on, and what resolves it.
pub(super) fn held_promise() -> (Promise, Option<Function>) {
    (HOST.get().hold)()
}

/// A promise and what resolves it. `Function::default()` would evaluate a string, which a strict page forbids.
pub(super) fn promise_with_resolver() -> (Promise, Option<Function>) {
    let mut resolver = None;
    let promise = Promise::new(&mut |resolve, _| resolver = Some(resolve));
    (promise, resolver)
}

/// What ends a request.
pub(super) fn connect() -> AbortController {
    (HOST.get().connect)()
}

/// Forgets a request that is over.
pub(super) fn disconnect(controller: &AbortController) {
    (HOST.get().disconnect)(controller);
}
