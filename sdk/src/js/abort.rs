//! A caller's `AbortSignal` as one of ours.

use wasm_bindgen::prelude::*;

use crate::abort::{AbortHandle, AbortSignal};
use crate::error::{Error, Failure};
use crate::web::{Callback, callback};

#[wasm_bindgen]
extern "C" {
    // web_sys takes the object for what it should be. A caller's may be anything, and throw.
    type CallersSignal;
    #[wasm_bindgen(method, getter, catch)]
    fn aborted(this: &CallersSignal) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add_event_listener(this: &CallersSignal, event: &str, listener: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn remove_event_listener(this: &CallersSignal, event: &str, listener: &JsValue) -> Result<(), JsValue>;
}

/// Follows the caller's signal as long as this lives.
pub(super) struct Followed {
    handle: AbortHandle,
    source: Option<(CallersSignal, Callback)>,
}

impl Followed {
    /// Follows an `AbortSignal`, or none.
    ///
    /// # Errors
    /// [`Error::CallerObject`] for an object that throws.
    pub fn new(source: JsValue) -> Result<Self, Failure> {
        let handle = AbortHandle::new();
        if !source.is_object() {
            return Ok(Self { handle, source: None });
        }
        let source: CallersSignal = source.unchecked_into();
        let broken = |_| Error::CallerObject { name: "signal" };
        if source.aborted().map_err(broken)?.is_truthy() {
            handle.abort();
        }
        let followed = handle.clone();
        let listener = callback(move |_| followed.abort());
        source.add_event_listener("abort", listener.as_ref()).map_err(broken)?;
        Ok(Self { handle, source: Some((source, listener)) })
    }

    pub fn signal(&self) -> AbortSignal {
        self.handle.signal()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if let Some((source, listener)) = &self.source {
            let _ = source.remove_event_listener("abort", listener.as_ref());
        }
    }
}
