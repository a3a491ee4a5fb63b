//! Members of `globalThis`, which may be absent or forbidden.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// A member of `globalThis`; `None` where it is absent, or the host forbids to touch it.
pub(super) fn global<T: JsCast>(name: &str) -> Option<T> {
    member(&js_sys::global(), name)
}

/// A member of an object; `None` where it is absent, or the host forbids to touch it.
pub(super) fn member<T: JsCast>(object: &JsValue, name: &str) -> Option<T> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_null() && !value.is_undefined()).then(|| value.unchecked_into())
}
