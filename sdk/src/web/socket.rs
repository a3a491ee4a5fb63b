//! WebSockets, and the page's transitions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;

use super::WebPlatform;
use super::global::{global, has_global, member};
use super::host::{Callback, callback};
use crate::platform::{SocketEvent, SocketFailure, Transition, Transitions, WebSockets};

#[wasm_bindgen]
extern "C" {
    // An object of the host's class, or of a class that the app passed.
    type Socket;
    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn listen(this: &Socket, name: &str, call: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn send(this: &Socket, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &Socket, code: u16) -> Result<(), JsValue>;

    type EventTarget;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add(this: &EventTarget, name: &str, call: &JsValue);
    #[wasm_bindgen(method, js_name = removeEventListener)]
    fn remove(this: &EventTarget, name: &str, call: &JsValue);
}

thread_local! {
    /// The WebSocket class that the app passed, for hosts without one.
    static CLASS: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets the WebSocket class, unless it is `None`.
#[cfg(feature = "js-hub")]
pub(crate) fn set_socket_class(class: Option<Function>) {
    if class.is_some() {
        CLASS.set(class);
    }
}

fn socket_class() -> Option<Function> {
    CLASS.with_borrow(Clone::clone)
}

/// The code of a connection that was lost without one (RFC 6455 section 7.1.5).
const LOST: u16 = 1006;

/// A WebSocket.
pub struct OpenSocket {
    socket: Socket,
    is_heard: Rc<Cell<bool>>,
}

impl WebSockets for WebPlatform {
    type Socket = OpenSocket;

    fn open_socket(&self, url: &str, handler: Rc<dyn Fn(SocketEvent)>) -> Result<OpenSocket, SocketFailure> {
        let class = socket_class().or_else(|| global("WebSocket")).ok_or(SocketFailure)?;
        let socket = Reflect::construct(&class, &Array::of1(&url.into())).map_err(|_| SocketFailure)?;
        let socket: Socket = socket.unchecked_into();
        let is_heard = Rc::new(Cell::new(true));
        // The `close` event drops the listeners. Until then, the socket calls them, even after the app has closed it.
        let listeners: Rc<Cell<Vec<Callback>>> = Rc::default();
        let report = {
            let is_heard = is_heard.clone();
            move |event| {
                let is_last = matches!(event, SocketEvent::Closed(_));
                if is_heard.get() {
                    is_heard.set(!is_last);
                    handler(event);
                }
            }
        };
        let on_message = {
            let report = report.clone();
            callback(move |event: JsValue| {
                let text = member::<JsValue>(&event, "data").and_then(|data| data.as_string());
                report(text.map_or(SocketEvent::Binary, SocketEvent::Text));
            })
        };
        // If a policy forbids the connection, Chromium fires no other event. The package ws throws if `error` has no listener.
        let on_error = {
            let report = report.clone();
            callback(move |_| report(SocketEvent::Closed(LOST)))
        };
        let on_close = {
            let listeners = listeners.clone();
            callback(move |event: JsValue| {
                let code = member::<JsValue>(&event, "code").and_then(|code| code.as_f64());
                // A cast of a number that is out of range returns the nearest one.
                report(SocketEvent::Closed(code.map_or(LOST, |code| code as u16)));
                drop(listeners.take());
            })
        };
        for (name, listener) in [("message", &on_message), ("error", &on_error), ("close", &on_close)] {
            socket.listen(name, listener.as_ref()).map_err(|_| SocketFailure)?;
        }
        listeners.set(vec![on_message, on_error, on_close]);
        Ok(OpenSocket { socket, is_heard })
    }

    fn send_text(&self, socket: &OpenSocket, text: &str) {
        // This fails if the WebSocket is not open yet.
        let _ = socket.socket.send(text);
    }

    fn close_socket(&self, socket: &OpenSocket, code: u16) {
        socket.is_heard.set(false);
        // This fails for codes that a page must not use.
        let _ = socket.socket.close(code);
    }
}

/// Listens until it is dropped.
pub struct TransitionListener {
    listeners: Option<[(&'static str, Callback); 4]>,
}

impl Drop for TransitionListener {
    fn drop(&mut self) {
        let Some(target) = global::<EventTarget>("self") else { return };
        for (name, listener) in self.listeners.iter().flatten() {
            target.remove(name, listener.as_ref());
        }
    }
}

impl Transitions for WebPlatform {
    type TransitionListener = TransitionListener;

    /// Workers and Node have no such events.
    fn on_transition(&self, handler: Rc<dyn Fn(Transition)>) -> TransitionListener {
        let target = global::<EventTarget>("self").filter(|_| has_global("document"));
        let listeners = target.map(|target| {
            let (hidden, shown, online) = (handler.clone(), handler.clone(), handler.clone());
            let on_hide = callback(move |_| hidden(Transition::Left));
            let on_show = callback(move |event: JsValue| {
                let is_restored = member::<JsValue>(&event, "persisted").is_some_and(|restored| restored.is_truthy());
                if is_restored {
                    shown(Transition::Restored);
                }
            });
            let on_visible = callback(move |_| {
                if is_visible() {
                    handler(Transition::Returned);
                }
            });
            let on_online = callback(move |_| online(Transition::Returned));
            let listeners =
                [("pagehide", on_hide), ("pageshow", on_show), ("visibilitychange", on_visible), ("online", on_online)];
            for (name, listener) in &listeners {
                target.add(name, listener.as_ref());
            }
            listeners
        });
        TransitionListener { listeners }
    }
}

/// Whether the user can see the page.
fn is_visible() -> bool {
    let document: Option<JsValue> = global("document");
    let state = document.and_then(|document| member::<JsValue>(&document, "visibilityState")?.as_string());
    state.as_deref() == Some("visible")
}
