//! Stores: the tab's, the origin's, memory, or the app's own.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::WebPlatform;
use super::global::{global, has_global, member};
use crate::platform::{Store, StoreFailure};

/// Where sessions and pending launches are kept.
#[derive(Clone)]
pub enum StoreChoice {
    /// `sessionStorage`: this tab, until it is closed. Where the host has none (Node, a worker), memory.
    Tab,
    /// `localStorage`: all tabs of the origin, until it is removed. Every script of the origin can read it, also later.
    Origin,
    /// Memory: this page, until it is left. A launch by redirect cannot come back to it.
    Memory(MemoryStore),
    /// An object of the app's own with the methods `get(key)`, `set(key, text)`, `remove(key)` and `keys(prefix)`, which may
    /// return promises.
    Own(JsValue),
}

/// Texts in memory.
pub type MemoryStore = Rc<RefCell<Vec<(String, String)>>>;

impl Default for StoreChoice {
    fn default() -> Self {
        if has_global("sessionStorage") { Self::Tab } else { Self::memory() }
    }
}

impl StoreChoice {
    /// A store in memory, empty.
    pub fn memory() -> Self {
        Self::Memory(Rc::default())
    }

    /// The object that keeps the texts, where it is not in here.
    fn object(&self) -> Result<JsValue, StoreFailure> {
        match self {
            Self::Own(object) => Ok(object.clone()),
            Self::Origin => global("localStorage").ok_or(StoreFailure),
            _ => global("sessionStorage").ok_or(StoreFailure),
        }
    }

    /// Calls a method of the object. What the app's own object calls `get` is `getItem` of a Storage.
    async fn call(&self, method: &str, arguments: &[&str]) -> Result<JsValue, StoreFailure> {
        let object = self.object()?;
        let ending = if matches!(self, Self::Own(_)) { "" } else { "Item" };
        let function: JsValue = member(&object, &[method, ending].concat()).ok_or(StoreFailure)?;
        let function: &Function = function.dyn_ref().ok_or(StoreFailure)?;
        let arguments: Array = arguments.iter().map(|text| JsValue::from_str(text)).collect();
        let returned = function.apply(&object, &arguments).map_err(|_| StoreFailure)?;
        JsFuture::from(Promise::resolve(&returned)).await.map_err(|_| StoreFailure)
    }
}

impl Store for WebPlatform {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        match &self.store {
            StoreChoice::Memory(texts) => {
                Ok(texts.borrow().iter().find(|(known, _)| known == key).map(|(_, text)| text.clone()))
            }
            other => Ok(other.call("get", &[key]).await?.as_string()),
        }
    }

    async fn set(&self, key: &str, text: &str) -> Result<(), StoreFailure> {
        match &self.store {
            StoreChoice::Memory(texts) => {
                texts.borrow_mut().retain(|(known, _)| known != key);
                texts.borrow_mut().push((key.to_owned(), text.to_owned()));
                Ok(())
            }
            other => other.call("set", &[key, text]).await.map(|_| ()),
        }
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailure> {
        match &self.store {
            StoreChoice::Memory(texts) => {
                texts.borrow_mut().retain(|(known, _)| known != key);
                Ok(())
            }
            other => other.call("remove", &[key]).await.map(|_| ()),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        let keys: Vec<String> = match &self.store {
            StoreChoice::Memory(texts) => texts.borrow().iter().map(|(key, _)| key.clone()).collect(),
            other => {
                let keys = match other {
                    StoreChoice::Own(_) => Array::from(&other.call("keys", &[prefix]).await?),
                    // A Storage's own members are what it keeps.
                    _ => Object::keys(other.object()?.unchecked_ref::<Object>()),
                };
                keys.iter().filter_map(|key| key.as_string()).collect()
            }
        };
        Ok(keys.into_iter().filter(|key| key.starts_with(prefix)).collect())
    }
}
