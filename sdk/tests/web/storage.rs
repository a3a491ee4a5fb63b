//! Stores: the tab's, the origin's, memory, and an app's own.

use smartrust::platform::{Store, StoreFailure};
use smartrust::web::{StoreChoice, WebPlatform};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

/// What every store must do. It removes its entries.
async fn keeps_texts(platform: &WebPlatform) {
    // Other tests of this page may have left entries.
    let before = sorted_keys(platform, "").await;
    assert_eq!(platform.get("a.1").await, Ok(None));
    assert_eq!(platform.remove("a.1").await, Ok(()));
    for (key, text) in [("a.1", "old"), ("a.1", "new é 😀"), ("a.2", ""), ("b.1", "other")] {
        assert_eq!(platform.set(key, text).await, Ok(()));
    }
    assert_eq!(platform.get("a.1").await.unwrap().as_deref(), Some("new é 😀"));
    assert_eq!(platform.get("a.2").await.unwrap().as_deref(), Some(""));
    assert_eq!(sorted_keys(platform, "a.").await, ["a.1", "a.2"]);
    for key in ["a.1", "a.2", "b.1"] {
        assert_eq!(platform.remove(key).await, Ok(()));
    }
    assert_eq!(platform.get("a.1").await, Ok(None));
    assert_eq!(sorted_keys(platform, "").await, before);
}

/// The keys that begin with a prefix. A browser may return them in any order.
async fn sorted_keys(platform: &WebPlatform, prefix: &str) -> Vec<String> {
    let mut keys = platform.keys(prefix).await.unwrap();
    keys.sort();
    keys
}

#[wasm_bindgen_test]
async fn every_store_keeps_strings_by_key() {
    let own = StoreChoice::Own(browser::store_of_promises());
    for store in [StoreChoice::Tab, StoreChoice::Origin, StoreChoice::memory(), own] {
        keeps_texts(&WebPlatform::with_store(store)).await;
    }
}

#[wasm_bindgen_test]
async fn s1_by_default_data_is_only_stored_for_the_tab() {
    let platform = WebPlatform::default();
    let databases = browser::count_databases().await;
    platform.set("s1", "token-like").await.unwrap();
    assert!(browser::contents("sessionStorage").contains("token-like"));
    assert_eq!(browser::contents("localStorage"), "[]");
    assert_eq!(browser::cookies(), "");
    assert_eq!(browser::count_databases().await, databases);
    platform.remove("s1").await.unwrap();
}

#[wasm_bindgen_test]
async fn s1_the_other_stores_are_used_if_the_app_selects_them() {
    let contents = || (browser::contents("localStorage"), browser::contents("sessionStorage"));
    let before = contents();
    let origin = WebPlatform::with_store(StoreChoice::Origin);
    origin.set("s1", "kept for the origin").await.unwrap();
    assert!(browser::contents("localStorage").contains("kept for the origin"));
    origin.remove("s1").await.unwrap();

    let own = StoreChoice::Own(browser::store_of_promises());
    for store in [StoreChoice::memory(), own] {
        let platform = WebPlatform::with_store(store);
        platform.set("s1", "kept elsewhere").await.unwrap();
        assert_eq!(platform.clone().get("s1").await.unwrap().as_deref(), Some("kept elsewhere"));
    }
    assert_eq!(WebPlatform::with_store(StoreChoice::memory()).get("s1").await, Ok(None));
    assert_eq!(contents(), before);
}

#[wasm_bindgen_test]
async fn a_store_that_is_blocked_or_full_is_an_error_and_not_a_panic() {
    let platform = WebPlatform::default();
    let more_than_fits = "x".repeat(12_000_000);
    assert_eq!(platform.set("s", &more_than_fits).await, Err(StoreFailure));

    let _blocked = browser::without(&js_sys::global(), "sessionStorage");
    for platform in [platform, WebPlatform::default()] {
        assert_eq!(platform.get("s").await, Err(StoreFailure));
        assert_eq!(platform.set("s", "text").await, Err(StoreFailure));
        assert_eq!(platform.remove("s").await, Err(StoreFailure));
        assert_eq!(platform.keys("").await, Err(StoreFailure));
    }
}

#[wasm_bindgen_test]
async fn an_apps_store_that_throws_is_an_error_and_not_a_panic() {
    let platform = WebPlatform::with_store(StoreChoice::Own(browser::broken_store()));
    assert_eq!(platform.get("s").await, Err(StoreFailure));
    assert_eq!(platform.set("s", "text").await, Err(StoreFailure));
    assert_eq!(platform.remove("s").await, Err(StoreFailure));
    assert_eq!(platform.keys("").await, Err(StoreFailure));
}
