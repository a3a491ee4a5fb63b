//! `Batcher` for JavaScript.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::lazy::{Task, lazily};
use super::request::{read_request, response_object};
use crate::client::batch::Batcher;
use crate::error::Failure;
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
    /// Sends a FHIR request within a batch, as the face describes it.
    pub fn request(&self, asked: JsValue, signal: JsValue) -> Promise {
        lazily(Task::Batched(self.batcher.clone(), asked, signal))
    }

    /// Sends what waits.
    pub fn flush(&self) -> Promise {
        lazily(Task::Flush(self.batcher.clone()))
    }
}

/// Sends a request within a batch.
pub(super) async fn send(batcher: Batcher<WebPlatform>, asked: JsValue, signal: JsValue) -> Result<JsValue, Failure> {
    let followed = Followed::new(signal);
    let request = read_request(&JsonValue::from_js(asked))?;
    Ok(response_object(batcher.request(&request, &followed.signal()).await?))
}
