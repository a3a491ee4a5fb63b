//! `Connection` for JavaScript.

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::app::session_object;
use super::error::to_js_error;
use super::instance::promise;
use super::session::revocation_members;
use super::value::{object, text};
use crate::client::app::SmartApp;
use crate::client::keep::{Connection, Deletion};
use crate::web::WebPlatform;

/// A connection on this device.
#[wasm_bindgen(js_name = Connection)]
pub struct JsConnection {
    pub(super) app: Rc<SmartApp<WebPlatform>>,
    pub(super) connection: Connection,
}

#[wasm_bindgen(js_class = Connection)]
impl JsConnection {
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.connection.id.clone()
    }

    #[wasm_bindgen(getter)]
    pub fn server(&self) -> Option<String> {
        self.connection.server.clone()
    }

    #[wasm_bindgen(getter, js_name = fhirBase)]
    pub fn fhir_base(&self) -> String {
        self.connection.fhir_base.clone()
    }

    #[wasm_bindgen(getter)]
    pub fn issuer(&self) -> Option<String> {
        self.connection.issuer.clone()
    }

    #[wasm_bindgen(getter, js_name = clientId)]
    pub fn client_id(&self) -> String {
        self.connection.client_id.clone()
    }

    #[wasm_bindgen(getter)]
    pub fn label(&self) -> Option<String> {
        self.connection.label.clone()
    }

    /// Milliseconds since 1970.
    #[wasm_bindgen(getter, js_name = lastUsed)]
    pub fn last_used(&self) -> f64 {
        self.connection.last_used * 1000.0
    }

    #[wasm_bindgen(getter)]
    pub fn persistent(&self) -> Option<bool> {
        self.connection.is_persistent
    }

    /// Opens the connection, and returns its session.
    pub fn open(&self) -> Promise {
        let (app, connection) = (self.app.clone(), self.connection.clone());
        promise(async move { app.open_connection(&connection).await.map(session_object) })
    }

    /// Removes the connection.
    pub fn disconnect(&self) -> Promise {
        let (app, connection) = (self.app.clone(), self.connection.clone());
        promise(async move {
            let outcome = app.disconnect(&connection).await?;
            let (deletion, error) = match outcome.deletion {
                Deletion::Deleted => ("deleted", JsValue::UNDEFINED),
                Deletion::NotOffered => ("notoffered", JsValue::UNDEFINED),
                Deletion::Failed(failure) => ("failed", to_js_error(&failure)),
            };
            let revocation = revocation_members(outcome.revocation);
            Ok(object(&[&revocation[..], &[("deletion", text(deletion)), ("deletionError", error)]].concat()))
        })
    }
}
