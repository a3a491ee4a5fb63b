//! `Search` for JavaScript.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::instance::promise;
use super::value::{array, object};
use crate::client::fhir::{Search, SearchProgress};
use crate::fhir::bundle::Page;
use crate::web::{JsonValue, WebPlatform};

/// A search.
#[wasm_bindgen(js_name = Search)]
pub struct JsSearch {
    search: Search<WebPlatform>,
    _forwarded: Forwarded,
}

impl JsSearch {
    pub(super) fn new(search: Search<WebPlatform>, limit: Option<f64>, forwarded: Forwarded) -> Self {
        let search = search.limited_to(limit.map_or(usize::MAX, |limit| limit as usize));
        Self { search, _forwarded: forwarded }
    }
}

#[wasm_bindgen(js_class = Search)]
impl JsSearch {
    /// Returns the next page, or `null` after the last.
    #[wasm_bindgen(js_name = nextPage)]
    pub fn next_page(&self) -> Promise {
        let search = self.search.clone();
        promise(async move { Ok(search.next_page().await?.map_or(JsValue::NULL, page_object)) })
    }

    /// The progress of the search.
    #[wasm_bindgen(getter)]
    pub fn progress(&self) -> JsValue {
        progress_object(&self.search.progress())
    }
}

fn progress_object(progress: &SearchProgress) -> JsValue {
    object(&[
        ("pages", (progress.pages as u32).into()),
        ("resources", (progress.resources as u32).into()),
        ("total", progress.total.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("bytes", (progress.bytes as f64).into()),
    ])
}

fn page_object(page: Page<JsonValue>) -> JsValue {
    object(&[
        ("resources", array(page.resources)),
        ("included", array(page.included)),
        ("outcomes", array(page.outcomes)),
        ("repeated", (page.repeated as u32).into()),
        ("total", page.total.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("bundle", page.bundle.into_js()),
    ])
}
