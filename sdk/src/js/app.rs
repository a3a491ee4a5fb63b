//! `SmartApp` for JavaScript.

use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::error::json_argument;
use super::lazy::{Task, lazily};
use super::session::JsSession;
use super::value::promise;
use crate::client::app::{AuthorizationMethod, LaunchOptions, SmartApp};
use crate::client::config::SmartAppConfig;
use crate::client::config_json::{ReadAuthentication, members};
use crate::client::pasted::PastedTokenOptions;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::protocol::client_auth::ClientAuthentication;
use crate::web::{JsonValue, Popup, StoreChoice, WebPlatform};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn warn(text: &str);
}

pub(super) type App = Rc<SmartApp<WebPlatform>>;

/// An app and its servers.
#[wasm_bindgen(js_name = SmartApp)]
pub struct JsApp {
    app: App,
}

impl JsApp {
    /// Reads a configuration, and by `authentication` what in it is no JSON.
    pub(super) fn read(
        config: JsValue,
        early: Function,
        authentication: &ReadAuthentication<JsonValue>,
    ) -> Result<Self, Failure> {
        let config = json_argument(config, "config")?;
        let platform = WebPlatform::with_early_responses(read_store(&config)?, early);
        let app = SmartApp::new(platform, SmartAppConfig::read_with(&config, authentication)?)?;
        app.findings().iter().for_each(|finding| warn(&finding.message));
        Ok(Self { app: Rc::new(app) })
    }
}

#[wasm_bindgen(js_class = SmartApp)]
impl JsApp {
    /// Reads a configuration. `early` gives what was begun to be fetched before this was loaded.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, early: Function) -> Result<Self, JsValue> {
        Ok(Self::read(config, early, &refuse_authentication)?)
    }

    /// Reads a configuration in which a server has a key or a callback to authenticate by.
    #[wasm_bindgen(js_name = withAuthentication)]
    pub fn with_authentication(config: JsValue, early: Function) -> Promise {
        lazily(Task::ReadAuthentication(config, early))
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
        lazily(Task::Sessions(self.app.clone()))
    }

    /// Leaves for the authorization server of a session, once more.
    #[wasm_bindgen(js_name = launchAgain)]
    pub fn launch_again(&self, session: &JsSession, scope: Option<String>) -> Promise {
        lazily(Task::LaunchAgain(self.app.clone(), session.session(), scope))
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
        lazily(Task::LaunchInPopup(self.app.clone(), popup, options, signal))
    }

    /// A session with an access token that somebody gave the user.
    #[wasm_bindgen(js_name = sessionFromToken)]
    pub fn session_from_token(&self, token: String, options: JsValue) -> Promise {
        lazily(Task::SessionFromToken(self.app.clone(), token, options))
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

/// Finds all sessions.
pub(super) async fn sessions(app: App) -> Result<JsValue, Failure> {
    let sessions = app.sessions().await?;
    Ok(sessions.into_iter().map(|session| JsValue::from(JsSession::new(session))).collect::<Array>().into())
}

/// Leaves once more.
pub(super) async fn launch_again(
    app: App,
    session: Session<WebPlatform>,
    scope: Option<String>,
) -> Result<JsValue, Failure> {
    app.launch_again(&session, scope.as_deref()).await?;
    Ok(JsValue::UNDEFINED)
}

/// Launches in a window.
pub(super) async fn launch_in_popup(
    app: App,
    popup: Option<Popup>,
    options: JsValue,
    signal: JsValue,
) -> Result<JsValue, Failure> {
    let (popup, followed) = (popup.ok_or(Error::PopupBlocked)?, Followed::new(signal));
    let session = app.launch_in_popup(popup, read_options(options)?, &followed.signal()).await?;
    Ok(JsSession::new(session).into())
}

/// Takes in a token that was pasted.
pub(super) async fn session_from_token(app: App, token: String, options: JsValue) -> Result<JsValue, Failure> {
    let options = JsonValue::from_js(options);
    let about = PastedTokenOptions {
        patient: options.member_text("patient"),
        scope: options.member_text("scope"),
        expires_in: options.member("expiresIn").and_then(|seconds| seconds.number()),
    };
    let session = app.session_from_token(options.member_text("server").as_deref(), &token, about).await?;
    Ok(JsSession::new(session).into())
}

/// Where the code that reads a key or a callback is not at hand, none is overlooked.
fn refuse_authentication(server: &JsonValue) -> Result<Option<ClientAuthentication>, Failure> {
    match server.member("key").or_else(|| server.member("authenticate")) {
        None => Ok(None),
        Some(_) => Err(Error::configuration("key", "it was given after the app was made")),
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
        method: match options.member_text("method").as_deref() {
            None => AuthorizationMethod::Automatic,
            Some("GET") => AuthorizationMethod::Get,
            Some("POST") => AuthorizationMethod::Post,
            Some(_) => return Err(Error::configuration("method", "it is not \"GET\" or \"POST\"")),
        },
    })
}
