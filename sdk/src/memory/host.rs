//! The platform's traits on a tab in memory.

use std::rc::Rc;

use futures_util::future::{Either, select};
use futures_util::lock::OwnedMutexGuard;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::http::{MemoryResponse, Reply};
use super::json::SerdeJson;
use super::tab::MemoryPlatform;
use crate::abort::AbortSignal;
use crate::platform::*;
use crate::protocol::http::{Redirect, Request};
use crate::protocol::jwk::{Algorithm, PublicKey};

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
        // The limit of fetch.
        for _ in 0..=20 {
            self.world.shared.requests.borrow_mut().push(request.clone());
            let network = self.world.shared.network.borrow().clone();
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
                (Some(_), Redirect::Manual) if !self.world.shared.reveals_redirects.get() => {
                    reply = Reply { status: 0, ..Reply::default() };
                    return Ok(MemoryResponse::new(reply, request.url.to_string()));
                }
                _ => return Ok(MemoryResponse::new(reply, request.url.to_string())),
            }
        }
        Err(HttpFailure::Network)
    }
}

/// The request after a redirect. To another origin, all headers except the token are sent (Fetch, HTTP-redirect fetch).
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
        self.world.shared.now.get()
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
            let drawn = self.world.shared.drawn.get();
            self.world.shared.drawn.set(drawn + 1);
            let bytes = Sha256::digest(drawn.to_be_bytes());
            chunk.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
        }
        Ok(())
    }
}

impl Signer for MemoryPlatform {
    /// The key's algorithms.
    type PrivateKey = Vec<Algorithm>;

    fn algorithms(&self, key: &Vec<Algorithm>) -> Vec<Algorithm> {
        key.clone()
    }

    async fn sign(&self, key: &Vec<Algorithm>, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, SignatureFailure> {
        if key.contains(&algorithm) { Ok(Sha256::digest(data).to_vec()) } else { Err(SignatureFailure) }
    }

    async fn verify(
        &self,
        key: &PublicKey,
        _: Algorithm,
        signature: &[u8],
        data: &[u8],
    ) -> Result<bool, SignatureFailure> {
        let verifier = self.world.shared.verifier.borrow().clone();
        if let Some(verify) = verifier {
            return Ok(verify(key, signature, data));
        }
        let unimportable = self.world.shared.unimportable.borrow();
        if unimportable.as_ref().is_some_and(|text| key.bare_jwk().contains(text)) {
            return Err(SignatureFailure);
        }
        let signing_key = self.world.shared.signing_key.borrow();
        let made_it = signing_key.as_ref().is_none_or(|kid| key.kid.as_ref() == Some(kid));
        Ok(made_it && self.world.shared.signatures_hold.get())
    }
}

impl Lock for MemoryPlatform {
    type Guard = OwnedMutexGuard<()>;

    async fn lock(&self, name: &str) -> Self::Guard {
        let mutex = self.world.shared.locks.borrow_mut().entry(name.to_owned()).or_default().clone();
        mutex.lock_owned().await
    }
}

impl Channel for MemoryPlatform {
    type Subscription = Rc<dyn Fn(&str)>;

    fn subscribe(&self, topic: &str, handler: Rc<dyn Fn(&str)>) -> Self::Subscription {
        self.world.shared.listeners.borrow_mut().push((topic.to_owned(), self.tab, Rc::downgrade(&handler)));
        handler
    }

    fn publish(&self, topic: &str, message: &str) {
        if !self.world.shared.messages_travel.get() {
            return;
        }
        let mut listeners = self.world.shared.listeners.borrow_mut();
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
        *self.posted_form.borrow_mut() = Some(form.to_vec());
        self.visit(url);
        Ok(())
    }

    fn replace(&self, url: &str) -> Result<(), NavigationFailure> {
        self.page.replace(url);
        *self.location.borrow_mut() = url.to_owned();
        Ok(())
    }
}

impl Page for MemoryPlatform {
    fn page_kind(&self) -> PageKind {
        self.page.kind
    }

    fn recall(&self, name: &str) -> Option<String> {
        self.page.recall(name)
    }

    fn remember(&self, name: &str, value: &str) {
        self.page.remember(name, value);
    }
}
