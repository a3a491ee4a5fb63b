//! A private key of the app.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

use crate::error::{Error, Failure};
use crate::protocol::client_assertion::ClientKey;
use crate::web::{JsonValue, WebPlatform, is_array};

/// Reads the private key of a plain object, or of a `Keys`, whose members are getters.
pub(super) fn read_client_key(key: &JsonValue) -> Result<ClientKey, Failure> {
    let wrong = || Error::configuration("key.privateKey", "it is not a CryptoKey, or an array of them");
    let private_key = key.inherited("privateKey").ok_or_else(wrong)?.into_js();
    let keys = if is_array(&private_key) { Array::from(&private_key) } else { Array::of1(&private_key) };
    let keys: Vec<CryptoKey> = keys.iter().map(|key| key.dyn_into()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    Ok(ClientKey::new(&WebPlatform::default(), keys))
}
