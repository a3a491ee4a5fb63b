//! The platform on web-standard APIs: fetch, Web Crypto, Storage, Web Locks, BroadcastChannel, location.
//!
//! It runs in windows, workers, Node, Deno and Bun, so it takes everything from `globalThis`. A missing API has a fallback
//! or causes a typed error. This module knows nothing about the protocol. It may import [`crate::platform`] and the plain types
//! of [`crate::protocol`] that the traits name.

#[cfg(feature = "udap")]
mod certificates;
mod chunks;
mod crypto;
mod database;
mod device;
mod ehr_window;
mod global;
mod host;
mod http;
mod json;
mod keys;
mod lines;
mod location;
mod lock;
mod messages;
mod page;
mod popup;
mod socket;
mod storage;
mod tasks;
mod timer;

use std::rc::Rc;

#[cfg(any(feature = "js", feature = "js-launch"))]
use js_sys::Function;

pub use ehr_window::EhrListener;
#[cfg(feature = "bindings")]
pub(crate) use global::object;
#[cfg(any(feature = "js", feature = "js-backend", feature = "js-directory", feature = "js-udap"))]
pub(crate) use host::{Callback, callback};
#[cfg(feature = "bindings")]
pub(crate) use host::{Host, set_host};
pub use json::JsonValue;
#[cfg(feature = "bindings")]
pub(crate) use json::is_array;
pub use keys::ClientKeyPair;
pub use popup::Popup;
#[cfg(feature = "js-hub")]
pub(crate) use socket::set_socket_class;
pub use storage::StoreChoice;
#[cfg(any(feature = "js", feature = "js-backend", feature = "js-udap"))]
pub(crate) use tasks::settle;
#[cfg(feature = "bindings")]
pub(crate) use tasks::spawn;

use crate::platform::{LocalFuture, Spawn};

/// The platform on web-standard APIs. A clone is another handle to the same platform.
///
/// ```no_run
/// use smartrust::{ServerRecord, SmartApp, SmartAppConfig, web::WebPlatform};
///
/// # async fn example() -> Result<(), smartrust::Error> {
/// let server = ServerRecord::new(
///     "https://ehr.example/fhir",
///     "my-client-id",
///     "https://app.example/",
///     "launch/patient openid fhirUser offline_access patient/*.rs",
/// );
/// let app = SmartApp::new(WebPlatform::default(), SmartAppConfig::new([server]))?;
/// match app.resume().await? {
///     Some(session) => assert!(session.patient().is_some()),
///     None => app.launch(Default::default()).await?,
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct WebPlatform {
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    store: StoreChoice,
    channels: messages::Channels,
    /// The strings that this object remembers if there is no page.
    remembered: page::Strings,
    #[cfg(any(feature = "js", feature = "js-launch"))]
    early: Option<Function>,
}

impl WebPlatform {
    /// A platform with a store that the app chose.
    ///
    /// ```no_run
    /// use smartrust::web::{StoreChoice, WebPlatform};
    ///
    /// // All tabs of the origin share the sessions, also after the browser is closed.
    /// let platform = WebPlatform::with_store(StoreChoice::Origin);
    /// ```
    pub fn with_store(store: StoreChoice) -> Self {
        Self { inner: Rc::new(Inner { store, ..Inner::default() }) }
    }

    /// A platform that uses responses which the page requested before this module was loaded. The function takes a URL, and returns
    /// the promise of the response once, otherwise `undefined`.
    #[cfg(any(feature = "js", feature = "js-launch"))]
    pub(crate) fn with_early_responses(store: StoreChoice, early: Function) -> Self {
        Self { inner: Rc::new(Inner { store, early: Some(early), ..Inner::default() }) }
    }
}

impl Spawn for WebPlatform {
    fn spawn(&self, future: LocalFuture<()>) {
        tasks::spawn(future);
    }
}
