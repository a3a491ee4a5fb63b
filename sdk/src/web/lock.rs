//! Locks by the Web Locks API, across tabs. If the host does not have it, locks within this page.

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
    // In web_sys, LockManager needs a compiler flag.
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, callback: &JsValue) -> Result<LockRequest, JsValue>;

    type LockRequest;
    #[wasm_bindgen(method, js_name = catch)]
    fn on_rejection(this: &LockRequest, call: &Function);
}

thread_local! {
    /// The locks of this page, each with a promise that resolves when it is released.
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
        lock(name, Scope::AllTabs).await
    }

    /// If no other page shares the store, the lock need not be requested from the browser, which responds slowly while a page loads.
    async fn lock_stored(&self, name: &str) -> LockGuard {
        lock(name, if self.is_shared_by_tabs() { Scope::AllTabs } else { Scope::Page }).await
    }
}

/// Who else may hold a lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    AllTabs,
    Page,
}

async fn lock(name: &str, scope: Scope) -> LockGuard {
    let (held, release) = create_lock();
    let guard = LockGuard { held, release };
    if scope == Scope::AllTabs && lock_among_tabs(name, guard.held.clone()).await {
        return guard;
    }
    // Of the tasks that wake up, the first one takes the lock, and the others wait again.
    while let Some(held) = HELD_IN_PAGE.with_borrow(|all| Some(all.iter().find(|(known, _)| known == name)?.1.clone()))
    {
        let _ = JsFuture::from(held).await;
    }
    HELD_IN_PAGE.with_borrow_mut(|all| all.push((name.to_owned(), guard.held.clone())));
    guard
}

/// Waits for the lock, which is released when `held` resolves. Returns `false` if the host has no Web Locks, or forbids them in this frame.
async fn lock_among_tabs(name: &str, held: Promise) -> bool {
    let (granted, grant) = promise_with_resolver();
    let Some(reject) = grant.clone() else { return false };
    // If this future is dropped, the closure is, too. Then calling it throws, and the browser grants the lock to the next request.
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
        resolve(&grant);
        held.clone()
    });
    let Some(request) = request_lock(name, callback.as_ref()) else { return false };
    request.on_rejection(&reject);
    JsFuture::from(granted).await.is_ok_and(|error| error.is_undefined())
}

fn request_lock(name: &str, callback: &JsValue) -> Option<LockRequest> {
    let navigator: JsValue = global("navigator")?;
    let locks: LockManager = member(&navigator, "locks")?;
    locks.request(name, callback).ok()
}

fn resolve(resolver: &Option<Function>) {
    // Resolving a promise does not throw.
    let _ = resolver.as_ref().map(|resolve| resolve.call0(&JsValue::UNDEFINED));
}
