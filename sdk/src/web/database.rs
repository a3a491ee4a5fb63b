//! Named objects in databases of IndexedDB, which can store non-extractable keys.

use js_sys::Promise;
use js_sys::futures::JsFuture;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbFactory, IdbObjectStore, IdbRequest, IdbTransactionMode};

use super::global::{global, strings};
use super::host::callback;
use crate::platform::StoreFailure;

/// The database of the keys that the app names.
pub(super) const KEY_PAIRS: &str = "smartrust";
/// The database of what lasts on this device.
pub(super) const DEVICE: &str = "smartrust-device";
/// The only object store of a database.
const OBJECTS: &str = "keys";

fn refused<T>(_: T) -> StoreFailure {
    StoreFailure
}

/// The object with a name.
pub(super) async fn get(database: &str, name: &str) -> Result<Option<JsValue>, StoreFailure> {
    let store = open(database, IdbTransactionMode::Readonly).await?;
    let found = settle(&store.get(&JsValue::from_str(name)).map_err(refused)?).await?;
    Ok(Some(found).filter(|found| !found.is_undefined()))
}

/// Stores an object, and replaces the one with the same name.
pub(super) async fn set(database: &str, name: &str, object: &JsValue) -> Result<(), StoreFailure> {
    let store = open(database, IdbTransactionMode::Readwrite).await?;
    let request = store.put_with_key(object, &JsValue::from_str(name)).map_err(refused)?;
    settle(&request).await.map(|_| ())
}

/// Removes an object. It is not an error if there is none.
pub(super) async fn remove(database: &str, name: &str) -> Result<(), StoreFailure> {
    let store = open(database, IdbTransactionMode::Readwrite).await?;
    settle(&store.delete(&JsValue::from_str(name)).map_err(refused)?).await.map(|_| ())
}

/// The names of all objects.
pub(super) async fn names(database: &str) -> Result<Vec<String>, StoreFailure> {
    let store = open(database, IdbTransactionMode::Readonly).await?;
    let names = settle(&store.get_all_keys().map_err(refused)?).await?;
    strings(&names).ok_or(StoreFailure)
}

async fn open(name: &str, mode: IdbTransactionMode) -> Result<IdbObjectStore, StoreFailure> {
    let factory: IdbFactory = global("indexedDB").ok_or(StoreFailure)?;
    let opening = factory.open_with_u32(name, 1).map_err(refused)?;
    let create_store = callback({
        let opening = opening.clone();
        move |_| {
            if let Ok(database) = opening.result() {
                // If this fails, the transaction below finds no object store.
                let _ = database.unchecked_into::<IdbDatabase>().create_object_store(OBJECTS);
            }
        }
    });
    opening.set_onupgradeneeded(Some(create_store.as_ref().unchecked_ref()));
    let database: IdbDatabase = settle(&opening).await?.unchecked_into();
    let transaction = database.transaction_with_str_and_mode(OBJECTS, mode).map_err(refused)?;
    let store = transaction.object_store(OBJECTS).map_err(refused)?;
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
