//! What most pages never ask for: its code is in a second WebAssembly file, which the face loads before it calls for any of it.
//!
//! The build (`xtask/src/split.rs`) cuts the file at the one call from [`later`] to [`start`]: what only `start` reaches goes
//! to the second file. Where nothing is cut, as in tests, `start` is called as any function.

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::app::{self, App, read_app};
use super::client_auth::read_authentication;
use super::handle::{Arguments, Call};
use super::session;
use crate::client::session::Session;
use crate::error::Failure;
use crate::platform::LocalFuture;
use crate::web::WebPlatform;

/// What is done by the second file's code, with what it takes.
pub(super) enum Task {
    ReadAuthentication(JsValue, Function),
    App(App, Call, Arguments),
    Session(Session<WebPlatform>, Call, Arguments),
}

type Started = LocalFuture<Result<JsValue, Failure>>;

/// What comes of a task.
pub(super) fn later(task: Task) -> Started {
    #[cfg(split)]
    return cut::start_later(task);
    #[cfg(not(split))]
    start(task)
}

fn start(task: Task) -> Started {
    match task {
        Task::ReadAuthentication(config, early) => {
            Box::pin(async move { read_app(config, early, &read_authentication) })
        }
        Task::App(app, call, arguments) => Box::pin(app::answer_lazily(app, call, arguments)),
        Task::Session(session, call, arguments) => Box::pin(session::answer_lazily(session, call, arguments)),
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
