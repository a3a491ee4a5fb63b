//! The page's URL and history.

use smartrust::platform::Navigator;
use smartrust::web::WebPlatform;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

#[wasm_bindgen_test]
fn c8_the_url_is_replaced_without_a_new_entry_in_the_history() {
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
fn a_url_of_another_origin_cannot_be_put_into_the_history() {
    let platform = WebPlatform::default();
    let address = platform.location();
    assert!(platform.replace("https://another.example/").is_err());
    assert_eq!(platform.location(), address);
}

#[wasm_bindgen_test]
fn without_a_history_replacing_the_url_is_an_error() {
    let _absent = browser::with(&js_sys::global(), "history", &JsValue::UNDEFINED);
    assert!(WebPlatform::default().replace("http://localhost/").is_err());
}

#[wasm_bindgen_test]
fn a6_a_form_is_posted_by_the_page_whatever_the_names_of_its_fields() {
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
fn a6_without_a_page_posting_is_an_error() {
    let _absent = browser::with(&js_sys::global(), "HTMLFormElement", &JsValue::UNDEFINED);
    assert!(WebPlatform::default().post("https://ehr.example/authorize", &[]).is_err());
}
