//! Strings and keys in IndexedDB, for longer than a session. Web Crypto creates the keys as non-extractable.

use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

use super::WebPlatform;
use super::crypto::{settle, subtle};
use super::database::{self, DEVICE};
use super::global::{global, has_global, member, object};
use super::keys::ClientKeyPair;
use crate::platform::{Device, Entropy, StoreFailure};
use crate::protocol::encoding::{base64url, base64url_decode};
use crate::protocol::jwk::{Algorithm, PublicKey};

/// The length of an AES-GCM nonce, in bytes (NIST SP 800-38D section 5.2.1.1).
const NONCE: usize = 12;

#[wasm_bindgen]
extern "C" {
    type StorageManager;
    #[wasm_bindgen(method, catch)]
    fn persist(this: &StorageManager) -> Result<Promise, JsValue>;
}

impl Device for WebPlatform {
    fn can_create_keys(&self) -> bool {
        subtle().is_ok() && has_global("indexedDB")
    }

    async fn create_key(&self, name: &str, algorithm: Algorithm) -> Result<PublicKey, StoreFailure> {
        let pair = ClientKeyPair::generate(algorithm, false).await.map_err(|_| StoreFailure)?;
        let parameters = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
        let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
        let sealing = async { settle(subtle()?.generate_key_with_object(&parameters, false, &uses)).await };
        let sealing = sealing.await.map_err(|_| StoreFailure)?;
        let private = pair.private_key().iter().collect::<Array>();
        let stored = object(&[("privateKey", private.into()), ("sealingKey", sealing)]);
        database::set(DEVICE, name, &stored).await?;
        Ok(pair.public_key().clone())
    }

    async fn private_key(&self, name: &str) -> Result<Option<Vec<CryptoKey>>, StoreFailure> {
        let Some(stored) = database::get(DEVICE, name).await? else { return Ok(None) };
        let forms = member::<JsValue>(&stored, "privateKey").map(|forms| Array::from(&forms));
        let forms = forms.map(|forms| forms.iter().map(JsCast::dyn_into).collect::<Result<Vec<CryptoKey>, _>>());
        Ok(forms.and_then(Result::ok).filter(|forms| !forms.is_empty()))
    }

    async fn seal(&self, name: &str, text: &str) -> Result<Option<String>, StoreFailure> {
        let Some(key) = sealing_key(name).await? else { return Ok(None) };
        let mut nonce = [0; NONCE];
        self.fill(&mut nonce).map_err(|_| StoreFailure)?;
        let encrypting =
            async { settle(subtle()?.encrypt_with_object_and_u8_array(&gcm(&nonce), &key, text.as_bytes())).await };
        let sealed = Uint8Array::new(&encrypting.await.map_err(|_| StoreFailure)?).to_vec();
        Ok(Some(base64url(&[&nonce[..], &sealed].concat())))
    }

    async fn unseal(&self, name: &str, sealed: &str) -> Result<Option<String>, StoreFailure> {
        let Some(key) = sealing_key(name).await? else { return Ok(None) };
        let bytes = base64url_decode(sealed);
        let Some((nonce, sealed)) = bytes.as_deref().and_then(|bytes| bytes.split_at_checked(NONCE)) else {
            return Ok(None);
        };
        let decrypting = async { settle(subtle()?.decrypt_with_object_and_u8_array(&gcm(nonce), &key, sealed)).await };
        let text = decrypting.await.ok().map(|text| Uint8Array::new(&text).to_vec());
        Ok(text.and_then(|text| String::from_utf8(text).ok()))
    }

    async fn entry(&self, name: &str) -> Result<Option<String>, StoreFailure> {
        Ok(database::get(DEVICE, name).await?.and_then(|text| text.as_string()))
    }

    async fn set_entry(&self, name: &str, text: &str) -> Result<(), StoreFailure> {
        database::set(DEVICE, name, &JsValue::from_str(text)).await
    }

    async fn device_names(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        let mut names = database::names(DEVICE).await?;
        names.retain(|name| name.starts_with(prefix));
        Ok(names)
    }

    async fn remove_from_device(&self, name: &str) -> Result<(), StoreFailure> {
        database::remove(DEVICE, name).await
    }

    async fn persist(&self) -> Option<bool> {
        let navigator: JsValue = global("navigator")?;
        let storage: StorageManager = member(&navigator, "storage")?;
        // Older browsers have no such method, and the call throws.
        settle(storage.persist()).await.ok()?.as_bool()
    }
}

/// The key that seals the strings of a connection.
async fn sealing_key(name: &str) -> Result<Option<CryptoKey>, StoreFailure> {
    let stored = database::get(DEVICE, name).await?;
    let key = stored.and_then(|stored| member::<JsValue>(&stored, "sealingKey"));
    Ok(key.and_then(|key| key.dyn_into().ok()))
}

fn gcm(nonce: &[u8]) -> Object {
    object(&[("name", "AES-GCM".into()), ("iv", Uint8Array::from(nonce).into())])
}
