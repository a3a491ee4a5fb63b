//! The package's `Instance` object for this WebAssembly module. It knows which promises are pending and whether the module has failed.
//!
//! After a trap (a panic, or no memory) or an exception that no Rust code catches, the module's memory is inconsistent, and pending
//! promises would never settle. So `Instance` runs everything that the engine calls. After a failure it rejects all promises and
//! refuses all calls.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::error::to_js_error;
use crate::error::Failure;
use crate::platform::LocalFuture;
use crate::web::{self, Host};

#[wasm_bindgen(raw_module = "../instance.js")]
extern "C" {
    type Instance;
    /// Calls a function. What it throws is the module's failure.
    #[wasm_bindgen(method)]
    fn run(this: &Instance, call: &mut dyn FnMut());
    /// Creates a promise that a failure rejects.
    #[wasm_bindgen(method, js_name = createPromise)]
    fn create_promise(this: &Instance) -> Deferred;
    /// Creates a promise that a failure resolves.
    #[wasm_bindgen(method, js_name = createLock)]
    fn create_lock(this: &Instance) -> Deferred;
    /// Creates the controller of a request, which a failure aborts.
    #[wasm_bindgen(method, js_name = openRequest)]
    fn open_request(this: &Instance) -> AbortController;
    /// Forgets the controller of a request that has ended.
    #[wasm_bindgen(method, js_name = closeRequest)]
    fn close_request(this: &Instance, controller: &AbortController);

    type Deferred;
    #[wasm_bindgen(method, getter)]
    fn promise(this: &Deferred) -> Promise;
    #[wasm_bindgen(method)]
    fn resolve(this: &Deferred, value: &JsValue);
    #[wasm_bindgen(method, getter, js_name = resolve)]
    fn resolver(this: &Deferred) -> Function;
    #[wasm_bindgen(method)]
    fn reject(this: &Deferred, error: &JsValue);
}

/// Imports the instance of an entry of the package.
macro_rules! own_instance {
    ($name:literal) => {
        #[wasm_bindgen(raw_module = "../instance.js")]
        extern "C" {
            #[wasm_bindgen(thread_local_v2, js_name = $name)]
            static INSTANCE: Instance;
        }
    };
}

#[cfg(feature = "js-hub")]
own_instance!("hubPage");
#[cfg(all(feature = "js", not(feature = "js-hub")))]
own_instance!("page");
#[cfg(all(feature = "js-launch", not(feature = "js")))]
own_instance!("launchPage");
#[cfg(all(feature = "js-backend", not(any(feature = "js", feature = "js-launch"))))]
own_instance!("services");
#[cfg(all(feature = "js-udap", not(any(feature = "js", feature = "js-launch", feature = "js-backend"))))]
own_instance!("communities");
#[cfg(not(any(feature = "js", feature = "js-launch", feature = "js-backend", feature = "js-udap")))]
own_instance!("directories");

/// Runs a future, and returns a promise of its outcome.
pub(super) fn promise(future: impl Future<Output = Result<JsValue, Failure>> + 'static) -> Promise {
    run(Box::pin(future))
}

/// Takes a boxed future, so that it is compiled once.
fn run(future: LocalFuture<Result<JsValue, Failure>>) -> Promise {
    web::set_host(Host {
        run: |call| INSTANCE.with(|instance| instance.run(&mut || call())),
        create_lock: || {
            let lock = INSTANCE.with(Instance::create_lock);
            (lock.promise(), Some(lock.resolver()))
        },
        open_request: || Some(INSTANCE.with(Instance::open_request)),
        close_request: |controller| INSTANCE.with(|instance| instance.close_request(controller)),
    });
    let deferred = INSTANCE.with(Instance::create_promise);
    let promise = deferred.promise();
    web::spawn(Box::pin(async move {
        match future.await {
            Ok(value) => deferred.resolve(&value),
            Err(failure) => deferred.reject(&to_js_error(&failure)),
        }
    }));
    promise
}
