//! The device of a world, and its controls for tests.

use std::collections::BTreeMap;

use super::json::SerdeJson;
use super::stored::{Key, StoredOnDevice};
use super::tab::MemoryPlatform;
use super::world::World;
use crate::platform::{Device, Json as _, StoreFailure};
use crate::protocol::encoding::{base64url, base64url_decode};
use crate::protocol::jwk::{Algorithm, PublicKey};

impl World {
    /// All strings on the device by their names.
    pub fn stored_on_device(&self) -> BTreeMap<String, String> {
        self.shared.device.strings.borrow().clone()
    }

    /// Stores a string on the device.
    pub fn set_stored_on_device(&self, name: &str, text: &str) {
        self.shared.device.strings.borrow_mut().insert(name.to_owned(), text.to_owned());
    }

    /// The names of the keys on the device.
    pub fn keys_on_device(&self) -> Vec<String> {
        self.shared.device.keys.borrow().keys().cloned().collect()
    }

    /// Removes all keys from the device, as a browser does that needs the space.
    pub fn evict_keys(&self) {
        self.shared.device.keys.borrow_mut().clear();
    }

    /// Sets whether the device is available.
    pub fn set_device_available(&self, works: bool) {
        self.shared.device.is_blocked.set(!works);
    }

    /// Sets whether the device can create keys. A browser cannot in a page without https.
    pub fn set_keys_available(&self, works: bool) {
        self.shared.device.has_no_keys.set(!works);
    }

    /// Sets the host's answer to [`Device::persist`].
    pub fn set_persists(&self, answer: Option<bool>) {
        self.shared.device.persists.set(answer);
    }

    /// How often [`Device::persist`] was called.
    pub fn persist_calls(&self) -> usize {
        self.shared.device.persist_calls.get()
    }
}

impl MemoryPlatform {
    fn device(&self) -> Result<&StoredOnDevice, StoreFailure> {
        let device = &self.world.shared.device;
        if device.is_blocked.get() { Err(StoreFailure) } else { Ok(device) }
    }

    fn key(&self, name: &str) -> Result<Option<Key>, StoreFailure> {
        Ok(self.device()?.keys.borrow().get(name).copied())
    }
}

impl Device for MemoryPlatform {
    fn can_create_keys(&self) -> bool {
        !self.world.shared.device.has_no_keys.get()
    }

    async fn create_key(&self, name: &str, algorithm: Algorithm) -> Result<PublicKey, StoreFailure> {
        let device = self.device()?;
        let number = device.created.get() + 1;
        device.created.set(number);
        device.keys.borrow_mut().insert(name.to_owned(), Key { algorithm, number });
        let material = base64url(&[0x80 | number; 256]);
        let jwk = match algorithm.curve() {
            Some(curve) => format!(r#"{{"kty":"EC","crv":"{curve}","x":"{material}","y":"{material}"}}"#),
            None => format!(r#"{{"kty":"RSA","n":"{material}","e":"AQAB"}}"#),
        };
        SerdeJson.parse(&jwk).and_then(|jwk| PublicKey::read(&jwk)).ok_or(StoreFailure)
    }

    async fn private_key(&self, name: &str) -> Result<Option<Vec<Algorithm>>, StoreFailure> {
        Ok(self.key(name)?.map(|key| vec![key.algorithm]))
    }

    async fn seal(&self, name: &str, text: &str) -> Result<Option<String>, StoreFailure> {
        Ok(self.key(name)?.map(|key| base64url(&[&[key.number], &*key.apply(text.as_bytes())].concat())))
    }

    async fn unseal(&self, name: &str, sealed: &str) -> Result<Option<String>, StoreFailure> {
        let (Some(key), Some(bytes)) = (self.key(name)?, base64url_decode(sealed)) else { return Ok(None) };
        let sealed = bytes.split_first().filter(|(number, _)| **number == key.number);
        Ok(sealed.and_then(|(_, bytes)| String::from_utf8(key.apply(bytes)).ok()))
    }

    async fn entry(&self, name: &str) -> Result<Option<String>, StoreFailure> {
        Ok(self.device()?.strings.borrow().get(name).cloned())
    }

    async fn set_entry(&self, name: &str, text: &str) -> Result<(), StoreFailure> {
        self.device()?.strings.borrow_mut().insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    async fn device_names(&self, prefix: &str) -> Result<Vec<String>, StoreFailure> {
        let device = self.device()?;
        let (strings, keys) = (device.strings.borrow(), device.keys.borrow());
        Ok(strings.keys().chain(keys.keys()).filter(|name| name.starts_with(prefix)).cloned().collect())
    }

    async fn remove_from_device(&self, name: &str) -> Result<(), StoreFailure> {
        let device = self.device()?;
        device.strings.borrow_mut().remove(name);
        device.keys.borrow_mut().remove(name);
        Ok(())
    }

    async fn persist(&self) -> Option<bool> {
        let device = &self.world.shared.device;
        device.persist_calls.set(device.persist_calls.get() + 1);
        device.persists.get()
    }
}
