//! A caller's `AbortSignal` as an [`AbortSignal`] of the SDK.

use wasm_bindgen::prelude::*;

use crate::abort::{AbortHandle, AbortSignal};
use crate::error::{Error, Failure};
use crate::web::{Callback, callback};

#[wasm_bindgen]
extern "C" {
    // Unlike in web_sys, these may throw, because a caller may pass any object.
    type CallersSignal;
    #[wasm_bindgen(method, getter, catch)]
    fn aborted(this: &CallersSignal) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add_event_listener(this: &CallersSignal, event: &str, listener: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn remove_event_listener(this: &CallersSignal, event: &str, listener: &JsValue) -> Result<(), JsValue>;
}

/// Forwards the caller's signal until it is dropped.
pub(super) struct Forwarded {
    handle: AbortHandle,
    source: Option<(CallersSignal, Callback)>,
}

impl Forwarded {
    /// Listens to an `AbortSignal`, if there is one.
    ///
    /// # Errors
    /// [`Error::CallerObject`] if the object throws.
    pub fn new(source: JsValue) -> Result<Self, Failure> {
        let handle = AbortHandle::new();
        if !source.is_object() {
            return Ok(Self { handle, source: None });
        }
        let source: CallersSignal = source.unchecked_into();
        let invalid = |_| Error::CallerObject { name: "signal" };
        if source.aborted().map_err(invalid)?.is_truthy() {
            handle.abort();
        }
        let forwarded = handle.clone();
        let listener = callback(move |_| forwarded.abort());
        source.add_event_listener("abort", listener.as_ref()).map_err(invalid)?;
        Ok(Self { handle, source: Some((source, listener)) })
    }

    pub fn signal(&self) -> AbortSignal {
        self.handle.signal()
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        if let Some((source, listener)) = &self.source {
            let _ = source.remove_event_listener("abort", listener.as_ref());
        }
    }
}
