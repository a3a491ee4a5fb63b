//! Members of objects, and first of all of `globalThis`, which may be absent or forbidden.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A member of `globalThis`; `None` where it is absent, or the host forbids to touch it.
pub(super) fn global<T: JsCast>(name: &str) -> Option<T> {
    member(&js_sys::global(), name)
}

/// Whether `globalThis` has a member, though the host may forbid to touch it.
pub(super) fn has_global(name: &str) -> bool {
    Reflect::has(&js_sys::global(), &JsValue::from_str(name)).unwrap_or(true)
}

/// A member of an object; `None` where it is absent, or the host forbids to touch it.
pub(super) fn member<T: JsCast>(object: &JsValue, name: &str) -> Option<T> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_null() && !value.is_undefined()).then(|| value.unchecked_into())
}

/// A plain object of these members. A dictionary of the web takes a member that is `undefined` for an absent one.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Object {
    extended(Object::new(), members)
}

/// A plain object with more members.
pub(crate) fn extended(object: Object, members: &[(&str, JsValue)]) -> Object {
    for (name, value) in members {
        // Setting a member of a plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}
