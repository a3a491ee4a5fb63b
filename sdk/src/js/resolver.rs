//! `Resolver` for JavaScript.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::error::to_js_error;
use super::instance::promise;
use super::value::{object, text};
use crate::client::record::{Resolved, Resolver};
use crate::web::{JsonValue, WebPlatform};

/// Resolves references, each once.
#[wasm_bindgen(js_name = Resolver)]
pub struct JsResolver {
    resolver: Resolver<WebPlatform>,
    _forwarded: Forwarded,
}

impl JsResolver {
    pub(super) fn new(resolver: Resolver<WebPlatform>, forwarded: Forwarded) -> Self {
        Self { resolver, _forwarded: forwarded }
    }
}

#[wasm_bindgen(js_class = Resolver)]
impl JsResolver {
    /// Returns the resource of a reference, from `whole` or the server.
    pub fn resolve(&self, reference: String, whole: JsValue) -> Promise {
        let resolver = self.resolver.clone();
        promise(async move {
            let whole = whole.is_object().then(|| JsonValue::from_js(whole));
            Ok(resolver.resolve(&reference, whole.as_ref()).await?.into_js())
        })
    }

    /// Resolves all references of a resource or Bundle. Returns an array of references with their resources or errors.
    #[wasm_bindgen(js_name = resolveAll)]
    pub fn resolve_all(&self, whole: JsValue, depth: u32) -> Promise {
        let resolver = self.resolver.clone();
        promise(async move {
            let resolved = resolver.resolve_all(&JsonValue::from_js(whole), depth as usize).await;
            Ok(resolved.into_iter().map(resolved_object).collect::<Array>().into())
        })
    }
}

fn resolved_object(resolved: Resolved<JsonValue>) -> JsValue {
    let (name, value) = match resolved.outcome {
        Ok(resource) => ("resource", resource.into_js()),
        Err(failure) => ("error", to_js_error(&failure)),
    };
    object(&[("reference", text(&resolved.reference)), (name, value)])
}
