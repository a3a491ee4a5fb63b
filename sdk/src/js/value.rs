//! Small conversions to JavaScript.

#[cfg(any(feature = "js", feature = "js-backend", feature = "js-directory", feature = "js-udap"))]
use js_sys::Array;
use wasm_bindgen::JsValue;

#[cfg(any(feature = "js-backend", feature = "js-udap"))]
use crate::protocol::client_metadata::MetadataChange;
#[cfg(any(feature = "js", feature = "js-backend", feature = "js-directory", feature = "js-udap"))]
use crate::protocol::finding::Finding;
#[cfg(any(feature = "js", feature = "js-backend"))]
use crate::web::JsonValue;

pub(super) fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A string, or `undefined`.
pub(super) fn optional_text(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, JsValue::from_str)
}

/// An array of JSON values.
#[cfg(any(feature = "js", feature = "js-backend"))]
pub(super) fn array(items: Vec<JsonValue>) -> JsValue {
    items.into_iter().map(JsonValue::into_js).collect::<Array>().into()
}

/// An object of members.
pub(super) fn object(members: &[(&str, JsValue)]) -> JsValue {
    crate::web::object(members).into()
}

/// An array of findings.
#[cfg(any(feature = "js", feature = "js-backend", feature = "js-directory", feature = "js-udap"))]
pub(super) fn findings(findings: &[Finding]) -> JsValue {
    let object = |finding: &Finding| {
        object(&[("code", text(finding.code)), ("message", text(&finding.message)), ("section", text(finding.section))])
    };
    findings.iter().map(object).collect::<Array>().into()
}

/// An array of the values that a server registered differently from what was sent.
#[cfg(any(feature = "js-backend", feature = "js-udap"))]
pub(super) fn changes(changes: &[MetadataChange]) -> JsValue {
    changes.iter().map(change_object).collect::<Array>().into()
}

#[cfg(any(feature = "js-backend", feature = "js-udap"))]
fn change_object(change: &MetadataChange) -> JsValue {
    object(&[
        ("member", text(change.member)),
        ("sent", optional_text(change.sent.as_deref())),
        ("registered", optional_text(change.registered.as_deref())),
    ])
}
