//! What most pages never ask for: its code is in a second WebAssembly file, which is loaded when any of it is called for.
//!
//! The build (`xtask/src/split.rs`) cuts the file at the calls into [`second`]: what only these reach goes to the second file. Where
//! nothing is cut, as in tests, they are calls as any other.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::app::{self, App, read_app};
use super::client_auth::read_authentication;
use super::error::{in_words, to_js};
use super::handle::{Arguments, Call};
use super::session;
use crate::client::config::Server;
use crate::client::discovery::{Found, not_found};
use crate::client::parts::{AskedMaxAge, AtHand, Parts};
use crate::client::session::Session;
use crate::client::sign_out::Revocation;
#[cfg(split)]
use crate::error::Error;
use crate::error::Failure;
use crate::platform::LocalFuture;
use crate::web::WebPlatform;

/// What is done by the second file's code, with what it takes.
pub(super) enum Task {
    ReadAuthentication(JsValue, Function),
    App(App, Call, Arguments),
    Session(Session<WebPlatform>, Call, Arguments),
    Refresh(Session<WebPlatform>, Option<String>),
    MaxAge(AskedMaxAge<WebPlatform>),
    HandOver(WebPlatform, String, String),
}

type Started = LocalFuture<Result<JsValue, Failure>>;
type Looking = LocalFuture<Result<Found, Failure>>;

/// What comes of a task.
pub(super) async fn later(task: Task) -> Result<JsValue, Failure> {
    load().await?;
    second::start(task).await
}

/// An error as JavaScript gets it. The words of the less common ones are in the second file; where that cannot be loaded, the code
/// and the details have to do.
pub(super) async fn told(failure: Failure) -> JsValue {
    if failure.common_message().is_none() {
        let _ = load().await;
    }
    told_at_once(failure)
}

/// An error as JavaScript gets it, by the words that are loaded.
pub(super) fn told_at_once(failure: Failure) -> JsValue {
    match failure.common_message() {
        Some(message) => in_words(&failure, &message, failure.common_section()),
        None if IS_LOADED.get() => second::told(failure),
        None => in_words(&failure, &[failure.code(), ": the words for it are not loaded."].concat(), None),
    }
}

thread_local! {
    /// Whether the second file is there.
    static IS_LOADED: Cell<bool> = const { Cell::new(cfg!(not(split))) };
}

/// The client's less common code, loaded when it is called for.
pub(super) struct Later;

impl Parts<WebPlatform> for Later {
    fn refresh(&self, session: Session<WebPlatform>, scope: Option<String>) -> LocalFuture<Result<(), Failure>> {
        Box::pin(async move { later(Task::Refresh(session, scope)).await.map(|_| ()) })
    }

    fn revoke(&self, session: Session<WebPlatform>) -> LocalFuture<Revocation> {
        Box::pin(async move {
            match load().await {
                Ok(()) => second::revoke(session).await,
                Err(failure) => Revocation::Failed(failure),
            }
        })
    }

    fn look_further(&self, platform: WebPlatform, server: Rc<Server>, outcome: String) -> Looking {
        Box::pin(async move {
            match load().await {
                Ok(()) => second::look_further(platform, server, outcome).await,
                // A page that is offline learns that, and not what it would have loaded next.
                Err(_) => Err(not_found(&server, outcome)),
            }
        })
    }

    fn max_age(&self, asked: AskedMaxAge<WebPlatform>) -> LocalFuture<Result<f64, Failure>> {
        Box::pin(async move { Ok(later(Task::MaxAge(asked)).await?.as_f64().unwrap_or_default()) })
    }

    fn hand_over(&self, platform: WebPlatform, state: String, address: String) -> LocalFuture<Result<(), Failure>> {
        Box::pin(async move { later(Task::HandOver(platform, state, address)).await.map(|_| ()) })
    }
}

/// How the client reaches its less common code.
pub(super) fn parts() -> Rc<dyn Parts<WebPlatform>> {
    Rc::new(Later)
}

fn start(task: Task) -> Started {
    match task {
        Task::ReadAuthentication(config, early) => {
            Box::pin(async move { read_app(config, early, &read_authentication) })
        }
        Task::App(app, call, arguments) => Box::pin(app::answer_lazily(app, call, arguments)),
        Task::Session(session, call, arguments) => Box::pin(session::answer_lazily(session, call, arguments)),
        Task::Refresh(session, scope) => nothing(AtHand.refresh(session, scope)),
        Task::MaxAge(asked) => Box::pin(async move { Ok(AtHand.max_age(asked).await?.into()) }),
        Task::HandOver(platform, state, address) => nothing(AtHand.hand_over(platform, state, address)),
    }
}

fn nothing(work: LocalFuture<Result<(), Failure>>) -> Started {
    Box::pin(async move { work.await.map(|()| JsValue::UNDEFINED) })
}

/// Has the face load the second file.
async fn load() -> Result<(), Failure> {
    #[cfg(split)]
    {
        let loading = face::load_lazy().map_err(|_| Error::CodeUnavailable)?;
        crate::web::Settled::of(&loading).await.map_err(|_| Error::CodeUnavailable)?;
    }
    IS_LOADED.set(true);
    Ok(())
}

#[cfg(split)]
mod face {
    use js_sys::Promise;
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen(raw_module = "../load.js")]
    extern "C" {
        // By `catch` the glue has a function for it among all others; else it would be imported from a module of its own.
        #[wasm_bindgen(js_name = loadLazy, catch)]
        pub(super) fn load_lazy() -> Result<Promise, JsValue>;
    }
}

/// What the second file has, where nothing is cut.
#[cfg(not(split))]
mod second {
    use super::*;

    pub(super) use super::start;

    pub(super) fn revoke(session: Session<WebPlatform>) -> LocalFuture<Revocation> {
        AtHand.revoke(session)
    }

    pub(super) fn look_further(platform: WebPlatform, server: Rc<Server>, outcome: String) -> Looking {
        AtHand.look_further(platform, server, outcome)
    }

    pub(super) fn told(failure: Failure) -> JsValue {
        to_js(&failure)
    }
}

/// What the second file has, and the two ends of each cut by the names that wasm_split_cli_support looks for. Both ends are compiled
/// together, so that they agree on how Rust's types are passed.
#[cfg(split)]
#[allow(unsafe_code, improper_ctypes, improper_ctypes_definitions)]
mod second {
    use super::*;

    #[link(wasm_import_module = "__wasm_split_placeholder__")]
    unsafe extern "C" {
        #[link_name = "__wasm_split_00lazy00_import_00000000000000000000000000000000"]
        pub(super) safe fn start(task: Task) -> Started;
        #[link_name = "__wasm_split_00lazy00_import_00000000000000000000000000000001"]
        pub(super) safe fn revoke(session: Session<WebPlatform>) -> LocalFuture<Revocation>;
        #[link_name = "__wasm_split_00lazy00_import_00000000000000000000000000000002"]
        pub(super) safe fn told(failure: Failure) -> JsValue;
        #[link_name = "__wasm_split_00lazy00_import_00000000000000000000000000000003"]
        pub(super) safe fn look_further(platform: WebPlatform, server: Rc<Server>, outcome: String) -> Looking;
    }

    #[unsafe(export_name = "__wasm_split_00lazy00_export_00000000000000000000000000000000")]
    extern "C" fn started(task: Task) -> Started {
        super::start(task)
    }

    #[unsafe(export_name = "__wasm_split_00lazy00_export_00000000000000000000000000000001")]
    extern "C" fn revoked(session: Session<WebPlatform>) -> LocalFuture<Revocation> {
        AtHand.revoke(session)
    }

    #[unsafe(export_name = "__wasm_split_00lazy00_export_00000000000000000000000000000002")]
    extern "C" fn told_later(failure: Failure) -> JsValue {
        to_js(&failure)
    }

    #[unsafe(export_name = "__wasm_split_00lazy00_export_00000000000000000000000000000003")]
    extern "C" fn looked_further(platform: WebPlatform, server: Rc<Server>, outcome: String) -> Looking {
        AtHand.look_further(platform, server, outcome)
    }
}
