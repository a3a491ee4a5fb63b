//! Locks by Web Locks, among all tabs; where the host has none, within this page.

use std::cell::RefCell;
use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::lock::{Mutex, OwnedMutexGuard};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::WebPlatform;
use super::global::{global, member};
use crate::platform::Lock;

#[wasm_bindgen]
extern "C" {
    // web-sys keeps its LockManager behind a compiler flag.
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, callback: &JsValue) -> Result<Promise, JsValue>;
}

thread_local! {
    static OWN_LOCKS: RefCell<Vec<(String, Arc<Mutex<()>>)>> = RefCell::default();
}

/// A lock that is held until this is dropped.
pub enum LockGuard {
    /// Held among all tabs.
    Tabs(ReleaseOnDrop),
    /// Held within this page.
    Page(OwnedMutexGuard<()>),
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

impl Lock for WebPlatform {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> LockGuard {
        match lock_among_tabs(name).await {
            Some(release) => LockGuard::Tabs(release),
            None => {
                let mutex = OWN_LOCKS.with_borrow_mut(|locks| own_lock(locks, name));
                LockGuard::Page(mutex.lock_owned().await)
            }
        }
    }
}

/// The lock of a name. Locks that nobody holds or waits for are dropped on the way.
fn own_lock(locks: &mut Vec<(String, Arc<Mutex<()>>)>, name: &str) -> Arc<Mutex<()>> {
    locks.retain(|(known, mutex)| known == name || Arc::strong_count(mutex) > 1);
    if let Some((_, mutex)) = locks.iter().find(|(known, _)| known == name) {
        return mutex.clone();
    }
    let mutex = Arc::default();
    locks.push((name.to_owned(), Arc::clone(&mutex)));
    mutex
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
