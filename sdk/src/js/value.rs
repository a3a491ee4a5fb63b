//! Small conversions to JavaScript.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

/// A text.
pub(super) fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A text, or `undefined`.
pub(super) fn optional_text(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, JsValue::from_str)
}

/// An array of texts.
pub(super) fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> JsValue {
    items.into_iter().map(|item| JsValue::from_str(&item.to_string())).collect::<Array>().into()
}

/// An object of members.
pub(super) fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of a plain object cannot fail.
        let _ = Reflect::set(&object, &text(name), value);
    }
    object.into()
}
