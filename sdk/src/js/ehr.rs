//! `Ehr` for JavaScript.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::error::json_argument;
use super::instance::promise;
use crate::client::session::Session;
use crate::json::JsonView as _;
use crate::web::{JsonValue, WebPlatform};

/// The EHR's page. Every session has this object, but not every session may send messages.
#[wasm_bindgen(js_name = Ehr)]
pub struct JsEhr {
    session: Session<WebPlatform>,
}

impl JsEhr {
    pub(super) fn new(session: Session<WebPlatform>) -> Self {
        Self { session }
    }
}

#[wasm_bindgen(js_class = Ehr)]
impl JsEhr {
    /// Sends a message with an object as its payload, and returns the payload of the last response. `listener` is called with that of each
    /// earlier one.
    pub fn send(&self, message_type: String, payload: JsValue, listener: Function, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let (ehr, forwarded) = (session.ehr()?, Forwarded::new(signal)?);
            let payload = json_argument(payload, "payload")?.to_json();
            let on_response = |payload| {
                // This listener of `pkg/` does not throw: it queues a call of the app's listener.
                let _ = listener.call1(&JsValue::UNDEFINED, &value_of(payload));
            };
            ehr.send(&message_type, &payload, &on_response, &forwarded.signal()).await.map(value_of)
        })
    }

    /// Asks the EHR to close the app.
    pub fn done(&self, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let (ehr, forwarded) = (session.ehr()?, Forwarded::new(signal)?);
            ehr.done(&forwarded.signal()).await.map(value_of)
        })
    }

    /// Asks the EHR to show another activity, with an object of parameters.
    #[wasm_bindgen(js_name = launchActivity)]
    pub fn launch_activity(&self, activity_type: String, parameters: JsValue, signal: JsValue) -> Promise {
        let session = self.session.clone();
        promise(async move {
            let (ehr, forwarded) = (session.ehr()?, Forwarded::new(signal)?);
            let parameters = json_argument(parameters, "parameters")?.to_json();
            ehr.launch_activity(&activity_type, &parameters, &forwarded.signal()).await.map(value_of)
        })
    }
}

/// The payload of a response; `undefined` if it has none.
fn value_of(payload: Option<JsonValue>) -> JsValue {
    payload.map_or(JsValue::UNDEFINED, JsonValue::into_js)
}
