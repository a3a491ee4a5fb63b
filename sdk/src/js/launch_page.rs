//! `SmartApp` of `smartrust/launch` for JavaScript: it starts a launch, which another page completes.

use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::instance::promise;
use super::launch::{open_app, read_launch_options};
use super::value::text;
use crate::client::app::SmartApp;
use crate::error::Failure;
use crate::platform::JsonView;
use crate::protocol::client_auth::ClientAuthentication;
use crate::web::{JsonValue, WebPlatform};

/// A launch needs no client authentication, so the page that completes it reads the key or callback.
fn skip_authentication(server: &JsonValue) -> Result<Option<ClientAuthentication>, Failure> {
    let has_own = server.member("key").is_some() || server.member("authenticate").is_some();
    Ok(has_own.then_some(ClientAuthentication::None))
}

/// An app and its servers, on a launch page.
#[wasm_bindgen(js_name = LaunchPage)]
pub struct JsLaunchPage {
    app: Rc<SmartApp<WebPlatform>>,
}

#[wasm_bindgen(js_class = LaunchPage)]
impl JsLaunchPage {
    /// Reads a configuration. `early` returns the promise of a response that the page requested before this module was loaded.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, early: Function) -> Result<Self, JsValue> {
        Ok(Self { app: open_app(config, early, &skip_authentication)? })
    }

    /// Navigates to the authorization server.
    pub fn launch(&self, options: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move { app.launch(read_launch_options(options)?).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Returns the URL of the authorization request.
    #[wasm_bindgen(js_name = authorizationUrl)]
    pub fn authorization_url(&self, options: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move { Ok(text(app.authorization_url(read_launch_options(options)?).await?.as_str())) })
    }
}
