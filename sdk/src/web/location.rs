//! The page's URL and history.

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

    type PageDocument;
    #[wasm_bindgen(method, catch, js_name = createElement)]
    fn create_element(this: &PageDocument, name: &str) -> Result<PageElement, JsValue>;
    #[wasm_bindgen(method, catch, getter, js_name = documentElement)]
    fn document_element(this: &PageDocument) -> Result<PageElement, JsValue>;

    type PageElement;
    #[wasm_bindgen(method, catch, js_name = setAttribute)]
    fn set_attribute(this: &PageElement, name: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn append(this: &PageElement, child: &PageElement) -> Result<(), JsValue>;
    // Not the form's own `submit`, because a field with that name replaces it.
    #[wasm_bindgen(catch, js_namespace = ["HTMLFormElement", "prototype", "submit"], js_name = call)]
    fn submit(form: &PageElement) -> Result<(), JsValue>;

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

    fn post(&self, url: &str, form: &[(String, String)]) -> Result<(), NavigationFailure> {
        submit_form(url, form).map_err(|_| NavigationFailure)
    }

    fn replace(&self, url: &str) -> Result<(), NavigationFailure> {
        let history: PageHistory = global("history").ok_or(NavigationFailure)?;
        history.replace_state(&history.state(), "", url).map_err(|_| NavigationFailure)
    }
}

fn submit_form(url: &str, fields: &[(String, String)]) -> Result<(), JsValue> {
    let document: PageDocument = global("document").ok_or(JsValue::UNDEFINED)?;
    let element = |name: &str, attributes: &[(&str, &str)]| {
        let element = document.create_element(name)?;
        attributes.iter().try_for_each(|(name, value)| element.set_attribute(name, value))?;
        Ok::<_, JsValue>(element)
    };
    let form = element("form", &[("method", "post"), ("action", url), ("accept-charset", "utf-8"), ("hidden", "")])?;
    for (name, value) in fields {
        form.append(&element("input", &[("type", "hidden"), ("name", name), ("value", value)])?)?;
    }
    document.document_element()?.append(&form)?;
    submit(&form)
}
