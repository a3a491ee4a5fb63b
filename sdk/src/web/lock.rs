//! Locks by Web Locks, among all tabs; where the host has none, within this page.

use std::cell::RefCell;

use futures_util::future::{Either, select};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::WebPlatform;
use super::global::{global, member};
use super::storage::StoreChoice;
use crate::abort::{AbortHandle, AbortSignal};
use crate::platform::Lock;

#[wasm_bindgen]
extern "C" {
    // web-sys keeps its LockManager behind a compiler flag.
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, callback: &JsValue) -> Result<Promise, JsValue>;
}

thread_local! {
    /// The locks of this page, each with the signal of its release.
    static HELD_IN_PAGE: RefCell<Vec<(String, AbortSignal)>> = RefCell::default();
}

/// A lock that is held until this is dropped.
pub enum LockGuard {
    /// Held among all tabs.
    Tabs(ReleaseOnDrop),
    /// Held within this page.
    Page(HeldInPage),
}

/// Lets the next one in.
pub struct ReleaseOnDrop {
    release: Option<Function>,
}

impl Drop for ReleaseOnDrop {
    fn drop(&mut self) {
        resolve(&self.release);
    }
}

/// A lock within this page.
pub struct HeldInPage {
    name: String,
    release: AbortHandle,
}

impl Drop for HeldInPage {
    fn drop(&mut self) {
        HELD_IN_PAGE.with_borrow_mut(|held| held.retain(|(known, _)| *known != self.name));
        self.release.abort();
    }
}

impl Lock for WebPlatform {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> LockGuard {
        match lock_among_tabs(name).await {
            Some(release) => LockGuard::Tabs(release),
            None => LockGuard::Page(lock_in_page(name).await),
        }
    }

    /// A page that shares its store with no other spares itself the browser's answer, which comes late while a page is being built.
    async fn lock_stored(&self, name: &str) -> LockGuard {
        match self.store {
            StoreChoice::Tab | StoreChoice::Memory(_) => LockGuard::Page(lock_in_page(name).await),
            StoreChoice::Origin | StoreChoice::Own(_) => self.lock(name).await,
        }
    }
}

/// Waits until nobody in this page holds the lock. Who is woken first takes it, the others wait on.
async fn lock_in_page(name: &str) -> HeldInPage {
    let holder = || HELD_IN_PAGE.with_borrow(|held| Some(held.iter().find(|(known, _)| known == name)?.1.clone()));
    while let Some(released) = holder() {
        released.aborted().await;
    }
    let release = AbortHandle::new();
    HELD_IN_PAGE.with_borrow_mut(|held| held.push((name.to_owned(), release.signal())));
    HeldInPage { name: name.to_owned(), release }
}

/// `None` where the host has no Web Locks, or forbids them to this frame.
async fn lock_among_tabs(name: &str) -> Option<ReleaseOnDrop> {
    let navigator: JsValue = global("navigator")?;
    let locks: LockManager = member(&navigator, "locks")?;
    let (held, release) = promise_with_resolver();
    let (granted, grant) = promise_with_resolver();
    let release = ReleaseOnDrop { release };
    let callback = Closure::once_into_js(move || {
        resolve(&grant);
        held
    });
    let request = locks.request(name, &callback).ok()?;
    match select(JsFuture::from(granted), JsFuture::from(request)).await {
        Either::Left(_) => Some(release),
        Either::Right(_) => None,
    }
}

/// A promise and what resolves it. `Function::default()` would evaluate a string, which a strict page forbids.
fn promise_with_resolver() -> (Promise, Option<Function>) {
    let mut resolver = None;
    let promise = Promise::new(&mut |resolve, _| resolver = Some(resolve));
    (promise, resolver)
}

fn resolve(resolver: &Option<Function>) {
    // Calling a promise's resolver cannot fail.
    let _ = resolver.as_ref().map(|resolve| resolve.call0(&JsValue::UNDEFINED));
}
