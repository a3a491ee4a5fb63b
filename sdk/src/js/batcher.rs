//! `Batcher` for JavaScript.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::instance::promise;
use super::request::{read_request, response_object};
use crate::client::record::Batcher;
use crate::web::{JsonValue, WebPlatform};

/// Collects requests in batches.
#[wasm_bindgen(js_name = Batcher)]
pub struct JsBatcher {
    batcher: Batcher<WebPlatform>,
    _forwarded: Forwarded,
}

impl JsBatcher {
    pub(super) fn new(batcher: Batcher<WebPlatform>, forwarded: Forwarded) -> Self {
        Self { batcher, _forwarded: forwarded }
    }
}

#[wasm_bindgen(js_class = Batcher)]
impl JsBatcher {
    /// Sends a request within a batch.
    pub fn request(&self, request: JsValue, signal: JsValue) -> Promise {
        let batcher = self.batcher.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let request = read_request(&JsonValue::from_js(request))?;
            Ok(response_object(batcher.request(&request, &forwarded.signal()).await?))
        })
    }

    /// Sends the collected requests now.
    pub fn flush(&self) {
        self.batcher.flush();
    }
}
