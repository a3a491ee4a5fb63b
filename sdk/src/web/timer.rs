//! Time: the engine's clock and timers.

use js_sys::{Date, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::WebPlatform;
use crate::platform::{Clock, Timer};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &JsValue, milliseconds: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

impl Clock for WebPlatform {
    fn now(&self) -> f64 {
        Date::now() / 1000.0
    }
}

impl Timer for WebPlatform {
    async fn sleep(&self, milliseconds: u32) {
        let mut id = JsValue::UNDEFINED;
        let promise = Promise::new(&mut |resolve, _| id = set_timeout(&resolve, milliseconds));
        // A timer that nobody waits for would keep a server process alive.
        let _cleared = Cleared { id };
        // The promise of a timer is never rejected.
        let _ = JsFuture::from(promise).await;
    }
}

struct Cleared {
    id: JsValue,
}

impl Drop for Cleared {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}
