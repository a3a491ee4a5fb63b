//! The page's address and history.

use smartrust::platform::Navigator;
use smartrust::web::WebPlatform;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

#[wasm_bindgen_test]
fn c8_the_address_is_replaced_without_a_new_entry_in_the_history() {
    let platform = WebPlatform::default();
    let address = platform.location().unwrap();
    let entries = browser::count_history();
    let with_code = format!("{}?code=c&state=s", browser::page_address());
    platform.replace(&with_code).unwrap();
    assert_eq!(platform.location(), Some(with_code));
    platform.replace(&address).unwrap();
    assert_eq!(platform.location(), Some(address));
    assert_eq!(browser::count_history(), entries);
}

#[wasm_bindgen_test]
fn an_address_of_another_origin_cannot_be_put_into_the_history() {
    let platform = WebPlatform::default();
    let address = platform.location();
    assert!(platform.replace("https://another.example/").is_err());
    assert_eq!(platform.location(), address);
}

#[wasm_bindgen_test]
fn where_there_is_no_history_it_cannot_be_replaced_and_says_so() {
    let _absent = browser::with(&js_sys::global(), "history", &JsValue::UNDEFINED);
    assert!(WebPlatform::default().replace("http://localhost/").is_err());
}
