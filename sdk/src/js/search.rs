//! `Search` for JavaScript.

use wasm_bindgen::JsValue;

use super::abort::Followed;
use super::handle::{Arguments, Call, Held};
use super::value::{array, promise, written_object};
use crate::client::search::{Search, SearchProgress};
use crate::fhir::bundle::Page;
use crate::web::{JsonValue, WebPlatform};

/// A search, page by page.
pub(super) struct JsSearch {
    search: Search<WebPlatform>,
    _followed: Followed,
}

impl JsSearch {
    pub fn new(search: Search<WebPlatform>, limit: Option<f64>, followed: Followed) -> Self {
        let search = search.limited_to(limit.map_or(usize::MAX, |limit| limit as usize));
        Self { search, _followed: followed }
    }
}

impl Held for JsSearch {
    fn call(&self, call: Call, _: Arguments) -> JsValue {
        match call {
            // The next page, or `null`.
            Call::NextPage => {
                let search = self.search.clone();
                promise(async move { Ok(search.next_page().await?.map_or(JsValue::NULL, page_object)) }).into()
            }
            Call::Progress => progress_object(&self.search.progress()),
            _ => JsValue::UNDEFINED,
        }
    }
}

/// How far a search has come.
fn progress_object(progress: &SearchProgress) -> JsValue {
    written_object! {
        "pages": (progress.pages as u32).into(),
        "resources": (progress.resources as u32).into(),
        "total": progress.total.map_or(JsValue::UNDEFINED, JsValue::from),
        "bytes": (progress.bytes as f64).into(),
    }
}

fn page_object(page: Page<JsonValue>) -> JsValue {
    written_object! {
        "resources": array(page.resources),
        "included": array(page.included),
        "outcomes": array(page.outcomes),
        "repeated": (page.repeated as u32).into(),
        "total": page.total.map_or(JsValue::UNDEFINED, JsValue::from),
        "bundle": page.bundle.into_js(),
    }
}
