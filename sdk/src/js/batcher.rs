//! `Batcher` for JavaScript.

use wasm_bindgen::JsValue;

use super::abort::Followed;
use super::handle::{Arguments, Call, Held};
use super::request::{read_request, response_object};
use super::value::promise;
use crate::client::batch::Batcher;
use crate::error::Failure;
use crate::web::{JsonValue, WebPlatform};

/// Gathers requests into batches.
pub(super) struct JsBatcher {
    batcher: Batcher<WebPlatform>,
    _followed: Followed,
}

impl JsBatcher {
    pub fn new(batcher: Batcher<WebPlatform>, followed: Followed) -> Self {
        Self { batcher, _followed: followed }
    }
}

impl Held for JsBatcher {
    fn call(&self, call: Call, [asked, signal, _]: Arguments) -> JsValue {
        match call {
            Call::Request => promise(send(self.batcher.clone(), asked, signal)).into(),
            Call::Flush => {
                self.batcher.flush();
                JsValue::UNDEFINED
            }
            _ => JsValue::UNDEFINED,
        }
    }
}

/// Sends a request within a batch, as the face describes it.
async fn send(batcher: Batcher<WebPlatform>, asked: JsValue, signal: JsValue) -> Result<JsValue, Failure> {
    let followed = Followed::new(signal)?;
    let request = read_request(&JsonValue::from_js(asked))?;
    Ok(response_object(batcher.request(&request, &followed.signal()).await?))
}
