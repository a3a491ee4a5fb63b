//! Messages to the page that shows this page, or opened it.

use std::rc::Rc;

use smartrust::platform::{EhrWindow, Json, JsonView};
use smartrust::web::{JsonValue, WebPlatform};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser::{self, expected, page_address};

const OTHER: &str = "https://other.example";

fn own_origin() -> String {
    page_address().split('/').take(3).collect::<Vec<_>>().join("/")
}

#[wasm_bindgen_test]
async fn m4_only_messages_of_the_ehrs_window_and_origin_are_read() {
    let platform = WebPlatform::default();
    let (heard, first) = expected::<String>();
    let read = move |message: JsonValue| heard(message.member_text("text").unwrap_or_default());
    let read: Rc<dyn Fn(JsonValue)> = Rc::new(read);
    assert!(platform.listen_to_ehr(&own_origin(), read.clone()).is_none(), "nobody shows or opened this page");
    let opener = browser::opened_by_a_frame();
    let _of_another = platform.listen_to_ehr(OTHER, Rc::new(|_| panic!("a message of another origin"))).unwrap();
    let _listener = platform.listen_to_ehr(&own_origin(), read).unwrap();
    opener.say_as_a_stranger("of a stranger");
    opener.say("of the EHR");
    assert_eq!(first.await.unwrap().as_string().as_deref(), Some("of the EHR"));
    opener.close();
}

#[wasm_bindgen_test]
async fn m4_a_message_is_posted_to_the_named_origin_alone() {
    let platform = WebPlatform::default();
    let message = |id: &str| platform.parse(&format!(r#"{{"messageId":"{id}"}}"#)).unwrap();
    assert!(platform.post_to_ehr(&own_origin(), &message("0")).is_err(), "nobody shows or opened this page");
    let opener = browser::opened_by_a_frame();
    platform.post_to_ehr(OTHER, &message("1")).unwrap();
    platform.post_to_ehr(&own_origin(), &message("2")).unwrap();
    assert_eq!(opener.first().await.as_string().as_deref(), Some(r#"{"messageId":"2"}"#));
    opener.close();
}
