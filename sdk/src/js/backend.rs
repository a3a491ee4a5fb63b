//! `BackendClient` for JavaScript.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::client_auth::read_authentication;
use super::error::json_argument;
use super::export::{JsExport, read_export_request};
use super::instance::promise;
use super::options::{read_options, read_request};
use super::search::JsSearch;
use crate::client::bulk::{BackendClient, BackendConfig};
use crate::web::{JsonValue, WebPlatform};

/// A service at a server.
#[wasm_bindgen(js_name = BackendClient)]
pub struct JsBackendClient {
    client: BackendClient<WebPlatform>,
}

#[wasm_bindgen(js_class = BackendClient)]
impl JsBackendClient {
    /// Reads a configuration.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue) -> Result<Self, JsValue> {
        let config = BackendConfig::read_with(&json_argument(config, "config")?, &read_authentication)?;
        Ok(Self { client: BackendClient::new(WebPlatform::default(), config)? })
    }

    /// Reads a resource.
    pub fn read(&self, reference: String, signal: JsValue) -> Promise {
        let client = self.client.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            client.read(&reference, &forwarded.signal()).await.map(JsonValue::into_js)
        })
    }

    /// Starts a search, or another request that returns pages.
    pub fn pages(&self, request: JsValue, limit: Option<f64>, signal: JsValue) -> Result<JsSearch, JsValue> {
        let (request, forwarded) = (JsonValue::from_js(request), Forwarded::new(signal)?);
        let search = self.client.pages(&read_request(&request)?, read_options(&request, &forwarded)?)?;
        Ok(JsSearch::new(search, limit, forwarded))
    }

    /// Starts an export.
    #[wasm_bindgen(js_name = startExport)]
    pub fn start_export(&self, request: JsValue, signal: JsValue) -> Promise {
        let client = self.client.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let request = read_export_request(&json_argument(request, "export")?)?;
            let export = client.start_export(&request, &forwarded.signal()).await?;
            Ok(JsExport::new(export).into())
        })
    }

    /// Returns the export with a status URL.
    #[wasm_bindgen(js_name = exportAt)]
    pub fn export_at(&self, status_url: &str) -> Result<JsExport, JsValue> {
        Ok(JsExport::new(self.client.export_at(status_url)?))
    }
}
