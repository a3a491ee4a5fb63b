//! The page of the EHR: the one that shows this page in a frame, or that opened it.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use super::global::{global, global_as};
use super::host::{Callback, callback};
use super::{JsonValue, WebPlatform};
use crate::platform::{EhrWindow, NavigationFailure};

#[wasm_bindgen]
extern "C" {
    type OtherWindow;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &OtherWindow, message: &JsValue, target_origin: &str) -> Result<(), JsValue>;

    type OwnWindow;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add_event_listener(this: &OwnWindow, name: &str, listener: &JsValue);
    #[wasm_bindgen(method, js_name = removeEventListener)]
    fn remove_event_listener(this: &OwnWindow, name: &str, listener: &JsValue);
}

/// Listens to messages of the EHR's page until it is dropped.
pub struct EhrListener(Callback);

impl Drop for EhrListener {
    fn drop(&mut self) {
        global_as::<OwnWindow>().remove_event_listener("message", self.0.as_ref());
    }
}

impl EhrWindow for WebPlatform {
    type EhrListener = EhrListener;

    fn listen_to_ehr(&self, origin: &str, handler: Rc<dyn Fn(JsonValue)>) -> Option<EhrListener> {
        let (ehr, origin) = (ehr_window()?, origin.to_owned());
        let listener = callback(move |event: JsValue| {
            let event: MessageEvent = event.unchecked_into();
            let is_of_ehr = event.source().is_some_and(|source| *source == *ehr);
            if is_of_ehr && event.origin() == origin {
                handler(JsonValue::from_js(event.data()));
            }
        });
        global_as::<OwnWindow>().add_event_listener("message", listener.as_ref());
        Some(EhrListener(listener))
    }

    fn post_to_ehr(&self, origin: &str, message: &JsonValue) -> Result<(), NavigationFailure> {
        let ehr = ehr_window().ok_or(NavigationFailure)?;
        ehr.post_message(&message.clone().into_js(), origin).map_err(|_| NavigationFailure)
    }
}

/// The page around this one; for a page that is not in a frame, the one that opened it.
fn ehr_window() -> Option<OtherWindow> {
    // Outside a page, there is no `parent`.
    let (own, parent) = (global::<JsValue>("self")?, global::<JsValue>("parent")?);
    if parent == own { global("opener") } else { Some(parent.unchecked_into()) }
}
