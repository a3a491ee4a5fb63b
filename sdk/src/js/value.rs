//! Small conversions to JavaScript.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::JsValue;

use super::instance;
#[cfg(feature = "js")]
use super::lazy::told;
use crate::error::Failure;
use crate::platform::LocalFuture;
use crate::protocol::finding::Finding;
#[cfg(feature = "js")]
use crate::protocol::scope::Scope;
use crate::web::JsonValue;

/// A promise of what a future gives.
pub(super) fn promise(future: impl Future<Output = Result<JsValue, Failure>> + 'static) -> Promise {
    // Boxed, so that the promise's machinery is compiled once and not for each future.
    boxed_promise(Box::pin(future))
}

fn boxed_promise(future: LocalFuture<Result<JsValue, Failure>>) -> Promise {
    instance::promise(Box::pin(async move {
        match future.await {
            Ok(value) => Ok(value),
            Err(failure) => Err(told(failure).await),
        }
    }))
}

/// An error as JavaScript gets it.
#[cfg(not(feature = "js"))]
async fn told(failure: Failure) -> JsValue {
    super::error::to_js(&failure)
}

/// A text.
pub(super) fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A text, or `undefined`.
pub(super) fn optional_text(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, JsValue::from_str)
}

/// A text that is nobody else's, or `undefined`.
#[cfg(feature = "js")]
pub(super) fn own_text(text: Option<String>) -> JsValue {
    optional_text(text.as_deref())
}

/// An array of scopes.
#[cfg(feature = "js")]
pub(super) fn scopes(scopes: &mut dyn Iterator<Item = &Scope>) -> JsValue {
    scopes.map(|scope| JsValue::from_str(scope.as_str())).collect::<Array>().into()
}

/// An array of JSON values.
pub(super) fn array(items: Vec<JsonValue>) -> JsValue {
    items.into_iter().map(JsonValue::into_js).collect::<Array>().into()
}

/// An object of members.
pub(super) fn object(members: &[(&str, JsValue)]) -> JsValue {
    crate::web::object(members).into()
}

/// An object of members that are written out. Their names are one text, which takes less code than a text for each.
macro_rules! written_object {
    ($($name:literal: $value:expr),+ $(,)?) => {
        $crate::js::value::named(concat!($($name, " "),+), &[$($value),+])
    };
}
pub(super) use written_object;

/// An object of values and their names.
pub(super) fn named(names: &str, values: &[JsValue]) -> JsValue {
    let object = Object::new();
    for (name, value) in names.split_ascii_whitespace().zip(values) {
        // Setting a member of a plain object cannot fail.
        let _ = Reflect::set(&object, &text(name), value);
    }
    object.into()
}

/// What is odd, in the words that the interface has for it.
pub(super) fn findings(findings: &[Finding]) -> JsValue {
    let object = |finding: &Finding| {
        object(&[("code", text(finding.code)), ("message", text(&finding.message)), ("section", text(finding.section))])
    };
    findings.iter().map(object).collect::<Array>().into()
}
