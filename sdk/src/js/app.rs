//! `SmartApp` for JavaScript.

use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::client_auth::read_authentication;
use super::error::json_argument;
use super::session::JsSession;
use super::value::promise;
use crate::client::app::{LaunchOptions, SmartApp};
use crate::client::config::SmartAppConfig;
use crate::client::config_json::members;
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::web::{JsonValue, Popup, StoreChoice, WebPlatform};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn warn(text: &str);
}

/// An app and its servers.
#[wasm_bindgen(js_name = SmartApp)]
pub struct JsApp {
    app: Rc<SmartApp<WebPlatform>>,
}

#[wasm_bindgen(js_class = SmartApp)]
impl JsApp {
    /// Reads a configuration. `early` gives what was begun to be fetched before this was loaded.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, early: Function) -> Result<Self, JsValue> {
        let config = json_argument(config, "config")?;
        let platform = WebPlatform::with_store(read_store(&config)?).with_early_responses(early);
        let app = SmartApp::new(platform, SmartAppConfig::read_with(&config, &read_authentication)?)?;
        app.findings().iter().for_each(|finding| warn(&finding.message));
        Ok(Self { app: Rc::new(app) })
    }

    /// The session, or `null`.
    pub fn resume(&self) -> Promise {
        let app = self.app.clone();
        promise(async move {
            let session = app.resume().await?;
            Ok(session.map_or(JsValue::NULL, |session| JsSession::new(session).into()))
        })
    }

    /// All sessions that the store holds.
    pub fn sessions(&self) -> Promise {
        let app = self.app.clone();
        promise(async move {
            let sessions = app.sessions().await?;
            Ok(sessions.into_iter().map(|session| JsValue::from(JsSession::new(session))).collect::<Array>().into())
        })
    }

    /// Leaves for the authorization server of a session, once more.
    #[wasm_bindgen(js_name = launchAgain)]
    pub fn launch_again(&self, session: &JsSession, scope: Option<String>) -> Promise {
        let (app, session) = (self.app.clone(), session.session());
        promise(async move {
            app.launch_again(&session, scope.as_deref()).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Leaves for the authorization server.
    pub fn launch(&self, options: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move {
            app.launch(read_options(options)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Launches in a window that was opened in the user's click.
    #[wasm_bindgen(js_name = launchInPopup)]
    pub fn launch_in_popup(&self, popup: Option<Popup>, options: JsValue, signal: JsValue) -> Promise {
        let (app, followed) = (self.app.clone(), Followed::new(signal));
        promise(async move {
            let popup = popup.ok_or(Error::PopupBlocked)?;
            let session = app.launch_in_popup(popup, read_options(options)?, &followed.signal()).await?;
            Ok(JsSession::new(session).into())
        })
    }

    /// The address to send the user to.
    #[wasm_bindgen(js_name = authorizationUrl)]
    pub fn authorization_url(&self, options: JsValue) -> Promise {
        let app = self.app.clone();
        promise(async move {
            let url = app.authorization_url(read_options(options)?).await?;
            Ok(JsValue::from_str(url.as_str()))
        })
    }
}

fn read_store(config: &JsonValue) -> Result<StoreChoice, Failure> {
    let wrong = |problem: &str| Error::configuration("store", problem);
    let Some(store) = config.member("store") else { return Ok(StoreChoice::default()) };
    match store.text().as_deref() {
        Some("tab") => Ok(StoreChoice::Tab),
        Some("origin") => Ok(StoreChoice::Origin),
        Some("memory") => Ok(StoreChoice::memory()),
        Some(_) => Err(wrong("it is not \"tab\", \"origin\", \"memory\" or an object")),
        None if store.clone().into_js().is_instance_of::<Object>() => Ok(StoreChoice::Own(store.into_js())),
        None => Err(wrong("it is not \"tab\", \"origin\", \"memory\" or an object")),
    }
}

fn read_options(options: JsValue) -> Result<LaunchOptions, Failure> {
    if options.is_undefined() || options.is_null() {
        return Ok(LaunchOptions::default());
    }
    let options = JsonValue::from_js(options);
    let extra = members(&options, "parameters", JsonView::text)?;
    Ok(LaunchOptions {
        server: options.member_text("server"),
        iss: options.member_text("iss"),
        scope: options.member_text("scope"),
        extra,
        ..LaunchOptions::default()
    })
}
