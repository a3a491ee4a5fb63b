//! Named objects in IndexedDB, which can store non-extractable keys.

use js_sys::Promise;
use js_sys::futures::JsFuture;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbFactory, IdbObjectStore, IdbRequest, IdbTransactionMode};

use super::global::{global, strings};
use super::host::callback;
use crate::platform::StoreFailure;

const DATABASE: &str = "smartrust";
const KEYS: &str = "keys";

fn refused<T>(_: T) -> StoreFailure {
    StoreFailure
}

/// The object with a name.
pub(super) async fn get(name: &str) -> Result<Option<JsValue>, StoreFailure> {
    let store = open(IdbTransactionMode::Readonly).await?;
    let found = settle(&store.get(&JsValue::from_str(name)).map_err(refused)?).await?;
    Ok(Some(found).filter(|found| !found.is_undefined()))
}

/// Stores an object, and replaces the one with the same name.
pub(super) async fn set(name: &str, object: &JsValue) -> Result<(), StoreFailure> {
    let store = open(IdbTransactionMode::Readwrite).await?;
    let request = store.put_with_key(object, &JsValue::from_str(name)).map_err(refused)?;
    settle(&request).await.map(|_| ())
}

/// Removes an object. It is not an error if there is none.
pub(super) async fn remove(name: &str) -> Result<(), StoreFailure> {
    let store = open(IdbTransactionMode::Readwrite).await?;
    settle(&store.delete(&JsValue::from_str(name)).map_err(refused)?).await.map(|_| ())
}

/// The names of all objects.
pub(super) async fn names() -> Result<Vec<String>, StoreFailure> {
    let store = open(IdbTransactionMode::Readonly).await?;
    let names = settle(&store.get_all_keys().map_err(refused)?).await?;
    strings(&names).ok_or(StoreFailure)
}

async fn open(mode: IdbTransactionMode) -> Result<IdbObjectStore, StoreFailure> {
    let factory: IdbFactory = global("indexedDB").ok_or(StoreFailure)?;
    let opening = factory.open_with_u32(DATABASE, 1).map_err(refused)?;
    let create_store = callback({
        let opening = opening.clone();
        move |_| {
            if let Ok(database) = opening.result() {
                // If this fails, the transaction below finds no object store.
                let _ = database.unchecked_into::<IdbDatabase>().create_object_store(KEYS);
            }
        }
    });
    opening.set_onupgradeneeded(Some(create_store.as_ref().unchecked_ref()));
    let database: IdbDatabase = settle(&opening).await?.unchecked_into();
    let transaction = database.transaction_with_str_and_mode(KEYS, mode).map_err(refused)?;
    let store = transaction.object_store(KEYS).map_err(refused)?;
    // The database is closed after its transactions, so that it does not block other pages.
    database.close();
    Ok(store)
}

async fn settle(request: &IdbRequest) -> Result<JsValue, StoreFailure> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(settled).await.map_err(refused)?;
    request.result().map_err(refused)
}
