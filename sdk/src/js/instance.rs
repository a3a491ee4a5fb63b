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

/// This instance, by its name in the package's JavaScript.
macro_rules! own_instance {
    ($name:literal) => {
        #[wasm_bindgen(raw_module = "../instance.js")]
        extern "C" {
            #[wasm_bindgen(thread_local_v2, js_name = $name)]
            static INSTANCE: Instance;
        }
    };
}

#[cfg(feature = "js")]
own_instance!("page");
#[cfg(all(feature = "js-launch", not(feature = "js")))]
own_instance!("launchPage");
#[cfg(not(any(feature = "js", feature = "js-launch")))]
own_instance!("services");

/// A promise of a future's outcome.
pub(super) fn promise(future: LocalFuture<Result<JsValue, JsValue>>) -> Promise {
    web::set_host(Host {
        run: |call| INSTANCE.with(|instance| instance.run(&mut || call())),
        hold: || {
            let held = INSTANCE.with(Instance::hold);
            (held.promise(), Some(held.resolver()))
        },
        connect: || INSTANCE.with(Instance::connect),
        disconnect: |controller| INSTANCE.with(|instance| instance.disconnect(controller)),
    });
    let pending = INSTANCE.with(Instance::open);
    let promise = pending.promise();
    web::spawn(Box::pin(async move {
        match future.await {
            Ok(value) => pending.resolve(&value),
            Err(error) => pending.reject(&error),
        }
    }));
    promise
}
