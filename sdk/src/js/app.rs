//! `SmartApp` for JavaScript.

use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::error::json_argument;
use super::handle::{Arguments, Call, Handle, Held};
use super::lazy::{self, Task, later};
use super::session::JsSession;
use super::value::{promise, text};
use crate::client::app::{AuthorizationMethod, LaunchOptions, SmartApp};
use crate::client::config::SmartAppConfig;
use crate::client::config_json::{ReadAuthentication, members};
use crate::client::pasted::PastedTokenOptions;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::protocol::client_auth::ClientAuthentication;
use crate::web::{JsonValue, StoreChoice, WebPlatform};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn warn(text: &str);
}

/// An app and its servers.
pub(super) type App = Rc<SmartApp<WebPlatform>>;

/// Reads a configuration. `early` gives what was begun to be fetched before this was loaded. `has_authentication` says whether a
/// server has a key or a callback to authenticate by.
#[wasm_bindgen(js_name = openApp)]
pub fn open_app(config: JsValue, early: Function, has_authentication: bool) -> Promise {
    promise(async move {
        match has_authentication {
            true => later(Task::ReadAuthentication(config, early)).await,
            false => read_app(config, early, &refuse_authentication),
        }
    })
}

/// Reads a configuration, and by `authentication` what in it is no JSON.
pub(super) fn read_app(
    config: JsValue,
    early: Function,
    authentication: &ReadAuthentication<JsonValue>,
) -> Result<JsValue, Failure> {
    let config = json_argument(config, "config")?;
    let platform = WebPlatform::with_early_responses(read_store(&config)?, early);
    let app = SmartApp::with_parts(platform, lazy::parts(), SmartAppConfig::read_with(&config, authentication)?)?;
    app.findings().iter().for_each(|finding| warn(&finding.message));
    Ok(Handle::new(Rc::new(app)).into())
}

impl Held for App {
    fn call(&self, call: Call, arguments: Arguments) -> JsValue {
        promise(answer(self.clone(), call, arguments)).into()
    }
}

async fn answer(app: App, call: Call, arguments: Arguments) -> Result<JsValue, Failure> {
    match call {
        Call::Resume => Ok(app.resume().await?.map_or(JsValue::NULL, session_handle)),
        Call::Launch => {
            let [options, ..] = arguments;
            app.launch(read_options(options)?).await?;
            Ok(JsValue::UNDEFINED)
        }
        Call::AuthorizationUrl => {
            let [options, ..] = arguments;
            Ok(text(app.authorization_url(read_options(options)?).await?.as_str()))
        }
        _ => later(Task::App(app, call, arguments)).await,
    }
}

/// What an app does by the second file's code.
pub(super) async fn answer_lazily(app: App, call: Call, arguments: Arguments) -> Result<JsValue, Failure> {
    match (call, arguments) {
        (Call::Sessions, _) => Ok(app.sessions().await?.into_iter().map(session_handle).collect::<Array>().into()),
        // The session comes in a handle of its own, so that it may be taken.
        (Call::LaunchAgain, [session, scope, _]) => {
            let Some(session) = Handle::take::<JsSession>(session) else { return Ok(JsValue::UNDEFINED) };
            app.launch_again(session.session(), scope.as_string().as_deref()).await?;
            Ok(JsValue::UNDEFINED)
        }
        (Call::LaunchInPopup, [popup, options, signal]) => {
            let popup = popup.is_object().then(|| popup.unchecked_into()).ok_or(Error::PopupBlocked)?;
            let followed = Followed::new(signal)?;
            let session = app.launch_in_popup(popup, read_options(options)?, &followed.signal()).await?;
            Ok(session_handle(session))
        }
        (Call::SessionFromToken, [token, options, _]) => session_from_token(app, token, options).await,
        _ => Ok(JsValue::UNDEFINED),
    }
}

fn session_handle(session: Session<WebPlatform>) -> JsValue {
    Handle::new(JsSession::new(session)).into()
}

/// Takes in a token that was pasted.
async fn session_from_token(app: App, token: JsValue, options: JsValue) -> Result<JsValue, Failure> {
    let options = JsonValue::from_js(options);
    let about = PastedTokenOptions {
        patient: options.member_text("patient"),
        scope: options.member_text("scope"),
        expires_in: options.member("expiresIn").and_then(|seconds| seconds.number()),
    };
    let (server, token) = (options.member_text("server"), token.as_string().unwrap_or_default());
    Ok(session_handle(app.session_from_token(server.as_deref(), &token, about).await?))
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
