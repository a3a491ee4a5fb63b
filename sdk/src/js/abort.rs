//! A caller's `AbortSignal` as one of ours.

use wasm_bindgen::prelude::*;
use web_sys::AbortSignal as JsAbortSignal;

use crate::abort::{AbortHandle, AbortSignal};
use crate::web::Callback;

/// Follows the caller's signal as long as this lives.
pub(super) struct Followed {
    handle: AbortHandle,
    source: Option<(JsAbortSignal, Callback)>,
}

impl Followed {
    /// Follows an `AbortSignal`, or none.
    pub fn new(source: JsValue) -> Self {
        let handle = AbortHandle::new();
        let source = source.is_object().then(|| {
            let source: JsAbortSignal = source.unchecked_into();
            if source.aborted() {
                handle.abort();
            }
            let followed = handle.clone();
            let listener = Callback::new(move |_| followed.abort());
            // A signal takes every listener.
            let _ = source.add_event_listener_with_callback("abort", listener.as_ref().unchecked_ref());
            (source, listener)
        });
        Self { handle, source }
    }

    pub fn signal(&self) -> AbortSignal {
        self.handle.signal()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if let Some((source, listener)) = &self.source {
            let _ = source.remove_event_listener_with_callback("abort", listener.as_ref().unchecked_ref());
        }
    }
}
