//! Stores: the tab's, the origin's, memory, or the app's own.

use js_sys::{Array, Function, Map, Object};
use wasm_bindgen::{JsCast, JsValue};

use super::WebPlatform;
use super::global::{global, has_global, member, texts};
use super::tasks::settle;
use crate::platform::{LocalFuture, Store, StoreFailure};

/// Where sessions and pending launches are kept.
#[derive(Clone)]
pub enum StoreChoice {
    /// `sessionStorage`: this tab, until it is closed. Where the host has none (Node, a worker), memory.
    Tab,
    /// `localStorage`: all tabs of the origin, until it is removed. Every script of the origin can read it, also later.
    Origin,
    /// Memory: this page, until it is left. A launch by redirect cannot come back to it.
    Memory(Map),
    /// An object of the app's own with the methods `get(key)`, `set(key, text)`, `remove(key)` and `keys(prefix)`, which may
    /// return promises.
    Own(JsValue),
}

impl Default for StoreChoice {
    fn default() -> Self {
        if has_global("sessionStorage") { Self::Tab } else { Self::memory() }
    }
}

impl StoreChoice {
    /// A store in memory, empty.
    pub fn memory() -> Self {
        Self::Memory(Map::new())
    }

    /// The object that keeps the texts.
    fn object(&self) -> Result<JsValue, StoreFailure> {
        match self {
            Self::Own(object) => Ok(object.clone()),
            Self::Memory(map) => Ok(map.into()),
            Self::Origin => global("localStorage").ok_or(StoreFailure),
            Self::Tab => global("sessionStorage").ok_or(StoreFailure),
        }
    }

    fn begin(&self, method: &str, arguments: &[&str]) -> Result<JsValue, StoreFailure> {
        let object = self.object()?;
        let storages: String;
        let name = match (self, method) {
            (Self::Memory(_), "remove") => "delete",
            (Self::Memory(_) | Self::Own(_), _) => method,
            _ => {
                storages = [method, "Item"].concat();
                &storages
            }
        };
        let function: JsValue = member(&object, name).ok_or(StoreFailure)?;
        let function: &Function = function.dyn_ref().ok_or(StoreFailure)?;
        let arguments: Array = arguments.iter().map(|text| JsValue::from_str(text)).collect();
        function.apply(&object, &arguments).map_err(|_| StoreFailure)
    }

    /// Calls a method of the object, by the name that it has in an app's own.
    fn call(&self, method: &str, arguments: &[&str]) -> LocalFuture<Result<JsValue, StoreFailure>> {
        let returned = self.begin(method, arguments);
        Box::pin(async { settle(&returned?).await.map_err(|_| StoreFailure) })
    }
}

impl Store for WebPlatform {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(self.inner.store.call("get", &[key]).await?.as_string())
    }

    async fn set(&self, key: &str, text: &str) -> Result<(), StoreFailure> {
        self.inner.store.call("set", &[key, text]).await.map(|_| ())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailure> {
        self.inner.store.call("remove", &[key]).await.map(|_| ())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        let mut keys = texts(&match &self.inner.store {
            StoreChoice::Memory(_) | StoreChoice::Own(_) => self.inner.store.call("keys", &[prefix]).await?,
            // A Storage's own members are what it keeps.
            storage => Object::keys(storage.object()?.unchecked_ref::<Object>()).into(),
        })
        .ok_or(StoreFailure)?;
        keys.retain(|key| key.starts_with(prefix));
        Ok(keys)
    }

    fn is_bound_to_origin(&self) -> bool {
        !matches!(self.inner.store, StoreChoice::Own(_))
    }

    fn is_shared_by_tabs(&self) -> bool {
        matches!(self.inner.store, StoreChoice::Origin | StoreChoice::Own(_))
    }
}
