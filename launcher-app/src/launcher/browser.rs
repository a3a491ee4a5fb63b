//! What the launcher asks the browser: whether it keeps data, and today's date.

use chrono::NaiveDate;
use leptos::prelude::window;

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

/// Today, by this device's clock and time zone.
pub fn today() -> NaiveDate {
    let now = js_sys::Date::new_0();
    let year = i32::try_from(now.get_full_year()).unwrap_or_default();
    NaiveDate::from_ymd_opt(year, now.get_month() + 1, now.get_date()).unwrap_or_default()
}
