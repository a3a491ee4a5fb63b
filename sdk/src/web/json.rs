//! JSON by the parser of the JavaScript engine.

use js_sys::{JSON, Reflect};
use wasm_bindgen::prelude::*;

use super::WebPlatform;
#[cfg(any(feature = "js", feature = "js-backend", feature = "js-udap"))]
use super::global::member;
use super::global::{items, strings};
use crate::platform::{Json, JsonView};

#[wasm_bindgen]
extern "C" {
    // Unlike js_sys, this takes a JavaScript string, so that nothing is copied.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn parse_text(text: &JsValue) -> Result<JsValue, JsValue>;

    // Unlike in js_sys, these may throw, because a caller's object may be a proxy.
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array_or_throws(value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = hasOwn, catch)]
    fn has_own(object: &JsValue, name: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn keys(object: &JsValue) -> Result<JsValue, JsValue>;
}

/// Whether a value is an array. A value that throws an exception is not one.
pub(crate) fn is_array(value: &JsValue) -> bool {
    is_array_or_throws(value).unwrap_or(false)
}

/// A value that `JSON.parse` returned.
#[derive(Clone, Debug)]
pub struct JsonValue(JsValue);

impl JsonValue {
    /// Wraps a JavaScript value.
    pub fn from_js(value: JsValue) -> Self {
        Self(value)
    }

    /// The JavaScript value itself.
    pub fn into_js(self) -> JsValue {
        self.0
    }

    /// A member of the object or of its class, such as a getter of `Keys`.
    #[cfg(any(feature = "js", feature = "js-backend", feature = "js-udap"))]
    pub(crate) fn inherited(&self, name: &str) -> Option<Self> {
        if self.is_plain_object() { member(&self.0, name).map(Self) } else { None }
    }

    fn is_plain_object(&self) -> bool {
        self.0.is_object() && !is_array(&self.0)
    }

    pub(super) fn parse(text: &JsValue) -> Option<Self> {
        parse_text(text).ok().map(Self)
    }
}

impl Json for WebPlatform {
    type Value = JsonValue;

    fn parse(&self, text: &str) -> Option<JsonValue> {
        JsonValue::parse(&JsValue::from_str(text))
    }
}

impl JsonView for JsonValue {
    fn member(&self, name: &str) -> Option<Self> {
        let name = JsValue::from_str(name);
        if !self.is_plain_object() || !has_own(&self.0, &name).unwrap_or(false) {
            return None;
        }
        let value = Reflect::get(&self.0, &name).ok()?;
        (!value.is_null_or_undefined()).then_some(Self(value))
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn flag(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        let items = is_array(&self.0).then(|| items(&self.0).ok()).flatten()?;
        Some(items.into_iter().map(Self).collect())
    }

    fn names(&self) -> Vec<String> {
        let object = Some(&self.0).filter(|_| self.is_plain_object());
        object.and_then(|object| strings(&keys(object).ok()?)).unwrap_or_default()
    }

    fn to_json(&self) -> String {
        // For a value that JSON cannot represent, such as a function, `stringify` returns `undefined`.
        JSON::stringify(&self.0).ok().and_then(|text| text.as_string()).unwrap_or_default()
    }
}
