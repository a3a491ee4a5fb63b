//! What the launcher asks the browser: whether it keeps data, and today's date.

use chrono::NaiveDate;
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

use crate::model::kept::day_of;

/// Whether session storage works in this page. Without it, no launch can be completed after the redirect.
pub fn has_session_storage() -> bool {
    const PROBE: &str = "launcher.trial";
    let Ok(Some(storage)) = window().session_storage() else { return false };
    let is_written = storage.set_item(PROBE, "").is_ok();
    // What could be written can be removed.
    let _ = storage.remove_item(PROBE);
    is_written
}

/// Whether the page is in a frame without session storage, as a browser may have it for a frame of another site. In its own window,
/// the launcher works.
pub fn needs_own_window() -> bool {
    let is_framed = match (window().top(), window().parent()) {
        (Ok(Some(top)), _) => top != window(),
        _ => true,
    };
    is_framed && !has_session_storage()
}

/// Lets the page react to its user and paint before the caller goes on. A timer would wait for four milliseconds each time.
pub async fn let_page_react() {
    let message = js_sys::Promise::new(&mut |resolve, _| match MessageChannel::new() {
        Ok(channel) => {
            channel.port1().set_onmessage(Some(&resolve));
            if channel.port2().post_message(&JsValue::NULL).is_err() {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }
        }
        Err(_) => drop(resolve.call0(&JsValue::UNDEFINED)),
    });
    // The promise never rejects.
    let _ = JsFuture::from(message).await;
}

/// Today, by this device's clock and time zone.
pub fn today() -> NaiveDate {
    let now = js_sys::Date::new_0();
    let year = i32::try_from(now.get_full_year()).unwrap_or_default();
    NaiveDate::from_ymd_opt(year, now.get_month() + 1, now.get_date()).unwrap_or_default()
}

/// The day of a time in seconds since 1970, in this device's time zone.
pub fn local_day(seconds: f64) -> NaiveDate {
    let offset = js_sys::Date::new(&(seconds * 1000.0).into()).get_timezone_offset();
    day_of(seconds, -offset)
}
