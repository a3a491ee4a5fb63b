//! The strings and keys that a device stores.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::protocol::jwk::Algorithm;

/// The strings and keys of a device.
#[derive(Default)]
pub(super) struct StoredOnDevice {
    pub strings: RefCell<BTreeMap<String, String>>,
    pub keys: RefCell<BTreeMap<String, Key>>,
    pub created: Cell<u8>,
    pub is_blocked: Cell<bool>,
    pub has_no_keys: Cell<bool>,
    pub persists: Cell<Option<bool>>,
    pub persist_calls: Cell<usize>,
}

/// A key, which is not a real one.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub algorithm: Algorithm,
    /// Distinguishes the keys.
    pub number: u8,
}

impl Key {
    /// Encrypts or decrypts bytes.
    pub fn apply(self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().map(|byte| byte ^ self.number).collect()
    }
}
