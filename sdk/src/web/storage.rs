//! The store of sessions and pending launches: of the tab, of the origin, in memory, or the app's own.

use js_sys::{Array, Function, Map, Object};
use wasm_bindgen::{JsCast, JsValue};

use super::WebPlatform;
use super::global::{global, has_global, member, strings};
use super::tasks::settle;
use crate::platform::{LocalFuture, Store, StoreFailure};

/// Where sessions and pending launches are stored.
#[derive(Clone)]
pub enum StoreChoice {
    /// `sessionStorage`: for this tab, until it is closed.
    Tab,
    /// `localStorage`: for all tabs of the origin, until it is removed. Every script of the origin can read it, also later.
    Origin,
    /// Memory: for this page, until the user leaves it. A launch by redirect cannot be completed.
    Memory(Map),
    /// An object of the app with the methods `get(key)`, `set(key, value)`, `remove(key)` and `keys(prefix)`, which may
    /// return promises.
    Own(JsValue),
}

impl Default for StoreChoice {
    fn default() -> Self {
        if has_global("sessionStorage") { Self::Tab } else { Self::memory() }
    }
}

impl StoreChoice {
    /// An empty store in memory.
    pub fn memory() -> Self {
        Self::Memory(Map::new())
    }

    /// The object that stores the strings.
    fn object(&self) -> Result<JsValue, StoreFailure> {
        match self {
            Self::Own(object) => Ok(object.clone()),
            Self::Memory(map) => Ok(map.into()),
            Self::Origin => global("localStorage").ok_or(StoreFailure),
            Self::Tab => global("sessionStorage").ok_or(StoreFailure),
        }
    }

    fn start_call(&self, method: &str, arguments: &[&str]) -> Result<JsValue, StoreFailure> {
        let object = self.object()?;
        let storage_method: String;
        let name = match (self, method) {
            (Self::Memory(_), "remove") => "delete",
            (Self::Memory(_) | Self::Own(_), _) => method,
            _ => {
                storage_method = format!("{method}Item");
                &storage_method
            }
        };
        let function: JsValue = member(&object, name).ok_or(StoreFailure)?;
        let function: &Function = function.dyn_ref().ok_or(StoreFailure)?;
        let arguments: Array = arguments.iter().map(|argument| JsValue::from_str(argument)).collect();
        function.apply(&object, &arguments).map_err(|_| StoreFailure)
    }

    /// Calls a method of the object. Its name is that in an app's own object.
    fn call(&self, method: &str, arguments: &[&str]) -> LocalFuture<Result<JsValue, StoreFailure>> {
        let returned = self.start_call(method, arguments);
        Box::pin(async { settle(&returned?).await.map_err(|_| StoreFailure) })
    }
}

impl Store for WebPlatform {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        Ok(self.inner.store.call("get", &[key]).await?.as_string())
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), StoreFailure> {
        self.inner.store.call("set", &[key, value]).await.map(|_| ())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailure> {
        self.inner.store.call("remove", &[key]).await.map(|_| ())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        let mut keys = strings(&match &self.inner.store {
            StoreChoice::Memory(_) | StoreChoice::Own(_) => self.inner.store.call("keys", &[prefix]).await?,
            // The keys of a `Storage` are its own members.
            storage => Object::keys(storage.object()?.unchecked_ref::<Object>()).into(),
        })
        .ok_or(StoreFailure)?;
        keys.retain(|key| key.starts_with(prefix));
        Ok(keys)
    }

    fn is_bound_to_origin(&self) -> bool {
        // No redirect returns to a worker, because a worker cannot navigate.
        has_global("document") && !matches!(self.inner.store, StoreChoice::Own(_))
    }

    fn is_shared_by_tabs(&self) -> bool {
        matches!(self.inner.store, StoreChoice::Origin | StoreChoice::Own(_))
    }
}
