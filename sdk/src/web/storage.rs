//! Stores: the tab's, the origin's, memory, or the app's own.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage;

use super::WebPlatform;
use super::global::{global, member};
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
        if js_sys::Reflect::has(&js_sys::global(), &JsValue::from_str("sessionStorage")).unwrap_or(true) {
            Self::Tab
        } else {
            Self::memory()
        }
    }
}

impl StoreChoice {
    /// A store in memory, empty.
    pub fn memory() -> Self {
        Self::Memory(Rc::default())
    }

    fn storage(&self) -> Result<Storage, StoreFailure> {
        let name = if matches!(self, Self::Origin) { "localStorage" } else { "sessionStorage" };
        global(name).ok_or(StoreFailure)
    }
}

impl Store for WebPlatform {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreFailure> {
        match &self.store {
            StoreChoice::Memory(texts) => {
                Ok(texts.borrow().iter().find(|(known, _)| known == key).map(|(_, text)| text.clone()))
            }
            StoreChoice::Own(object) => Ok(call(object, "get", &[key]).await?.as_string()),
            web => web.storage()?.get_item(key).map_err(|_| StoreFailure),
        }
    }

    async fn set(&self, key: &str, text: &str) -> Result<(), StoreFailure> {
        match &self.store {
            StoreChoice::Memory(texts) => {
                texts.borrow_mut().retain(|(known, _)| known != key);
                texts.borrow_mut().push((key.to_owned(), text.to_owned()));
                Ok(())
            }
            StoreChoice::Own(object) => call(object, "set", &[key, text]).await.map(|_| ()),
            web => web.storage()?.set_item(key, text).map_err(|_| StoreFailure),
        }
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailure> {
        match &self.store {
            StoreChoice::Memory(texts) => {
                texts.borrow_mut().retain(|(known, _)| known != key);
                Ok(())
            }
            StoreChoice::Own(object) => call(object, "remove", &[key]).await.map(|_| ()),
            web => web.storage()?.remove_item(key).map_err(|_| StoreFailure),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        let keys: Vec<String> = match &self.store {
            StoreChoice::Memory(texts) => texts.borrow().iter().map(|(key, _)| key.clone()).collect(),
            StoreChoice::Own(object) => {
                let keys = call(object, "keys", &[prefix]).await?;
                Array::from(&keys).iter().filter_map(|key| key.as_string()).collect()
            }
            web => {
                let storage = web.storage()?;
                let length = storage.length().map_err(|_| StoreFailure)?;
                (0..length).filter_map(|index| storage.key(index).ok().flatten()).collect()
            }
        };
        Ok(keys.into_iter().filter(|key| key.starts_with(prefix)).collect())
    }
}

async fn call(object: &JsValue, method: &str, arguments: &[&str]) -> Result<JsValue, StoreFailure> {
    let function: Function = member(object, method).ok_or(StoreFailure)?;
    let function: &Function = function.dyn_ref().ok_or(StoreFailure)?;
    let arguments: Array = arguments.iter().map(|text| JsValue::from_str(text)).collect();
    let returned = function.apply(object, &arguments).map_err(|_| StoreFailure)?;
    JsFuture::from(Promise::resolve(&returned)).await.map_err(|_| StoreFailure)
}
