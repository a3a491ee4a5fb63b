//! JWK Sets: each key is rebuilt into one that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::protocol::jwk::{Algorithm, PublicKey, candidates};

fuzz_target!(|text: &str| {
    let Ok(set) = serde_json::from_str::<Value>(text) else { return };
    let keys = PublicKey::read_set(&set);
    for key in &keys {
        let bare: Value = serde_json::from_str(&key.bare_jwk()).unwrap();
        assert_eq!(PublicKey::read(&bare).unwrap().bare_jwk(), key.bare_jwk());
    }
    assert!(candidates(&keys, None, Algorithm::ES384).iter().all(|key| key.bare_jwk().contains("P-384")));
});
