//! What a host gives the client: one small trait per ability, and [`Platform`], which is all of them.
//!
//! The client above is generic over these traits, so the same decisions run in a browser ([`crate::web`]) and in a test
//! with a hand-turned clock ([`crate::memory`]). Futures are not `Send`: a page has one thread.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::abort::AbortSignal;
use crate::fhir::ndjson::{JsonLines, LineRules};
use crate::protocol::http::Request;
use crate::protocol::jwk::{Algorithm, PublicKey};

pub use crate::json::{Json, JsonView};
pub use crate::protocol::http::Body;
pub use crate::protocol::jwk::SignatureFailure;

/// A future that stays on its thread.
pub type LocalFuture<T> = LocalBoxFuture<'static, T>;

/// Everything that the client asks of its host. Implemented by whatever implements the parts.
pub trait Platform:
    Http + Store + Page + Clock + Timer + Entropy + Signer + Lock + Channel + Spawn + Navigator + Popups + Clone + 'static
{
}

impl<T> Platform for T where
    T: Http
        + Store
        + Page
        + Clock
        + Timer
        + Entropy
        + Signer
        + Lock
        + Channel
        + Spawn
        + Navigator
        + Popups
        + Clone
        + 'static
{
}

/// Sends HTTP requests.
///
/// An implementation sends no cookies (`credentials: "omit"`) and no referrer, adds no header of its own, and gives
/// up as soon as `abort` fires.
#[allow(async_fn_in_trait)]
pub trait Http: Json {
    /// What comes back.
    type Response: HttpResponse<Value = Self::Value>;
    /// Sends one request and waits for the response's head.
    async fn send(&self, request: &Request, abort: &AbortSignal) -> Result<Self::Response, HttpFailure>;
}

/// A response whose body may not have arrived yet.
#[allow(async_fn_in_trait)]
pub trait HttpResponse: 'static {
    /// What a JSON body becomes.
    type Value: JsonView;
    /// The status code; 0 for a redirect that was not followed and that the host keeps closed.
    fn status(&self) -> u16;
    /// The URL that the response is from, after the redirects that the host followed; `None` where the host does not say.
    fn url(&self) -> Option<String>;
    /// A header's value; `None` where it is absent, or hidden from the page by CORS.
    fn header(&self, name: &str) -> Option<String>;
    /// The whole body, parsed where it is JSON, and how many bytes it has without its content encoding. They are counted
    /// where `counts_bytes` asks for it; else they are 0 where the host would have to count.
    async fn body(self, counts_bytes: bool) -> Result<(Body<Self::Value>, u64), HttpFailure>;
    /// The next piece of the body as it arrives; `None` at its end.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure>;
    /// The lines of the body that have arrived whole since the last call, each parsed as JSON; `None` at its end. The host
    /// parses them, so that a large file passes through nothing slower than its own parser.
    async fn json_lines(&mut self, rules: LineRules) -> Result<Option<JsonLines<Self::Value>>, HttpFailure>;
}

/// Why no response came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFailure {
    /// No connection, or the browser kept the response from the page (CORS, mixed content, CSP): a page cannot tell them apart.
    Network,
    /// The signal that was given fired.
    Aborted,
}

/// Keeps texts by key, where the app chose to.
#[allow(async_fn_in_trait)]
pub trait Store {
    /// The text under a key.
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure>;
    /// Puts a text under a key, in place of what was there.
    async fn set(&self, key: &str, text: &str) -> Result<(), StoreFailure>;
    /// Removes a key; one that is absent is no failure.
    async fn remove(&self, key: &str) -> Result<(), StoreFailure>;
    /// All keys that begin with a prefix.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure>;
    /// Whether only pages of this page's origin use the store, so that a launch must come back to that origin.
    fn is_bound_to_origin(&self) -> bool {
        true
    }
    /// Whether pages of other tabs use this store, too.
    fn is_shared_by_tabs(&self) -> bool;
}

/// The store refused: it is blocked, full or absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFailure;

/// Remembers a few strings for one page alone: for this tab or frame, at this place of its history. Other pages neither read nor
/// change them, whatever store they share with this one.
///
/// Nothing secret is kept here.
pub trait Page {
    /// What kind of page this is.
    fn page_kind(&self) -> PageKind;
    /// The string that was last remembered under a name by this page, also before a reload. Where this page never remembered one:
    /// the string of the page before it in the history of the same tab or frame, and in a tab the last one of the whole tab.
    fn recall(&self, name: &str) -> Option<String>;
    /// Remembers a string under a name, in place of what was there. Where it cannot be kept over a reload, none is. An empty string
    /// leaves nothing behind, unless another string would be recalled in its place.
    fn remember(&self, name: &str, value: &str);
}

/// What kind of page the client runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// The page of a tab or window, which no other page frames.
    Tab,
    /// A page in a frame of another page.
    Frame,
    /// A worker, which cannot know the pages that it works for.
    Worker,
    /// No page at all: a program outside of browsers.
    Program,
}

/// Tells the time.
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

/// Gives secure random bytes.
pub trait Entropy {
    /// Fills the buffer from the host's secure source.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyFailure>;
}

/// The host has no secure source of randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntropyFailure;

/// Checks and makes signatures (RFC 7518).
#[allow(async_fn_in_trait)]
pub trait Signer {
    /// A private key that the host holds.
    type PrivateKey: Clone + 'static;
    /// The algorithms that a private key can sign by, the one to prefer first.
    fn algorithms(&self, key: &Self::PrivateKey) -> Vec<Algorithm>;
    /// The signature of `data`.
    async fn sign(
        &self,
        key: &Self::PrivateKey,
        algorithm: Algorithm,
        data: &[u8],
    ) -> Result<Vec<u8>, SignatureFailure>;
    /// Whether `signature` is the one that the key's owner made over `data`.
    async fn verify(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        signature: &[u8],
        data: &[u8],
    ) -> Result<bool, SignatureFailure>;
}

/// Lets one at a time in, among all tabs of the origin where the host can.
#[allow(async_fn_in_trait)]
pub trait Lock {
    /// The lock is held as long as this lives.
    type Guard;
    /// Waits for the lock of a name.
    async fn lock(&self, name: &str) -> Self::Guard;
    /// Waits for the lock of something that only this store holds: the pages that share the store are all that may ask for it.
    async fn lock_stored(&self, name: &str) -> Self::Guard {
        self.lock(name).await
    }
}

/// Tells the other tabs of the origin.
pub trait Channel {
    /// Messages arrive as long as this lives.
    type Subscription;
    /// Calls the handler with every message that another tab publishes under a topic.
    fn subscribe(&self, topic: &str, handler: Rc<dyn Fn(&str)>) -> Self::Subscription;
    /// Sends a message to every other tab that subscribed to a topic.
    fn publish(&self, topic: &str, message: &str);
}

/// Runs a future to its end, whether or not anybody waits for it.
pub trait Spawn {
    /// Starts the future.
    fn spawn(&self, future: LocalFuture<()>);
}

/// Knows and changes the page's address.
pub trait Navigator {
    /// The page's address, or `None` where there is no page.
    fn location(&self) -> Option<String>;
    /// Leaves for another address.
    fn assign(&self, url: &str) -> Result<(), NavigationFailure>;
    /// Leaves for another address by posting a form: its names and values, as `application/x-www-form-urlencoded`.
    fn post(&self, url: &str, form: &[(String, String)]) -> Result<(), NavigationFailure>;
    /// Replaces the address in the history, without a load.
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

/// There is no page to navigate, or no window to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavigationFailure;
