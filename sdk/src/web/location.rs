//! The page's address and history.

use wasm_bindgen::prelude::*;

use super::WebPlatform;
use super::global::{global, member};
use crate::platform::{NavigationFailure, Navigator};

#[wasm_bindgen]
extern "C" {
    // Workers have a location that cannot be assigned, and no history.
    type PageLocation;
    #[wasm_bindgen(method, catch)]
    fn assign(this: &PageLocation, url: &str) -> Result<(), JsValue>;

    type PageHistory;
    #[wasm_bindgen(method, getter)]
    fn state(this: &PageHistory) -> JsValue;
    #[wasm_bindgen(method, catch, js_name = replaceState)]
    fn replace_state(this: &PageHistory, state: &JsValue, title: &str, url: &str) -> Result<(), JsValue>;
}

impl Navigator for WebPlatform {
    fn location(&self) -> Option<String> {
        let location: JsValue = global("location")?;
        member::<JsValue>(&location, "href")?.as_string()
    }

    fn assign(&self, url: &str) -> Result<(), NavigationFailure> {
        let location: PageLocation = global("location").ok_or(NavigationFailure)?;
        location.assign(url).map_err(|_| NavigationFailure)
    }

    fn replace(&self, url: &str) -> Result<(), NavigationFailure> {
        let history: PageHistory = global("history").ok_or(NavigationFailure)?;
        history.replace_state(&history.state(), "", url).map_err(|_| NavigationFailure)
    }
}
