//! Locks by Web Locks, among all tabs; where the host has none, within this page.

use std::cell::RefCell;

use js_sys::futures::JsFuture;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::WebPlatform;
use super::global::{global, member};
use super::host::{create_lock, promise_with_resolver};
use crate::platform::{Lock, Store as _};

#[wasm_bindgen]
extern "C" {
    // web-sys keeps its LockManager behind a compiler flag.
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, callback: &JsValue) -> Result<LockRequest, JsValue>;

    type LockRequest;
    #[wasm_bindgen(method, js_name = catch)]
    fn when_refused(this: &LockRequest, call: &Function);
}

thread_local! {
    /// The locks of this page, each with the promise of its release.
    static HELD_IN_PAGE: RefCell<Vec<(String, Promise)>> = const { RefCell::new(Vec::new()) };
}

/// A lock that is held until this is dropped.
pub struct LockGuard {
    held: Promise,
    release: Option<Function>,
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        HELD_IN_PAGE.with_borrow_mut(|all| {
            let place = all.iter().position(|(_, held)| **held == *self.held);
            place.map(|place| all.swap_remove(place))
        });
        resolve(&self.release);
    }
}

impl Lock for WebPlatform {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> LockGuard {
        lock(name, true).await
    }

    /// A page that shares its store with no other spares itself the browser's answer, which comes late while a page is being built.
    async fn lock_stored(&self, name: &str) -> LockGuard {
        lock(name, self.is_shared_by_tabs()).await
    }
}

async fn lock(name: &str, among_tabs: bool) -> LockGuard {
    let (held, release) = create_lock();
    let guard = LockGuard { held, release };
    if among_tabs && is_locked_among_tabs(name, guard.held.clone()).await {
        return guard;
    }
    // Who is woken first takes it, the others wait on.
    while let Some(held) = HELD_IN_PAGE.with_borrow(|all| Some(all.iter().find(|(known, _)| known == name)?.1.clone()))
    {
        let _ = JsFuture::from(held).await;
    }
    HELD_IN_PAGE.with_borrow_mut(|all| all.push((name.to_owned(), guard.held.clone())));
    guard
}

/// Waits for the lock, which is let go when `held` is resolved. `false` where the host has no Web Locks, or forbids them to this frame.
async fn is_locked_among_tabs(name: &str, held: Promise) -> bool {
    let (granted, settle) = promise_with_resolver();
    let Some(refuse) = settle.clone() else { return false };
    // Where nobody waits any more, this is gone, and the browser goes on to the next.
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
        resolve(&settle);
        held.clone()
    });
    let Some(request) = request_lock(name, callback.as_ref()) else { return false };
    request.when_refused(&refuse);
    JsFuture::from(granted).await.is_ok_and(|refusal| refusal.is_undefined())
}

fn request_lock(name: &str, callback: &JsValue) -> Option<LockRequest> {
    let navigator: JsValue = global("navigator")?;
    let locks: LockManager = member(&navigator, "locks")?;
    locks.request(name, callback).ok()
}

fn resolve(resolver: &Option<Function>) {
    // Calling a promise's resolver cannot fail.
    let _ = resolver.as_ref().map(|resolve| resolve.call0(&JsValue::UNDEFINED));
}
