//! What a page keeps over reloads.

use smartrust::platform::Page;
use smartrust::web::WebPlatform;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

#[wasm_bindgen_test]
fn s11_a_global_of_the_page_instead_of_the_navigation_api_is_ignored() {
    let kinds = browser::objects_that_are_no_navigation_api();
    assert!(kinds.length() > 0);
    for navigation in kinds {
        let _replaced = browser::with(&js_sys::global(), "navigation", &navigation);
        let platform = WebPlatform::default();
        platform.remember("page.test", "one");
        assert_eq!(platform.recall("page.test").as_deref(), Some("one"), "{navigation:?}");
        platform.remember("page.test", "");
    }
}
