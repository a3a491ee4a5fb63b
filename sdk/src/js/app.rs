//! `SmartApp` for JavaScript.

use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::client_auth::read_authentication;
use super::connection::JsConnection;
use super::instance::promise;
use super::launch::{open_app, read_launch_options};
use super::session::JsSession;
use super::value::text;
use crate::client::app::SmartApp;
use crate::client::launch::{LaunchAgainOptions, LaunchOptions, PastedTokenOptions};
use crate::client::session::Session;
use crate::error::Error;
use crate::platform::JsonView;
use crate::web::{JsonValue, WebPlatform};

/// An app and its servers.
#[wasm_bindgen(js_name = App)]
pub struct JsApp {
    app: Rc<SmartApp<WebPlatform>>,
}

#[wasm_bindgen(js_class = App)]
impl JsApp {
    /// Reads a configuration. `early` returns the promise of a response that the page requested before this module was loaded.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, early: Function) -> Result<Self, JsValue> {
        Ok(Self { app: open_app(config, early, &read_authentication)? })
    }

    /// Returns the session of this page, or `null`.
    pub fn resume(&self) -> Promise {
        let app = self.app.clone();
        promise(async move { Ok(app.resume().await?.map_or(JsValue::NULL, session_object)) })
    }

    /// Returns an array of all sessions.
    pub fn sessions(&self) -> Promise {
        let app = self.app.clone();
        promise(async move { Ok(app.sessions().await?.into_iter().map(session_object).collect::<Array>().into()) })
    }

    /// Returns an array of the connections on this device.
    pub fn connections(&self) -> Promise {
        let app = self.app.clone();
        promise(async move {
            let object = |connection| JsValue::from(JsConnection { app: app.clone(), connection });
            Ok(app.connections().await?.into_iter().map(object).collect::<Array>().into())
        })
    }

    /// Navigates to the authorization server.
    pub fn launch(&self, options: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move { app.launch(read_launch_options(options)?).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Navigates to the authorization server, for the patient of a session.
    #[wasm_bindgen(js_name = launchAgain)]
    pub fn launch_again(&self, session: &JsSession, options: JsValue) -> Promise {
        let (app, session) = (self.app.clone(), session.session().clone());
        promise(async move {
            let LaunchOptions { scope, keep, .. } = read_launch_options(options)?;
            app.launch_again(&session, LaunchAgainOptions { scope, keep }).await.map(|()| JsValue::UNDEFINED)
        })
    }

    /// Launches in a window that `pkg/index.js` opened, and returns the session.
    #[wasm_bindgen(js_name = launchInPopup)]
    pub fn launch_in_popup(&self, popup: JsValue, options: JsValue, signal: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            let popup = popup.is_object().then(|| popup.unchecked_into()).ok_or(Error::PopupBlocked)?;
            app.launch_in_popup(popup, read_launch_options(options)?, &forwarded.signal()).await.map(session_object)
        })
    }

    /// Creates a session with an access token that the user pasted.
    #[wasm_bindgen(js_name = sessionFromToken)]
    pub fn session_from_token(&self, token: String, options: JsValue) -> Promise {
        let (app, options) = (self.app.clone(), JsonValue::from_js(options));
        promise(async move {
            let token_options = PastedTokenOptions {
                patient: options.member_text("patient"),
                scope: options.member_text("scope"),
                expires_in: options.member("expiresIn").and_then(|seconds| seconds.number()),
            };
            let server = options.member_text("server");
            app.session_from_token(server.as_deref(), &token, token_options).await.map(session_object)
        })
    }

    /// Returns the URL of the authorization request.
    #[wasm_bindgen(js_name = authorizationUrl)]
    pub fn authorization_url(&self, options: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move { Ok(text(app.authorization_url(read_launch_options(options)?).await?.as_str())) })
    }
}

pub(super) fn session_object(session: Session<WebPlatform>) -> JsValue {
    JsSession::new(session).into()
}
