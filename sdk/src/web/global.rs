//! Members of objects, and first of all of `globalThis`, which may be absent or forbidden.

#[cfg(feature = "bindings")]
use std::cell::RefCell;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // js_sys looks for it in engines that have no such name.
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;

    /// What an array or another iterable holds.
    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    pub(super) fn items(iterable: &JsValue) -> Result<Vec<JsValue>, JsValue>;

    // Setting a member of a plain object cannot fail, as js_sys has to reckon with.
    type Members;
    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Members, name: &JsValue, value: &JsValue);
}

/// More names than the SDK has itself are those of callers.
#[cfg(feature = "bindings")]
const MOST_NAMES: usize = 64;

#[cfg(feature = "bindings")]
thread_local! {
    /// To hand a text to the engine takes as long as to set a member by it.
    static NAMES: RefCell<Vec<(Box<str>, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// The name of a member or header as the engine has it. Apps in Rust do without the list, which weighs more than they would gain.
#[cfg(not(feature = "bindings"))]
pub(super) fn name(name: &str) -> JsValue {
    JsValue::from_str(name)
}

/// The name of a member or header as the engine has it, made once.
#[cfg(feature = "bindings")]
pub(super) fn name(name: &str) -> JsValue {
    NAMES.with_borrow_mut(|names| {
        if let Some((_, known)) = names.iter().find(|(known, _)| **known == *name) {
            return known.clone();
        }
        let made = JsValue::from_str(name);
        if names.len() < MOST_NAMES {
            names.push((name.into(), made.clone()));
        }
        made
    })
}

/// A member of `globalThis`; `None` where it is absent, or the host forbids to touch it.
pub(super) fn global<T: JsCast>(name: &str) -> Option<T> {
    GLOBAL.with(|global| member(global, name))
}

/// `globalThis` as what the caller needs of it.
pub(super) fn global_as<T: JsCast>() -> T {
    GLOBAL.with(JsValue::clone).unchecked_into()
}

/// Whether `globalThis` has a member, though the host may forbid to touch it.
pub(super) fn has_global(name: &str) -> bool {
    GLOBAL.with(|global| Reflect::has(global, &JsValue::from_str(name)).unwrap_or(true))
}

/// A member of an object; `None` where it is absent, or the host forbids to touch it.
pub(super) fn member<T: JsCast>(object: &JsValue, name: &str) -> Option<T> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_null() && !value.is_undefined()).then(|| value.unchecked_into())
}

/// The texts of an array or another iterable; `None` of what is none.
pub(super) fn texts(iterable: &JsValue) -> Option<Vec<String>> {
    Some(items(iterable).ok()?.iter().filter_map(JsValue::as_string).collect())
}

/// A plain object of these members. A dictionary of the web takes a member that is `undefined` for an absent one.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    members.iter().for_each(|(member, value)| put(&object, member, value));
    object
}

/// Sets a member of a plain object.
pub(super) fn put(object: &Object, member: &str, value: &JsValue) {
    object.unchecked_ref::<Members>().set(&name(member), value);
}
