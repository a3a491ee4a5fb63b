//! What the package's JavaScript knows of this WebAssembly instance: which promises wait for it, and whether it has failed.
//!
//! A trap (a panic, no memory), or an exception that nobody here caught, leaves the functions that it goes through unfinished: memory cannot
//! be trusted any more, and whoever waits would wait for ever. So all that the engine calls is run by the package's `Instance`,
//! which then rejects every promise and lets nothing in any more.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use crate::platform::LocalFuture;
use crate::web::{self, AbortController, Host};

#[wasm_bindgen(raw_module = "../instance.js")]
extern "C" {
    type Instance;
    /// Calls a function, and ends the instance with what escapes from it.
    #[wasm_bindgen(method)]
    fn run(this: &Instance, call: &mut dyn FnMut());
    /// Makes a promise that is settled here, or by the instance's end.
    #[wasm_bindgen(method)]
    fn open(this: &Instance) -> Pending;

    /// Makes a promise that is resolved here, or by the instance's end.
    #[wasm_bindgen(method)]
    fn hold(this: &Instance) -> Pending;

    /// Makes what ends a request, which the instance's end does too.
    #[wasm_bindgen(method)]
    fn connect(this: &Instance) -> AbortController;
    /// Forgets a request that is over.
    #[wasm_bindgen(method)]
    fn disconnect(this: &Instance, controller: &AbortController);

    type Pending;
    #[wasm_bindgen(method, getter)]
    fn promise(this: &Pending) -> Promise;
    #[wasm_bindgen(method)]
    fn resolve(this: &Pending, value: &JsValue);
    #[wasm_bindgen(method, getter, js_name = resolve)]
    fn resolver(this: &Pending) -> Function;
    #[wasm_bindgen(method)]
    fn reject(this: &Pending, error: &JsValue);
}

/// The instance that this is, by the name that it has there.
#[cfg(feature = "js")]
mod own {
    use super::*;

    #[wasm_bindgen(raw_module = "../instance.js")]
    extern "C" {
        #[wasm_bindgen(thread_local_v2, js_name = page)]
        pub(super) static INSTANCE: Instance;
    }
}

#[cfg(not(feature = "js"))]
mod own {
    use super::*;

    #[wasm_bindgen(raw_module = "../instance.js")]
    extern "C" {
        #[wasm_bindgen(thread_local_v2, js_name = services)]
        pub(super) static INSTANCE: Instance;
    }
}

/// A promise of what a future gives.
pub(super) fn promise(future: LocalFuture<Result<JsValue, JsValue>>) -> Promise {
    web::set_host(Host {
        run: |call| own::INSTANCE.with(|instance| instance.run(&mut || call())),
        hold: || {
            let held = own::INSTANCE.with(Instance::hold);
            (held.promise(), Some(held.resolver()))
        },
        connect: || own::INSTANCE.with(Instance::connect),
        disconnect: |controller| own::INSTANCE.with(|instance| instance.disconnect(controller)),
    });
    let pending = own::INSTANCE.with(Instance::open);
    let promise = pending.promise();
    web::spawn(Box::pin(async move {
        match future.await {
            Ok(value) => pending.resolve(&value),
            Err(error) => pending.reject(&error),
        }
    }));
    promise
}
