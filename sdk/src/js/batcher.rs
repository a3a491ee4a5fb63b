//! `Batcher` for JavaScript.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::request::{read_request, response_object};
use super::value::promise;
use crate::client::record::Batcher;
use crate::web::{JsonValue, WebPlatform};

/// Gathers requests into batches.
#[wasm_bindgen(js_name = Batcher)]
pub struct JsBatcher {
    batcher: Batcher<WebPlatform>,
    _followed: Followed,
}

impl JsBatcher {
    pub(super) fn new(batcher: Batcher<WebPlatform>, followed: Followed) -> Self {
        Self { batcher, _followed: followed }
    }
}

#[wasm_bindgen(js_class = Batcher)]
impl JsBatcher {
    /// Sends a request within a batch.
    pub fn request(&self, request: JsValue, signal: JsValue) -> Promise {
        let batcher = self.batcher.clone();
        promise(async move {
            let followed = Followed::new(signal)?;
            let request = read_request(&JsonValue::from_js(request))?;
            Ok(response_object(batcher.request(&request, &followed.signal()).await?))
        })
    }

    /// Sends what was gathered, now.
    pub fn flush(&self) {
        self.batcher.flush();
    }
}
