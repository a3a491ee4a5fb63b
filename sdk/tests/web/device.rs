//! Strings and keys that stay on the device, by Web Crypto and IndexedDB.

use smartrust::platform::{Device, Json, Signer};
use smartrust::protocol::jwk::{Algorithm, PublicKey};
use smartrust::web::WebPlatform;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

#[wasm_bindgen_test]
async fn n3_n15_a_key_signs_after_a_reload_and_cannot_be_read_out() {
    let device = WebPlatform::default();
    assert!(device.can_create_keys());
    for algorithm in [Algorithm::RS384, Algorithm::RS256, Algorithm::ES384] {
        let public = device.create_key("key.signs", algorithm).await.unwrap();
        // Another object, as after a reload: the key comes from IndexedDB.
        let later = WebPlatform::default();
        let key = later.private_key("key.signs").await.unwrap().unwrap();
        for form in &key {
            assert_eq!(browser::can_be_read_out(form).await.unwrap(), false, "{}", algorithm.name());
        }
        let signature = later.sign(&key, algorithm, b"data").await.unwrap();
        let published = later.parse(&public.published_jwk("k", Some(algorithm))).unwrap();
        let public = PublicKey::read(&published).unwrap();
        assert!(later.verify(&public, algorithm, &signature, b"data").await.unwrap(), "{}", algorithm.name());
        assert!(!later.verify(&public, algorithm, &signature, b"other").await.unwrap(), "{}", algorithm.name());
    }
    assert!(device.private_key("key.unknown").await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn n10_a_sealed_string_is_opened_by_the_same_key_alone() {
    let device = WebPlatform::default();
    let text = "{\"refreshToken\":\"very-secret\"}";
    assert_eq!(device.seal("key.none", text).await.unwrap(), None);
    device.create_key("key.seals", Algorithm::ES384).await.unwrap();
    let sealed = device.seal("key.seals", text).await.unwrap().unwrap();
    assert!(!sealed.contains("secret"));
    assert_ne!(device.seal("key.seals", text).await.unwrap().as_ref(), Some(&sealed), "a nonce is used once");
    let later = WebPlatform::default();
    assert_eq!(later.unseal("key.seals", &sealed).await.unwrap().as_deref(), Some(text));
    let place = sealed.len() / 2;
    let other = if sealed[place..].starts_with('A') { "B" } else { "A" };
    let changed = [&sealed[..place], other, &sealed[place + 1..]].concat();
    for damaged in ["", "short", "no base64!", &*changed, &sealed[..sealed.len() - 8]] {
        assert_eq!(later.unseal("key.seals", damaged).await.unwrap(), None, "{damaged}");
    }
    device.create_key("key.seals", Algorithm::ES384).await.unwrap();
    assert_eq!(later.unseal("key.seals", &sealed).await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn n14_what_is_removed_from_the_device_is_gone() {
    let device = WebPlatform::default();
    device.create_key("gone.key", Algorithm::ES384).await.unwrap();
    device.set_entry("gone.entry", "first").await.unwrap();
    device.set_entry("gone.entry", "second").await.unwrap();
    let later = WebPlatform::default();
    assert_eq!(later.entry("gone.entry").await.unwrap().as_deref(), Some("second"));
    let mut names = later.device_names("gone.").await.unwrap();
    names.sort();
    assert_eq!(names, ["gone.entry", "gone.key"]);
    for name in &names {
        later.remove_from_device(name).await.unwrap();
        later.remove_from_device(name).await.unwrap();
    }
    assert_eq!(device.device_names("gone.").await.unwrap(), Vec::<String>::new());
    assert!(device.private_key("gone.key").await.unwrap().is_none());
    assert_eq!(device.entry("gone.entry").await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn n13_the_browser_answers_whether_it_keeps_the_data() {
    // A headless browser without engagement says no; one that is asked says something.
    assert!(WebPlatform::default().persist().await.is_some());
}
