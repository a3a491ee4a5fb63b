//! Windows that the page opens, and the page that opened this window.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use super::WebPlatform;
use super::global::{global, global_as, member};
use super::host::{Callback, callback};
use crate::platform::{NavigationFailure, Popups};

#[wasm_bindgen]
extern "C" {
    /// A window that another one opened. While it shows a page of another origin, most of its members cannot be accessed.
    #[derive(Clone)]
    pub type Popup;
    #[wasm_bindgen(method, getter)]
    fn closed(this: &Popup) -> bool;
    #[wasm_bindgen(method)]
    fn close(this: &Popup);
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &Popup, message: &str, target_origin: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter)]
    fn location(this: &Popup) -> PopupLocation;

    type PopupLocation;
    #[wasm_bindgen(method, catch)]
    fn replace(this: &PopupLocation, url: &str) -> Result<(), JsValue>;

    type Page;
    #[wasm_bindgen(method, catch)]
    fn open(this: &Page, url: &str, target: &str, features: &str) -> Result<Option<Popup>, JsValue>;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add_event_listener(this: &Page, name: &str, listener: &JsValue);
    #[wasm_bindgen(method, js_name = removeEventListener)]
    fn remove_event_listener(this: &Page, name: &str, listener: &JsValue);

    type PageDocument;
    #[wasm_bindgen(method, js_name = hasFocus)]
    fn has_focus(this: &PageDocument) -> bool;
}

/// Listens to messages of windows until it is dropped.
pub struct MessageListener(Callback);

impl Drop for MessageListener {
    fn drop(&mut self) {
        page().remove_event_listener("message", self.0.as_ref());
    }
}

impl Popups for WebPlatform {
    type Popup = Popup;
    type MessageListener = MessageListener;

    fn open_popup(&self) -> Result<Popup, NavigationFailure> {
        member::<JsValue>(&page(), "open").ok_or(NavigationFailure)?;
        page().open("", "", "popup,width=600,height=800").ok().flatten().ok_or(NavigationFailure)
    }

    fn navigate_popup(&self, popup: &Popup, url: &str) -> Result<(), NavigationFailure> {
        if popup.closed() {
            return Err(NavigationFailure);
        }
        popup.location().replace(url).map_err(|_| NavigationFailure)
    }

    fn is_popup_closed(&self, popup: &Popup) -> bool {
        popup.closed() && global::<PageDocument>("document").is_none_or(|document| document.has_focus())
    }

    fn close_popup(&self, popup: &Popup) {
        popup.close();
    }

    fn listen_to_popup(&self, popup: &Popup, handler: Rc<dyn Fn(&str)>) -> MessageListener {
        let popup = popup.clone();
        let listener = callback(move |event: JsValue| {
            let event: MessageEvent = event.unchecked_into();
            let is_of_popup = event.source().is_some_and(|source| *source == *popup);
            if let Some(text) = event.data().as_string().filter(|_| is_of_popup && Some(event.origin()) == origin()) {
                handler(&text);
            }
        });
        page().add_event_listener("message", listener.as_ref());
        MessageListener(listener)
    }

    fn post_to_opener(&self, message: &str) {
        if let (Some(opener), Some(origin)) = (global::<Popup>("opener"), origin()) {
            // The browser does not deliver it to an opener of another origin.
            let _ = opener.post_message(message, &origin);
        }
    }

    fn close(&self) {
        global_as::<Popup>().close();
    }
}

fn page() -> Page {
    global_as()
}

fn origin() -> Option<String> {
    member::<JsValue>(&global::<JsValue>("location")?, "origin")?.as_string()
}
