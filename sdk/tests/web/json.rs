//! JSON with the engine's parser.

use smartrust::platform::{Json, JsonView};
use smartrust::web::{JsonValue, WebPlatform};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

fn parse(text: &str) -> JsonValue {
    WebPlatform::default().parse(text).unwrap()
}

#[wasm_bindgen_test]
fn invalid_json_has_no_value() {
    let platform = WebPlatform::default();
    for text in ["", "{", "undefined", "{'a': 1}", "<html>", "[1,]"] {
        assert!(platform.parse(text).is_none(), "{text}");
    }
}

#[wasm_bindgen_test]
fn members_are_read_by_name_and_absent_is_like_null() {
    let value = parse(r#"{"text": "é 😀", "zero": 0, "empty": "", "no": false, "null": null, "list": [], "": 1}"#);
    assert_eq!(value.member_text("text").as_deref(), Some("é 😀"));
    assert_eq!(value.member("zero").unwrap().number(), Some(0.0));
    assert_eq!(value.member_text("empty").as_deref(), Some(""));
    assert_eq!(value.member("no").unwrap().flag(), Some(false));
    assert_eq!(value.member("").unwrap().number(), Some(1.0));
    assert!(value.member("list").is_some());
    assert!(value.member("null").is_none());
    assert!(value.member("absent").is_none());
}

#[wasm_bindgen_test]
fn a_value_of_another_type_is_none() {
    let kinds = [r#""1""#, "1", "true", "[1]", r#"{"a": 1}"#, "null"].map(parse);
    let read = |kind: &JsonValue| {
        (kind.text().is_some(), kind.number().is_some(), kind.flag().is_some(), kind.items().is_some())
    };
    let expected = [
        (true, false, false, false),
        (false, true, false, false),
        (false, false, true, false),
        (false, false, false, true),
        (false, false, false, false),
        (false, false, false, false),
    ];
    assert_eq!(kinds.each_ref().map(read), expected);
    for no_object in [&kinds[0], &kinds[1], &kinds[2], &kinds[5]] {
        assert!(no_object.member("a").is_none());
        assert!(no_object.names().is_empty());
    }
    assert!(kinds[3].names().is_empty());
}

#[wasm_bindgen_test]
fn items_and_names_keep_their_order() {
    let value = parse(r#"{"second": [3, null, "x"], "first": {}, "__proto__": 1}"#);
    assert_eq!(value.names(), ["second", "first", "__proto__"]);
    let items = value.member_items("second");
    assert_eq!(items.len(), 3);
    assert_eq!((items[0].number(), items[2].text().as_deref()), (Some(3.0), Some("x")));
    assert!(value.member_items("first").is_empty());
    assert!(value.member_items("absent").is_empty());
}

#[wasm_bindgen_test]
fn a_parsed_value_is_written_again() {
    let text = r#"{"a":[1.5,null,true,"line\nbreak \" \\ é"],"b":{"c":{}}}"#;
    assert_eq!(parse(text).to_json(), text);
}

#[wasm_bindgen_test]
fn a_javascript_caller_gets_the_object_that_the_engine_made() {
    let value = parse(r#"{"resourceType": "Patient", "name": [{"family": "Doe"}]}"#);
    let name = value.member("name").unwrap().into_js();
    let object = value.into_js();
    assert!(js_sys::Array::is_array(&name));
    assert!(js_sys::Object::is(&js_sys::Reflect::get(&object, &"name".into()).unwrap(), &name));
    assert!(object.has_type::<js_sys::Object>());
}

#[wasm_bindgen_test]
fn inherited_members_are_not_members() {
    for (text, name) in [("{}", "toString"), ("{}", "constructor"), ("[1]", "length"), ("\"text\"", "length")] {
        assert!(parse(text).member(name).is_none(), "{text}.{name}");
    }
    assert!(parse(r#"{"toString": 1}"#).member("toString").is_some());
}
