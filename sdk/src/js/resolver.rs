//! `Resolver` for JavaScript.

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::abort::Followed;
use super::error::to_js;
use super::handle::{Arguments, Call, Held};
use super::value::{object, promise, text};
use crate::client::resolver::{Resolved, Resolver};
use crate::error::Failure;
use crate::web::{JsonValue, WebPlatform};

/// Follows references, each once.
pub(super) struct JsResolver {
    resolver: Resolver<WebPlatform>,
    _followed: Followed,
}

impl JsResolver {
    pub fn new(resolver: Resolver<WebPlatform>, followed: Followed) -> Self {
        Self { resolver, _followed: followed }
    }
}

impl Held for JsResolver {
    fn call(&self, call: Call, arguments: Arguments) -> JsValue {
        promise(answer(self.resolver.clone(), call, arguments)).into()
    }
}

async fn answer(resolver: Resolver<WebPlatform>, call: Call, arguments: Arguments) -> Result<JsValue, Failure> {
    match (call, arguments) {
        // The resource that a reference names, within `whole` or on the server.
        (Call::Resolve, [reference, whole, _]) => {
            let whole = whole.is_object().then(|| JsonValue::from_js(whole));
            let reference = reference.as_string().unwrap_or_default();
            Ok(resolver.resolve(&reference, whole.as_ref()).await?.into_js())
        }
        // All that a resource or Bundle refers to: an array of references with their resources or errors.
        (Call::ResolveAll, [whole, depth, _]) => {
            let depth = depth.as_f64().unwrap_or_default() as usize;
            let resolved = resolver.resolve_all(&JsonValue::from_js(whole), depth).await;
            Ok(resolved.into_iter().map(resolved_object).collect::<Array>().into())
        }
        _ => Ok(JsValue::UNDEFINED),
    }
}

fn resolved_object(resolved: Resolved<JsonValue>) -> JsValue {
    let (name, value) = match resolved.outcome {
        Ok(resource) => ("resource", resource.into_js()),
        Err(failure) => ("error", to_js(&failure)),
    };
    object(&[("reference", text(&resolved.reference)), (name, value)])
}
