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

#[wasm_bindgen_test]
fn a6_a_form_is_posted_by_the_page_whatever_its_fields_are_called() {
    let submissions = browser::replace_submit();
    let form = [("scope", "patient/*.rs openid"), ("submit", "é&\"<b>"), ("action", "https://evil.example/")];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let posted = WebPlatform::default().post("https://ehr.example/authorize?tenant=7", &form);
    submissions.restore();
    assert!(posted.is_ok());
    assert_eq!(
        submissions.sent(),
        [
            "post",
            "https://ehr.example/authorize?tenant=7",
            "scope=patient%2F*.rs+openid&submit=%C3%A9%26%22%3Cb%3E&action=https%3A%2F%2Fevil.example%2F",
        ]
    );
}

#[wasm_bindgen_test]
fn a6_where_there_is_no_page_nothing_is_posted_and_it_says_so() {
    let _absent = browser::with(&js_sys::global(), "HTMLFormElement", &JsValue::UNDEFINED);
    assert!(WebPlatform::default().post("https://ehr.example/authorize", &[]).is_err());
}
