//! The traits that a host implements: one small trait for each ability, and [`Platform`], which combines them.
//!
//! The client is generic over these traits, so the same code runs in a browser ([`crate::web`]) and in tests
//! with a controlled clock (`crate::memory`, a feature). Futures are not `Send`: a page has one thread.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::abort::AbortSignal;
use crate::fhir::ndjson::{JsonLines, LineRules};
use crate::protocol::http::Request;
use crate::protocol::jwk::{Algorithm, PublicKey};

pub use crate::json::{Json, JsonView};
pub use crate::protocol::http::Body;
pub use crate::protocol::jwk::SignatureFailure;
#[cfg(feature = "udap")]
pub use crate::protocol::udap::certificate::{Certificate, CertificateFailure, Certificates};

/// A future that stays on its thread.
pub type LocalFuture<T> = LocalBoxFuture<'static, T>;

/// All abilities that the client needs of its host. Implemented automatically for types with all of them.
pub trait Platform:
    Http
    + Store
    + Page
    + Device
    + Clock
    + Timer
    + Entropy
    + Signer
    + Lock
    + Channel
    + Spawn
    + Navigator
    + Popups
    + WebSockets
    + Transitions
    + EhrWindow
    + Clone
    + 'static
{
}

impl<T> Platform for T where
    T: Http
        + Store
        + Page
        + Device
        + Clock
        + Timer
        + Entropy
        + Signer
        + Lock
        + Channel
        + Spawn
        + Navigator
        + Popups
        + WebSockets
        + Transitions
        + EhrWindow
        + Clone
        + 'static
{
}

/// Sends HTTP requests.
///
/// An implementation sends no cookies (`credentials: "omit"`) and no referrer, adds no headers, and fails
/// when `abort` is aborted.
#[allow(async_fn_in_trait)]
pub trait Http: Json {
    /// The response.
    type Response: HttpResponse<Value = Self::Value>;
    /// Sends a request and waits for the head of the response.
    async fn send(&self, request: &Request, abort: &AbortSignal) -> Result<Self::Response, HttpFailure>;
}

/// A response whose body may not have arrived yet.
#[allow(async_fn_in_trait)]
pub trait HttpResponse: 'static {
    /// The type of a JSON body.
    type Value: JsonView;
    /// The status code; 0 for a redirect that was not followed and that the host hides.
    fn status(&self) -> u16;
    /// The URL of the response, after the redirects that the host followed; `None` if the host does not report it.
    fn url(&self) -> Option<String>;
    /// A header's value; `None` if it is absent, or hidden from the page by CORS.
    fn header(&self, name: &str) -> Option<String>;
    /// The whole body, parsed if it is JSON, and its number of bytes without content encoding. They are counted
    /// if `counts_bytes` is set; otherwise the number is 0 if the host would have to count.
    async fn body(self, counts_bytes: bool) -> Result<(Body<Self::Value>, u64), HttpFailure>;
    /// The next bytes of the body; `None` at its end.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure>;
    /// The complete lines that have arrived since the last call, each parsed as JSON; `None` at the end. The host
    /// parses them, so that a large file is read at the speed of the host's parser.
    async fn json_lines(&mut self, rules: LineRules) -> Result<Option<JsonLines<Self::Value>>, HttpFailure>;
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFailure {
    /// No connection, or the browser hides the response from the page (CORS, mixed content, CSP). A page cannot distinguish these.
    #[error("there is no connection, or the browser hides the response from the page")]
    Network,
    /// The signal was aborted.
    #[error("the request was aborted")]
    Aborted,
}

/// Stores strings by key, where the app chose to.
#[allow(async_fn_in_trait)]
pub trait Store {
    /// The string under a key.
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure>;
    /// Stores a string under a key, and replaces an earlier one.
    async fn set(&self, key: &str, text: &str) -> Result<(), StoreFailure>;
    /// Removes a key. It is not an error if it is absent.
    async fn remove(&self, key: &str) -> Result<(), StoreFailure>;
    /// All keys that begin with a prefix.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure>;
    /// Whether only pages of this page's origin use the store, so that a launch must return to that origin.
    fn is_bound_to_origin(&self) -> bool {
        true
    }
    /// Whether other tabs use this store, too.
    fn is_shared_by_tabs(&self) -> bool;
}

/// The store is blocked, full or absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is blocked, full or absent")]
pub struct StoreFailure;

/// Stores a few strings for one page only: for this tab or frame, at this entry of its history. Other pages neither read nor
/// change them, whatever store they share with this one.
///
/// Secrets are never stored here.
pub trait Page {
    /// The kind of this page.
    fn page_kind(&self) -> PageKind;
    /// The last string that this page stored under a name, also before a reload. If there is none:
    /// the string of the page before it in the history of the same tab or frame; in a tab, also the last one of the whole tab.
    fn recall(&self, name: &str) -> Option<String>;
    /// Stores a string under a name, and replaces an earlier one. It may be lost on a reload. An empty string
    /// is like no string, unless another one would be recalled instead.
    fn remember(&self, name: &str, value: &str);
}

/// The kind of page that the client runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageKind {
    /// A page in a tab or window, not in a frame.
    Tab,
    /// A page in a frame of another page.
    Frame,
    /// A worker, which cannot know its pages.
    Worker,
    /// Not a page: a program outside of browsers.
    Program,
}

/// Stores strings and keys on this device until somebody removes them: the app, the user or the host. All pages of the origin share them.
///
/// The keys are of the host: it signs and unseals with them, and gives them to nobody.
#[allow(async_fn_in_trait)]
pub trait Device: Signer {
    /// Whether the host can create keys and store them. In browsers, this needs a secure context and IndexedDB.
    fn can_create_keys(&self) -> bool;
    /// Creates a key pair for an algorithm and a key for sealing, stores both under a name, and returns the public key.
    async fn create_key(&self, name: &str, algorithm: Algorithm) -> Result<PublicKey, StoreFailure>;
    /// The private key with a name; `None` if there is none, for example because the host removed it.
    async fn private_key(&self, name: &str) -> Result<Option<Self::PrivateKey>, StoreFailure>;
    /// Encrypts a string, so that only the key with this name decrypts it; `None` if there is no such key.
    async fn seal(&self, name: &str, text: &str) -> Result<Option<String>, StoreFailure>;
    /// Decrypts a string; `None` if there is no such key, or another one sealed it.
    async fn unseal(&self, name: &str, sealed: &str) -> Result<Option<String>, StoreFailure>;
    /// The string with a name.
    async fn entry(&self, name: &str) -> Result<Option<String>, StoreFailure>;
    /// Stores a string under a name, and replaces an earlier one.
    async fn set_entry(&self, name: &str, text: &str) -> Result<(), StoreFailure>;
    /// The names of all strings and keys that begin with a prefix.
    async fn device_names(&self, prefix: &str) -> Result<Vec<String>, StoreFailure>;
    /// Removes the string or the key with a name. It is not an error if there is none.
    async fn remove_from_device(&self, name: &str) -> Result<(), StoreFailure>;
    /// Asks the host to keep what is stored until the user removes it. Returns whether it does; `None` if it cannot be asked.
    async fn persist(&self) -> Option<bool>;
}

/// Returns the time.
pub trait Clock {
    /// Seconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> f64;
}

/// Waits.
#[allow(async_fn_in_trait)]
pub trait Timer {
    /// Returns after a number of milliseconds.
    async fn sleep(&self, milliseconds: u32);
}

/// Returns secure random bytes.
pub trait Entropy {
    /// Fills the buffer from the host's secure source.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyFailure>;
}

/// The host has no secure source of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has no secure source of randomness")]
pub struct EntropyFailure;

/// Verifies and makes signatures (RFC 7518).
#[allow(async_fn_in_trait)]
pub trait Signer {
    /// A private key of the host.
    type PrivateKey: Clone + 'static;
    /// The algorithms that a private key supports, the preferred one first.
    fn algorithms(&self, key: &Self::PrivateKey) -> Vec<Algorithm>;
    /// The signature of `data`.
    async fn sign(
        &self,
        key: &Self::PrivateKey,
        algorithm: Algorithm,
        data: &[u8],
    ) -> Result<Vec<u8>, SignatureFailure>;
    /// Whether `signature` is a signature of `data` with this key.
    async fn verify(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        signature: &[u8],
        data: &[u8],
    ) -> Result<bool, SignatureFailure>;
}

/// A lock among all tabs of the origin, if the host supports that.
#[allow(async_fn_in_trait)]
pub trait Lock {
    /// The lock is held until this is dropped.
    type Guard;
    /// Waits for the lock with a name.
    async fn lock(&self, name: &str) -> Self::Guard;
    /// Waits for a lock that only pages with the same store need.
    async fn lock_stored(&self, name: &str) -> Self::Guard {
        self.lock(name).await
    }
}

/// Sends messages to other tabs of the origin.
pub trait Channel {
    /// Messages arrive until this is dropped.
    type Subscription;
    /// Calls a handler with each message that another tab publishes on a topic.
    fn subscribe(&self, topic: &str, handler: Rc<dyn Fn(&str)>) -> Self::Subscription;
    /// Sends a message to all other tabs that subscribed to a topic.
    fn publish(&self, topic: &str, message: &str);
}

/// Runs futures in the background.
pub trait Spawn {
    /// Runs a future to completion.
    fn spawn(&self, future: LocalFuture<()>);
}

/// Reads and changes the page's URL.
pub trait Navigator {
    /// The page's URL, or `None` if there is no page.
    fn location(&self) -> Option<String>;
    /// Navigates to another URL.
    fn assign(&self, url: &str) -> Result<(), NavigationFailure>;
    /// Navigates to a URL by POST with a form: its names and values, as `application/x-www-form-urlencoded`.
    fn post(&self, url: &str, form: &[(String, String)]) -> Result<(), NavigationFailure>;
    /// Replaces the URL in the history without loading it.
    fn replace(&self, url: &str) -> Result<(), NavigationFailure>;
}

/// Opens windows, and sends messages between them and the page.
pub trait Popups {
    /// An open window.
    type Popup: 'static;
    /// A handler is called until this is dropped.
    type MessageListener;
    /// Opens an empty window. Browsers allow it in response to a click of the user.
    fn open_popup(&self) -> Result<Self::Popup, NavigationFailure>;
    /// Navigates the window to a URL.
    fn navigate_popup(&self, popup: &Self::Popup, url: &str) -> Result<(), NavigationFailure>;
    /// Whether the window seems to be closed and the page has the focus again.
    fn is_popup_closed(&self, popup: &Self::Popup) -> bool;
    /// Closes the window, if the host permits it.
    fn close_popup(&self, popup: &Self::Popup);
    /// Calls a handler with each string that the window posts from a page of this page's origin.
    fn listen_to_popup(&self, popup: &Self::Popup, handler: Rc<dyn Fn(&str)>) -> Self::MessageListener;
    /// Posts a string to the page that opened this window, if it has the same origin.
    fn post_to_opener(&self, message: &str);
    /// Closes this window, if the host permits it.
    fn close(&self);
}

/// Opens WebSockets.
pub trait WebSockets {
    /// An open WebSocket, or one that is being opened. Dropping it does not close it.
    type Socket: 'static;
    /// Opens a WebSocket at a `wss:` or `ws:` URL. The handler is called with everything that happens, until it was closed.
    fn open_socket(&self, url: &str, handler: Rc<dyn Fn(SocketEvent)>) -> Result<Self::Socket, SocketFailure>;
    /// Sends a string. Nothing happens if the WebSocket is not open.
    fn send_text(&self, socket: &Self::Socket, text: &str);
    /// Closes the WebSocket with a code (RFC 6455 section 7.4). The handler is not called any more.
    fn close_socket(&self, socket: &Self::Socket, code: u16);
}

/// What happens at a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketEvent {
    /// A message of text.
    Text(String),
    /// A message of bytes, which is not read.
    Binary,
    /// It could not be opened or was closed, with this code.
    Closed(u16),
}

/// The host has no WebSocket, or forbids this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has no WebSocket, or forbids this one")]
pub struct SocketFailure;

/// Reports that the page is left, that it is shown again, as it was, when the user goes back, and that the user returns to it.
pub trait Transitions {
    /// A handler is called until this is dropped.
    type TransitionListener: 'static;
    /// Calls a handler with each transition.
    fn on_transition(&self, handler: Rc<dyn Fn(Transition)>) -> Self::TransitionListener;
}

/// A transition of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transition {
    /// The user leaves the page. The browser may keep it, and show it again.
    Left,
    /// The browser shows the page again, as it was.
    Restored,
    /// The user looks at the page again, or the device is online again. Meanwhile, connections may have been lost.
    Returned,
}

/// Sends messages to the EHR's page: the one that shows this page in a frame; for a page that is not in a frame, the one that opened it.
pub trait EhrWindow: Json {
    /// A handler is called until this is dropped.
    type EhrListener: 'static;
    /// Calls a handler with each message that this window posts from a page of this origin; `None` if there is no such window.
    fn listen_to_ehr(&self, origin: &str, handler: Rc<dyn Fn(Self::Value)>) -> Option<Self::EhrListener>;
    /// Posts a message to the window, if it shows a page of this origin.
    fn post_to_ehr(&self, origin: &str, message: &Self::Value) -> Result<(), NavigationFailure>;
}

/// There is no page that can navigate, or the window was blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no page that can navigate, or the window was blocked")]
pub struct NavigationFailure;
