//! The configuration and the launch options, which pages and launch pages read.

use std::rc::Rc;

use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;

use super::error::json_argument;
use crate::client::app::SmartApp;
#[cfg(feature = "keep")]
use crate::client::keep::Keep;
use crate::client::launch::{AuthorizationMethod, LaunchOptions};
use crate::client::server::SmartAppConfig;
use crate::client::server::config_json::{ReadAuthentication, members};
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::web::{JsonValue, StoreChoice, WebPlatform};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn warn(message: &str);
}

/// Reads a configuration. `early` returns the promise of a response that the page requested before this module was loaded.
pub(super) fn open_app(
    config: JsValue,
    early: Function,
    read_authentication: &ReadAuthentication<JsonValue>,
) -> Result<Rc<SmartApp<WebPlatform>>, Failure> {
    let config = json_argument(config, "config")?;
    let platform = WebPlatform::with_early_responses(read_store(&config)?, early);
    let app = SmartApp::new(platform, SmartAppConfig::read_with(&config, read_authentication)?)?;
    app.findings().iter().for_each(|finding| warn(&finding.message));
    Ok(Rc::new(app))
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

/// Reads the options of a launch.
pub(super) fn read_launch_options(options: JsValue) -> Result<LaunchOptions, Failure> {
    if options.is_null_or_undefined() {
        return Ok(LaunchOptions::default());
    }
    let options = JsonValue::from_js(options);
    #[cfg(not(feature = "keep"))]
    refuse_keep(&options)?;
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
        app_state: read_app_state(&options)?,
        #[cfg(feature = "keep")]
        keep: read_keep(&options)?,
    })
}

/// The app's own value as JSON.
fn read_app_state(options: &JsonValue) -> Result<Option<String>, Failure> {
    match options.member("appState").map(|value| value.to_json()) {
        Some(json) if json.is_empty() => Err(Error::configuration("appState", "JSON cannot represent it")),
        json => Ok(json),
    }
}

/// Reads whether and how the connection is kept: `true`, or an object with options.
#[cfg(feature = "keep")]
fn read_keep(options: &JsonValue) -> Result<Option<Keep>, Failure> {
    let Some(keep) = options.member("keep") else { return Ok(None) };
    match keep.flag() {
        Some(is_on) => Ok(is_on.then(Keep::default)),
        None if keep.clone().into_js().is_object() => {
            let (scope, client_name) = (keep.member_text("scope"), keep.member_text("clientName"));
            Ok(Some(Keep { scope, client_name }))
        }
        None => Err(Error::configuration("keep", "it is not true, false or an object")),
    }
}

/// A launch page has no code for it.
#[cfg(not(feature = "keep"))]
fn refuse_keep(options: &JsonValue) -> Result<(), Failure> {
    match options.member("keep").map(|keep| keep.flag()) {
        None | Some(Some(false)) => Ok(()),
        Some(_) => Err(Error::configuration(
            "keep",
            "a page with smartrust/launch cannot keep a connection; launch by smartrust",
        )),
    }
}
