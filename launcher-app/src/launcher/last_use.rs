//! When the page was last used, and the warning before its sessions time out.

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use smartrust::platform::Channel;
use smartrust::web::WebPlatform;

/// The last use of the page, in this tab or another.
#[derive(Clone, Copy)]
pub struct LastUse {
    /// The time of the last use, in seconds since 1970.
    pub at: StoredValue<f64>,
    /// The time of use that was last written to the store.
    pub stored: StoredValue<f64>,
    /// While the warning is shown: the seconds until the sessions time out.
    pub warning: RwSignal<Option<f64>>,
    /// The timer for the next check.
    pub timer: StoredValue<Option<TimeoutHandle>>,
    /// The messages from other tabs.
    pub subscription: StoredValue<Option<<WebPlatform as Channel>::Subscription>, LocalStorage>,
}

impl LastUse {
    /// A page that was used just now.
    pub fn new(now: f64) -> Self {
        Self {
            at: StoredValue::new(now),
            stored: StoredValue::new(0.0),
            warning: RwSignal::new(None),
            timer: StoredValue::new(None),
            subscription: StoredValue::new_local(None),
        }
    }
}
