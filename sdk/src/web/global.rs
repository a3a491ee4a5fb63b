//! Access to `globalThis`, whose members may be absent or forbidden, and to members of objects.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // `js_sys::global` evaluates a string in engines without this name.
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;

    /// The items of an array or another iterable.
    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    pub(super) fn items(iterable: &JsValue) -> Result<Vec<JsValue>, JsValue>;

    // Unlike `Reflect::set`, this cannot fail, because the objects are plain.
    type PlainObject;
    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &PlainObject, name: &str, value: &JsValue);
    #[wasm_bindgen(method, indexing_setter)]
    fn set_string(this: &PlainObject, name: &str, value: &str);
}

/// A member of `globalThis`; `None` if it is absent, or the host forbids access.
pub(super) fn global<T: JsCast>(name: &str) -> Option<T> {
    GLOBAL.with(|global| member(global, name))
}

/// `globalThis` as the type that the caller needs.
pub(super) fn global_as<T: JsCast>() -> T {
    GLOBAL.with(JsValue::clone).unchecked_into()
}

/// Whether `globalThis` has a member, even if the host forbids access to it.
pub(super) fn has_global(name: &str) -> bool {
    GLOBAL.with(|global| Reflect::has(global, &JsValue::from_str(name)).unwrap_or(true))
}

/// A member of an object; `None` if it is absent, or the host forbids access.
pub(super) fn member<T: JsCast>(object: &JsValue, name: &str) -> Option<T> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_null_or_undefined()).then(|| value.unchecked_into())
}

/// The strings of an array or another iterable; `None` for other values.
pub(super) fn strings(iterable: &JsValue) -> Option<Vec<String>> {
    Some(items(iterable).ok()?.iter().filter_map(JsValue::as_string).collect())
}

/// A plain object with these members. A dictionary of a web API treats a member that is `undefined` as absent.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    members.iter().for_each(|(name, value)| set_member(&object, name, value));
    object
}

/// Sets a member of a plain object to a string.
pub(super) fn set_string(object: &Object, name: &str, value: &str) {
    object.unchecked_ref::<PlainObject>().set_string(name, value);
}

/// Sets a member of a plain object.
pub(super) fn set_member(object: &Object, name: &str, value: &JsValue) {
    object.unchecked_ref::<PlainObject>().set(name, value);
}
