//! What the tabs of a browser in memory share.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use futures_executor::{LocalPool, LocalSpawner};
use futures_util::future::poll_fn;
use futures_util::lock::Mutex;
use futures_util::task::LocalSpawnExt as _;

use super::http::Reply;
use super::socket::Sockets;
use super::stored::StoredOnDevice;
use crate::platform::LocalFuture;
use crate::protocol::http::Request;
use crate::protocol::jwk::PublicKey;

type Handler = Rc<dyn Fn(&Request) -> Reply>;
type Verifier = Rc<dyn Fn(&PublicKey, &[u8], &[u8]) -> bool>;
type Listeners = RefCell<Vec<(String, usize, Weak<dyn Fn(&str)>)>>;

/// The browser that the tabs share. A clone refers to the same world.
///
/// ```
/// use smartrust::memory::{Reply, World};
/// use smartrust::platform::{Clock, Timer};
///
/// let world = World::new(1_700_000_000.0, |_| Reply::offline());
/// let tab = world.tab("https://app.example/");
/// let waiting = tab.clone();
/// world.run(async move { waiting.sleep(1_500).await });
/// assert_eq!(tab.now(), 1_700_000_001.5);
/// ```
#[derive(Clone)]
pub struct World {
    pub(super) shared: Rc<Shared>,
}

pub(super) struct Shared {
    pub network: RefCell<Handler>,
    pub requests: RefCell<Vec<Request>>,
    pub now: Cell<f64>,
    pub sleepers: RefCell<Vec<(f64, Waker)>>,
    pub locks: RefCell<HashMap<String, std::sync::Arc<Mutex<()>>>>,
    pub listeners: Listeners,
    pub drawn: Cell<u64>,
    pub signatures_hold: Cell<bool>,
    pub reveals_redirects: Cell<bool>,
    pub messages_travel: Cell<bool>,
    pub verifier: RefCell<Option<Verifier>>,
    pub signing_key: RefCell<Option<String>>,
    pub unimportable: RefCell<Option<String>>,
    pub tabs: Cell<usize>,
    pub device: StoredOnDevice,
    pub sockets: Sockets,
    pub pool: RefCell<LocalPool>,
    pub spawner: LocalSpawner,
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").field("now", &self.shared.now.get()).finish_non_exhaustive()
    }
}

impl World {
    /// A world at a time in seconds since 1970, with a network.
    pub fn new(now: f64, network: impl Fn(&Request) -> Reply + 'static) -> Self {
        let pool = LocalPool::new();
        let shared = Shared {
            network: RefCell::new(Rc::new(network)),
            requests: RefCell::default(),
            now: Cell::new(now),
            sleepers: RefCell::default(),
            locks: RefCell::default(),
            listeners: RefCell::default(),
            drawn: Cell::new(0),
            signatures_hold: Cell::new(true),
            reveals_redirects: Cell::new(false),
            messages_travel: Cell::new(true),
            verifier: RefCell::default(),
            signing_key: RefCell::default(),
            unimportable: RefCell::default(),
            tabs: Cell::new(0),
            device: StoredOnDevice::default(),
            sockets: Sockets::default(),
            spawner: pool.spawner(),
            pool: RefCell::new(pool),
        };
        Self { shared: Rc::new(shared) }
    }

    /// Replaces the network.
    pub fn respond_with(&self, network: impl Fn(&Request) -> Reply + 'static) {
        *self.shared.network.borrow_mut() = Rc::new(network);
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.borrow().clone()
    }

    /// Sets whether signatures are valid.
    pub fn set_signatures_valid(&self, hold: bool) {
        self.shared.signatures_hold.set(hold);
    }

    /// Verifies signatures by a function of the public key, the signature and the data.
    pub fn verify_signatures_by(&self, verify: impl Fn(&PublicKey, &[u8], &[u8]) -> bool + 'static) {
        *self.shared.verifier.borrow_mut() = Some(Rc::new(verify));
    }

    /// Sets whether redirects that are not followed show their status and headers, as in Node. A browser hides them.
    pub fn set_redirects_visible(&self, revealed: bool) {
        self.shared.reveals_redirects.set(revealed);
    }

    /// Sets whether messages reach other tabs. They do not reach a frozen tab.
    pub fn set_messages_delivered(&self, travel: bool) {
        self.shared.messages_travel.set(travel);
    }

    /// Makes signatures valid for the key with this `kid` only.
    pub fn sign_with(&self, kid: &str) {
        *self.shared.signing_key.borrow_mut() = Some(kid.to_owned());
    }

    /// Refuses keys whose JWK contains a string, as Web Crypto refuses keys that it cannot import.
    pub fn refuse_keys_with(&self, text: &str) {
        *self.shared.unimportable.borrow_mut() = Some(text.to_owned());
    }

    /// Advances the clock.
    pub fn advance(&self, seconds: f64) {
        self.set_time(self.shared.now.get() + seconds);
    }

    fn set_time(&self, now: f64) {
        self.shared.now.set(now);
        let (due, later) = self.shared.sleepers.take().into_iter().partition(|(at, _)| *at <= now);
        *self.shared.sleepers.borrow_mut() = later;
        let due: Vec<(f64, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Runs spawned futures as far as possible without advancing the clock.
    pub fn settle(&self) {
        self.shared.pool.borrow_mut().run_until_stalled();
    }

    /// Runs a future to completion. When it only waits for time to pass, the clock advances to the next moment that
    /// a future waits for.
    ///
    /// Returns `None` if the future waits forever.
    pub fn run<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Option<T> {
        let result = Rc::new(RefCell::new(None));
        let slot = result.clone();
        self.spawn(Box::pin(async move {
            let value = future.await;
            *slot.borrow_mut() = Some(value);
        }));
        loop {
            self.settle();
            if let Some(value) = result.borrow_mut().take() {
                return Some(value);
            }
            let next = self.shared.sleepers.borrow().iter().map(|(at, _)| *at).reduce(f64::min)?;
            self.set_time(next);
        }
    }

    pub(super) fn spawn(&self, future: LocalFuture<()>) {
        // The pool lives as long as the world, so spawning never fails.
        let _ = self.shared.spawner.spawn_local(future);
    }

    pub(super) async fn sleep(&self, milliseconds: u32) {
        let until = self.shared.now.get() + f64::from(milliseconds) / 1000.0;
        poll_fn(|context| {
            if self.shared.now.get() >= until {
                return Poll::Ready(());
            }
            self.shared.sleepers.borrow_mut().push((until, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}
