//! What most pages never ask for: its code is in a second WebAssembly file, which the face loads before it calls for any of it.
//!
//! The build (`xtask/src/split.rs`) cuts the file at the one call from [`lazily`] to [`start`]: what only `start` reaches goes
//! to the second file. Where nothing is cut, as in tests, `start` is called as any function.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;

use super::app::{App, JsApp, launch_again, launch_in_popup, session_from_token, sessions};
use super::client_auth::read_authentication;
use super::record::{load_record, load_whole_record};
use super::resolver::{resolve, resolve_all};
use super::session::{introspect, user_info};
use super::value::{findings, promise};
use super::{batcher, request};
use crate::client::batch::Batcher;
use crate::client::resolver::Resolver;
use crate::client::session::Session;
use crate::error::Failure;
use crate::platform::LocalFuture;
use crate::web::{Popup, WebPlatform};

/// What is done by the second file's code, with what it takes.
pub(super) enum Task {
    ReadAuthentication(JsValue, Function),
    Sessions(App),
    LaunchAgain(App, Session<WebPlatform>, Option<String>),
    LaunchInPopup(App, Option<Popup>, JsValue, JsValue),
    SessionFromToken(App, String, JsValue),
    Request(Session<WebPlatform>, JsValue, JsValue),
    Batched(Batcher<WebPlatform>, JsValue, JsValue),
    Flush(Batcher<WebPlatform>),
    Resolve(Resolver<WebPlatform>, String, JsValue),
    ResolveAll(Resolver<WebPlatform>, JsValue, u32),
    LoadRecord(Session<WebPlatform>, JsValue, Function, JsValue),
    LoadWholeRecord(Session<WebPlatform>, Function, JsValue),
    Introspect(Session<WebPlatform>, bool, JsValue),
    UserInfo(Session<WebPlatform>, JsValue),
    Findings(Session<WebPlatform>),
}

type Started = LocalFuture<Result<JsValue, Failure>>;

/// A promise of what comes of a task.
pub(super) fn lazily(task: Task) -> Promise {
    #[cfg(split)]
    return promise(cut::start_later(task));
    #[cfg(not(split))]
    promise(start(task))
}

fn start(task: Task) -> Started {
    match task {
        Task::ReadAuthentication(config, early) => {
            Box::pin(async move { Ok(JsApp::read(config, early, &read_authentication)?.into()) })
        }
        Task::Sessions(app) => Box::pin(sessions(app)),
        Task::LaunchAgain(app, session, scope) => Box::pin(launch_again(app, session, scope)),
        Task::LaunchInPopup(app, popup, options, signal) => Box::pin(launch_in_popup(app, popup, options, signal)),
        Task::SessionFromToken(app, token, options) => Box::pin(session_from_token(app, token, options)),
        Task::Request(session, asked, signal) => Box::pin(request::send(session, asked, signal)),
        Task::Batched(batcher, asked, signal) => Box::pin(batcher::send(batcher, asked, signal)),
        Task::Flush(batcher) => Box::pin(async move {
            batcher.flush();
            Ok(JsValue::UNDEFINED)
        }),
        Task::Resolve(resolver, reference, whole) => Box::pin(resolve(resolver, reference, whole)),
        Task::ResolveAll(resolver, whole, depth) => Box::pin(resolve_all(resolver, whole, depth)),
        Task::LoadRecord(session, queries, listener, signal) => {
            Box::pin(load_record(session, queries, listener, signal))
        }
        Task::LoadWholeRecord(session, listener, signal) => Box::pin(load_whole_record(session, listener, signal)),
        Task::Introspect(session, as_client, signal) => Box::pin(introspect(session, as_client, signal)),
        Task::UserInfo(session, signal) => Box::pin(user_info(session, signal)),
        Task::Findings(session) => Box::pin(async move { Ok(findings(&session.findings())) }),
    }
}

/// The two ends of the cut, by the names that wasm_split_cli_support looks for. Both are compiled together, so that they agree
/// on how Rust's types are passed.
#[cfg(split)]
#[allow(unsafe_code, improper_ctypes, improper_ctypes_definitions)]
mod cut {
    use super::{Started, Task, start};

    #[link(wasm_import_module = "__wasm_split_placeholder__")]
    unsafe extern "C" {
        #[link_name = "__wasm_split_00lazy00_import_00000000000000000000000000000000"]
        pub(super) safe fn start_later(task: Task) -> Started;
    }

    #[unsafe(export_name = "__wasm_split_00lazy00_export_00000000000000000000000000000000")]
    extern "C" fn started(task: Task) -> Started {
        start(task)
    }
}
