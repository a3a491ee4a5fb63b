//! A browser in memory, with tabs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};
use std::task::Poll;

use futures_executor::{LocalPool, LocalSpawner};
use futures_util::future::{Either, poll_fn, select};
use futures_util::lock::{Mutex, OwnedMutexGuard};
use futures_util::task::LocalSpawnExt as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::http::{MemoryResponse, Reply};
use super::json::SerdeJson;
use super::page::MemoryPage;
use super::popup::PopupLine;
use crate::abort::AbortSignal;
use crate::platform::*;
use crate::protocol::http::{Redirect, Request};
use crate::protocol::jwk::{Algorithm, PublicKey};

type Handler = Rc<dyn Fn(&Request) -> Reply>;
type Listeners = RefCell<Vec<(String, usize, Weak<dyn Fn(&str)>)>>;
type Texts = Rc<RefCell<BTreeMap<String, String>>>;
type Form = Vec<(String, String)>;

/// What all tabs share. Cloning it gives another handle to the same world.
#[derive(Clone)]
pub struct World {
    inner: Rc<Inner>,
}

struct Inner {
    network: RefCell<Handler>,
    requests: RefCell<Vec<Request>>,
    now: Cell<f64>,
    sleepers: RefCell<Vec<(f64, std::task::Waker)>>,
    locks: RefCell<HashMap<String, std::sync::Arc<Mutex<()>>>>,
    listeners: Listeners,
    drawn: Cell<u64>,
    signatures_hold: Cell<bool>,
    reveals_redirects: Cell<bool>,
    messages_travel: Cell<bool>,
    signing_key: RefCell<Option<String>>,
    unimportable: RefCell<Option<String>>,
    tabs: Cell<usize>,
    pool: RefCell<LocalPool>,
    spawner: LocalSpawner,
}

impl World {
    /// A world at a time, in seconds since 1970, whose network answers by `network`.
    pub fn new(now: f64, network: impl Fn(&Request) -> Reply + 'static) -> Self {
        let pool = LocalPool::new();
        let inner = Inner {
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
            signing_key: RefCell::default(),
            unimportable: RefCell::default(),
            tabs: Cell::new(0),
            spawner: pool.spawner(),
            pool: RefCell::new(pool),
        };
        Self { inner: Rc::new(inner) }
    }

    /// Opens a tab at an address, with a store of its own.
    pub fn tab(&self, location: &str) -> MemoryPlatform {
        self.inner.tabs.set(self.inner.tabs.get() + 1);
        MemoryPlatform {
            world: self.clone(),
            tab: self.inner.tabs.get(),
            texts: Texts::default(),
            is_store_shared: Rc::default(),
            page: Rc::new(MemoryPage::tab(location)),
            location: Rc::new(RefCell::new(location.to_owned())),
            store_works: Rc::new(Cell::new(true)),
            is_store_full: Rc::default(),
            store_delay: Rc::default(),
            posted: Rc::default(),
            opener: None,
        }
    }

    /// Answers from now on by another function.
    pub fn answer_by(&self, network: impl Fn(&Request) -> Reply + 'static) {
        *self.inner.network.borrow_mut() = Rc::new(network);
    }

    /// Every request that was sent so far.
    pub fn requests(&self) -> Vec<Request> {
        self.inner.requests.borrow().clone()
    }

    /// Says whether signatures hold from now on.
    pub fn let_signatures_hold(&self, hold: bool) {
        self.inner.signatures_hold.set(hold);
    }

    /// Says whether a redirect that was not followed shows its status and headers from now on, as in Node. A browser hides them.
    pub fn let_redirects_be_revealed(&self, revealed: bool) {
        self.inner.reveals_redirects.set(revealed);
    }

    /// Says whether messages reach other tabs from now on, as they do not reach one that is frozen.
    pub fn let_messages_travel(&self, travel: bool) {
        self.inner.messages_travel.set(travel);
    }

    /// Lets signatures hold from now on for the key of one name alone.
    pub fn sign_with(&self, kid: &str) {
        *self.inner.signing_key.borrow_mut() = Some(kid.to_owned());
    }

    /// Lets keys that have this text in their JWK be refused from now on, as Web Crypto refuses one that it cannot import.
    pub fn refuse_keys_with(&self, text: &str) {
        *self.inner.unimportable.borrow_mut() = Some(text.to_owned());
    }

    /// Turns the clock forward.
    pub fn advance(&self, seconds: f64) {
        self.turn_to(self.inner.now.get() + seconds);
    }

    fn turn_to(&self, now: f64) {
        self.inner.now.set(now);
        let (due, later) = self.inner.sleepers.take().into_iter().partition(|(at, _)| *at <= now);
        *self.inner.sleepers.borrow_mut() = later;
        let due: Vec<(f64, std::task::Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Runs what was spawned as far as it goes without time passing.
    pub fn settle(&self) {
        self.inner.pool.borrow_mut().run_until_stalled();
    }

    /// Runs a future to its end. When all that is left to do is to wait, the clock jumps to the next moment that
    /// something waits for.
    ///
    /// Returns `None` where the future waits for something that never comes.
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
            let next = self.inner.sleepers.borrow().iter().map(|(at, _)| *at).reduce(f64::min)?;
            self.turn_to(next);
        }
    }

    fn spawn(&self, future: LocalFuture<()>) {
        // The pool lives as long as the world, so its spawner takes every future.
        let _ = self.inner.spawner.spawn_local(future);
    }

    async fn sleep(&self, milliseconds: u32) {
        let until = self.inner.now.get() + f64::from(milliseconds) / 1000.0;
        poll_fn(|context| {
            if self.inner.now.get() >= until {
                return Poll::Ready(());
            }
            self.inner.sleepers.borrow_mut().push((until, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

/// One tab of a [`World`].
#[derive(Clone)]
pub struct MemoryPlatform {
    world: World,
    tab: usize,
    texts: Texts,
    is_store_shared: Rc<Cell<bool>>,
    pub(super) page: Rc<MemoryPage>,
    location: Rc<RefCell<String>>,
    store_works: Rc<Cell<bool>>,
    is_store_full: Rc<Cell<bool>>,
    store_delay: Rc<Cell<u32>>,
    posted: Rc<RefCell<Option<Form>>>,
    pub(super) opener: Option<Rc<PopupLine>>,
}

impl MemoryPlatform {
    /// Goes to an address, as the browser does after a redirect.
    pub fn visit(&self, location: &str) {
        self.page.enter(location);
        *self.location.borrow_mut() = location.to_owned();
    }

    /// Goes back in the history to the address before this one, and loads it.
    pub fn go_back(&self) {
        if let Some(location) = self.page.go_back() {
            *self.location.borrow_mut() = location;
        }
    }

    /// Opens another tab at an address with a copy of this tab's store and history, as duplicating a tab does.
    pub fn duplicate(&self) -> Self {
        let copy = self.world.tab(&self.location.borrow());
        *copy.texts.borrow_mut() = self.texts.borrow().clone();
        Self { page: Rc::new(self.page.duplicate()), ..copy }
    }

    /// Opens another tab that shares this tab's store, as localStorage is shared.
    pub fn with_same_store(&self) -> Self {
        self.is_store_shared.set(true);
        let tab = self.world.tab(&self.location.borrow());
        Self { texts: self.texts.clone(), is_store_shared: self.is_store_shared.clone(), ..tab }
    }

    /// Opens a frame of this tab at an address; frames share the tab's store, as sessionStorage is shared.
    pub fn frame(&self, location: &str) -> Self {
        let (texts, is_store_shared) = (self.texts.clone(), self.is_store_shared.clone());
        Self { texts, is_store_shared, page: Rc::new(MemoryPage::frame(location)), ..self.world.tab(location) }
    }

    /// A tab that this one opened, with a copy of its store.
    pub(super) fn with_opener(&self, opener: Rc<PopupLine>) -> Self {
        let copy = self.duplicate();
        Self { opener: Some(opener), page: Rc::new(self.page.opened()), ..copy }
    }

    /// The form that the tab last left a page by.
    pub fn posted(&self) -> Option<Form> {
        self.posted.borrow().clone()
    }

    /// All that is stored: key and text.
    pub fn stored(&self) -> BTreeMap<String, String> {
        self.texts.borrow().clone()
    }

    /// Puts a text in the store.
    pub fn put(&self, key: &str, text: &str) {
        self.texts.borrow_mut().insert(key.to_owned(), text.to_owned());
    }

    /// Says whether the store is full from now on: what it holds can be read and removed, and nothing can be put there.
    pub fn let_store_take_nothing_more(&self, full: bool) {
        self.is_store_full.set(full);
    }

    /// Says how long it takes from now on until a text that is put in the store stands there.
    pub fn let_store_take_milliseconds(&self, milliseconds: u32) {
        self.store_delay.set(milliseconds);
    }

    /// Says whether the store works from now on.
    pub fn let_store_work(&self, works: bool) {
        self.store_works.set(works);
    }

    fn store(&self) -> Result<&Texts, StoreFailure> {
        if self.store_works.get() { Ok(&self.texts) } else { Err(StoreFailure) }
    }
}

impl Json for MemoryPlatform {
    type Value = Value;

    fn parse(&self, text: &str) -> Option<Value> {
        SerdeJson.parse(text)
    }
}

impl Http for MemoryPlatform {
    type Response = MemoryResponse;

    async fn send(&self, request: &Request, abort: &AbortSignal) -> Result<MemoryResponse, HttpFailure> {
        if abort.is_aborted() {
            return Err(HttpFailure::Aborted);
        }
        let mut request = request.clone();
        // As many redirects as fetch follows.
        for _ in 0..=20 {
            self.world.inner.requests.borrow_mut().push(request.clone());
            let network = self.world.inner.network.borrow().clone();
            let mut reply = network(&request);
            let arrival = Box::pin(self.world.sleep(reply.delay));
            if let Either::Right(_) = select(arrival, abort.aborted()).await {
                return Err(HttpFailure::Aborted);
            }
            if let Some(failure) = reply.failure {
                return Err(failure);
            }
            match (reply.location(), request.redirect) {
                (Some(location), Redirect::Follow) => request = redirected(request, &location)?,
                (Some(_), Redirect::Manual) if !self.world.inner.reveals_redirects.get() => {
                    reply = Reply { status: 0, ..Reply::default() };
                    return Ok(MemoryResponse::new(reply, request.url.to_string()));
                }
                _ => return Ok(MemoryResponse::new(reply, request.url.to_string())),
            }
        }
        Err(HttpFailure::Network)
    }
}

/// A request after a redirect: to another origin all its headers go along but the token (Fetch, HTTP-redirect fetch).
fn redirected(request: Request, location: &str) -> Result<Request, HttpFailure> {
    let url = request.url.join(location).map_err(|_| HttpFailure::Network)?;
    let mut next = if url.has_origin_of(&request.url) { request } else { request.without_authorization() };
    next.url = url;
    Ok(next)
}

impl Store for MemoryPlatform {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(self.store()?.borrow().get(key).cloned())
    }

    async fn set(&self, key: &str, text: &str) -> Result<(), StoreFailure> {
        if self.is_store_full.get() {
            return Err(StoreFailure);
        }
        self.world.sleep(self.store_delay.get()).await;
        self.store()?.borrow_mut().insert(key.to_owned(), text.to_owned());
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailure> {
        self.store()?.borrow_mut().remove(key);
        Ok(())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        Ok(self.store()?.borrow().keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    fn is_shared_by_tabs(&self) -> bool {
        self.is_store_shared.get()
    }
}

impl Clock for MemoryPlatform {
    fn now(&self) -> f64 {
        self.world.inner.now.get()
    }
}

impl Timer for MemoryPlatform {
    async fn sleep(&self, milliseconds: u32) {
        self.world.sleep(milliseconds).await;
    }
}

impl Entropy for MemoryPlatform {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyFailure> {
        for chunk in buffer.chunks_mut(32) {
            let drawn = self.world.inner.drawn.get();
            self.world.inner.drawn.set(drawn + 1);
            let bytes = Sha256::digest(drawn.to_be_bytes());
            chunk.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
        }
        Ok(())
    }
}

impl Signer for MemoryPlatform {
    /// What the key can sign by.
    type PrivateKey = Vec<Algorithm>;

    fn algorithms(&self, key: &Vec<Algorithm>) -> Vec<Algorithm> {
        key.clone()
    }

    async fn sign(&self, key: &Vec<Algorithm>, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, SignatureFailure> {
        if key.contains(&algorithm) { Ok(Sha256::digest(data).to_vec()) } else { Err(SignatureFailure) }
    }

    async fn verify(&self, key: &PublicKey, _: Algorithm, _: &[u8], _: &[u8]) -> Result<bool, SignatureFailure> {
        let unimportable = self.world.inner.unimportable.borrow();
        if unimportable.as_ref().is_some_and(|text| key.bare_jwk().contains(text)) {
            return Err(SignatureFailure);
        }
        let signing_key = self.world.inner.signing_key.borrow();
        let made_it = signing_key.as_ref().is_none_or(|kid| key.kid.as_ref() == Some(kid));
        Ok(made_it && self.world.inner.signatures_hold.get())
    }
}

impl Lock for MemoryPlatform {
    type Guard = OwnedMutexGuard<()>;

    async fn lock(&self, name: &str) -> Self::Guard {
        let mutex = self.world.inner.locks.borrow_mut().entry(name.to_owned()).or_default().clone();
        mutex.lock_owned().await
    }
}

impl Channel for MemoryPlatform {
    type Subscription = Rc<dyn Fn(&str)>;

    fn subscribe(&self, topic: &str, handler: Rc<dyn Fn(&str)>) -> Self::Subscription {
        self.world.inner.listeners.borrow_mut().push((topic.to_owned(), self.tab, Rc::downgrade(&handler)));
        handler
    }

    fn publish(&self, topic: &str, message: &str) {
        if !self.world.inner.messages_travel.get() {
            return;
        }
        let mut listeners = self.world.inner.listeners.borrow_mut();
        listeners.retain(|(_, _, handler)| handler.strong_count() > 0);
        for (_, _, handler) in listeners.iter().filter(|(known, tab, _)| known == topic && *tab != self.tab) {
            let (handler, message) = (handler.clone(), message.to_owned());
            self.world.spawn(Box::pin(async move {
                if let Some(handler) = handler.upgrade() {
                    handler(&message);
                }
            }));
        }
    }
}

impl Spawn for MemoryPlatform {
    fn spawn(&self, future: LocalFuture<()>) {
        self.world.spawn(future);
    }
}

impl Navigator for MemoryPlatform {
    fn location(&self) -> Option<String> {
        Some(self.location.borrow().clone())
    }

    fn assign(&self, url: &str) -> Result<(), NavigationFailure> {
        self.visit(url);
        Ok(())
    }

    fn post(&self, url: &str, form: &[(String, String)]) -> Result<(), NavigationFailure> {
        *self.posted.borrow_mut() = Some(form.to_vec());
        self.visit(url);
        Ok(())
    }

    fn replace(&self, url: &str) -> Result<(), NavigationFailure> {
        self.page.replace(url);
        *self.location.borrow_mut() = url.to_owned();
        Ok(())
    }
}
