//! `Resolver` for JavaScript.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Followed;
use super::error::to_js;
use super::lazy::{Task, lazily};
use super::value::{object, text};
use crate::client::resolver::{Resolved, Resolver};
use crate::error::Failure;
use crate::web::{JsonValue, WebPlatform};

/// Follows references, each once.
#[wasm_bindgen(js_name = Resolver)]
pub struct JsResolver {
    resolver: Resolver<WebPlatform>,
    _followed: Followed,
}

impl JsResolver {
    pub(super) fn new(resolver: Resolver<WebPlatform>, followed: Followed) -> Self {
        Self { resolver, _followed: followed }
    }
}

#[wasm_bindgen(js_class = Resolver)]
impl JsResolver {
    /// The resource that a reference names, within `whole` or on the server.
    pub fn resolve(&self, reference: String, whole: JsValue) -> Promise {
        lazily(Task::Resolve(self.resolver.clone(), reference, whole))
    }

    /// All that a resource or Bundle refers to: an array of references with their resources or errors.
    #[wasm_bindgen(js_name = resolveAll)]
    pub fn resolve_all(&self, whole: JsValue, depth: u32) -> Promise {
        lazily(Task::ResolveAll(self.resolver.clone(), whole, depth))
    }
}

/// Follows one reference.
pub(super) async fn resolve(
    resolver: Resolver<WebPlatform>,
    reference: String,
    whole: JsValue,
) -> Result<JsValue, Failure> {
    let whole = whole.is_object().then(|| JsonValue::from_js(whole));
    Ok(resolver.resolve(&reference, whole.as_ref()).await?.into_js())
}

/// Follows every reference.
pub(super) async fn resolve_all(
    resolver: Resolver<WebPlatform>,
    whole: JsValue,
    depth: u32,
) -> Result<JsValue, Failure> {
    let resolved = resolver.resolve_all(&JsonValue::from_js(whole), depth as usize).await;
    Ok(resolved.into_iter().map(resolved_object).collect::<Array>().into())
}

fn resolved_object(resolved: Resolved<JsonValue>) -> JsValue {
    let (name, value) = match resolved.outcome {
        Ok(resource) => ("resource", resource.into_js()),
        Err(failure) => ("error", to_js(&failure)),
    };
    object(&[("reference", text(&resolved.reference)), (name, value)])
}
