//! Errors as instances of the package's `SmartError`.

use wasm_bindgen::prelude::*;

use super::value::{object, optional_text, text};
#[cfg(feature = "js-udap")]
use crate::error::UdapError;
use crate::error::{Error, Failure, OAuthError};
use crate::platform::Json;
use crate::web::{JsonValue, WebPlatform, is_array};

#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    type SmartError;
    #[wasm_bindgen(constructor)]
    fn new(code: &str, message: &str, details: &JsValue) -> SmartError;
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        to_js_error(&failure)
    }
}

/// The error as a `SmartError`.
pub(super) fn to_js_error(error: &Error) -> JsValue {
    let mut details = vec![
        ("status", error.status().map_or(JsValue::UNDEFINED, JsValue::from)),
        ("section", optional_text(error.section())),
    ];
    match error {
        Error::Authorization(oauth) | Error::Token(oauth) | Error::Registration(oauth) => {
            details.extend(oauth_details(oauth));
        }
        Error::Introspection(refused) | Error::Revocation(refused) => {
            details.extend(refused.oauth.iter().flat_map(oauth_details));
        }
        Error::FileOutcome { outcome, .. } => {
            let outcome = WebPlatform::default().parse(&outcome.json);
            details.push(("operationOutcome", outcome.map_or(JsValue::UNDEFINED, JsonValue::into_js)));
        }
        Error::Fhir(fhir) => {
            let outcome = fhir.operation_outcome.as_ref();
            let outcome = outcome.and_then(|outcome| WebPlatform::default().parse(&outcome.json));
            details.push(("operationOutcome", outcome.map_or(JsValue::UNDEFINED, JsonValue::into_js)));
            details.push(("retryAfter", optional_text(fhir.retry_after.as_deref())));
            details.push(("etag", optional_text(fhir.etag.as_deref())));
        }
        #[cfg(feature = "js-udap")]
        Error::Udap(UdapError::Untrusted { check, .. }) => details.push(("check", text(check))),
        #[cfg(feature = "js")]
        Error::StateConflict { current: Some(current) } => {
            let current = WebPlatform::default().parse(current.expose());
            details.push(("current", current.map_or(JsValue::UNDEFINED, JsonValue::into_js)));
        }
        _ => {}
    }
    SmartError::new(error.code(), &error.message(), &object(&details)).into()
}

fn oauth_details(error: &OAuthError) -> [(&'static str, JsValue); 3] {
    [
        ("error", text(&error.error)),
        ("errorDescription", optional_text(error.description.as_deref())),
        ("errorUri", optional_text(error.uri.as_deref())),
    ]
}

/// An argument that must be an object.
pub(super) fn json_argument(value: JsValue, name: &str) -> Result<JsonValue, Failure> {
    if value.is_object() && !is_array(&value) {
        return Ok(JsonValue::from_js(value));
    }
    Err(Error::configuration(name, "it is not an object"))
}
