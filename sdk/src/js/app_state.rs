//! `AppState` for JavaScript.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::instance::promise;
use crate::client::session::AppState;
use crate::fhir::app_state::StateExtension;
use crate::web::{JsonValue, WebPlatform};

/// Small data of the app at the server.
#[wasm_bindgen(js_name = AppState)]
pub struct JsAppState {
    pub(super) state: AppState<WebPlatform>,
}

#[wasm_bindgen(js_class = AppState)]
impl JsAppState {
    /// Returns the state, or `null`.
    pub fn get(&self, signal: JsValue) -> Promise {
        let state = self.state.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            Ok(state.get(&forwarded.signal()).await?.map_or(JsValue::NULL, JsonValue::into_js))
        })
    }

    /// Stores an array of extensions, and returns the state.
    pub fn set(&self, extensions: JsValue, signal: JsValue) -> Promise {
        let state = self.state.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let extensions = StateExtension::read_all(Some(JsonValue::from_js(extensions)))?;
            state.set(&extensions, &forwarded.signal()).await.map(JsonValue::into_js)
        })
    }

    /// Deletes the state.
    pub fn delete(&self, signal: JsValue) -> Promise {
        let state = self.state.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            state.delete(&forwarded.signal()).await.map(|()| JsValue::UNDEFINED)
        })
    }
}
