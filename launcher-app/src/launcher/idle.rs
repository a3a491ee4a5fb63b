//! Ends sessions that nobody uses, and warns before.

use std::rc::Rc;
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::platform::{Channel, Store};

use super::{Launcher, Session};
use crate::model::idle::{IdleLimit, Idleness};

/// The key of the time of last use in the store, and the name of the channel to other tabs.
const LAST_USE: &str = "launcher.last-use";

/// The events that count as use. Events in a document's frame do not arrive here.
const USE_EVENTS: [&str; 5] = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

/// The events after which timers may have been suspended.
const RETURN_EVENTS: [&str; 3] = ["visibilitychange", "pageshow", "focus"];

/// The shortest time between two messages to other tabs, in seconds.
const PUBLISH_INTERVAL: f64 = 1.0;

/// The shortest time between two writes to the store, in seconds.
const STORE_INTERVAL: f64 = 5.0;

impl Launcher {
    /// Watches for use as long as the page lives, and ends sessions that nobody uses.
    pub fn watch_use(self) {
        for event in USE_EVENTS {
            let _ = window_event_listener(ev::Custom::<ev::Event>::new(event), move |_| self.on_use());
        }
        for event in RETURN_EVENTS {
            let _ = window_event_listener(ev::Custom::<ev::Event>::new(event), move |_| {
                self.check_idle();
            });
        }
        let on_message = move |message: &str| self.on_use_in_other_tab(message);
        let subscription = self.platform().subscribe(LAST_USE, Rc::new(on_message));
        self.last_use.subscription.set_value(Some(subscription));
        Effect::new(move |_| {
            self.state();
            self.all_sessions();
            self.check_idle();
        });
    }

    /// While the warning is shown: the seconds until the sessions time out. Tracks changes.
    pub fn times_out_in(self) -> Option<f64> {
        self.last_use.warning.get()
    }

    /// Keeps the sessions that the warning is about.
    pub fn stay_signed_in(self) {
        if Idleness::allows_other_use(self.check_idle()) {
            self.last_use.warning.set(None);
            self.reset_idle_time();
        }
    }

    /// Ends the sessions that the warning is about.
    pub fn sign_out_now(self) {
        // All of them end at once: none waits for another one's server.
        for (session, _) in self.limited_sessions() {
            spawn_local(self.sign_out(session));
        }
    }

    /// Counts the idle time from now on.
    pub fn reset_idle_time(self) {
        let now = self.now();
        self.last_use.at.set_value(now);
        if !self.limited_sessions().is_empty() {
            self.platform().publish(LAST_USE, &now.to_string());
            self.store_last_use(now);
        }
        self.check_idle();
    }

    /// Loads the time of last use from before the page was loaded; if there is none, it is now.
    pub async fn load_last_use(self) {
        let stored = self.platform().get(LAST_USE).await.ok().flatten();
        let time = stored.and_then(|text| text.parse::<f64>().ok()).filter(|at| at.is_finite());
        self.last_use.at.set_value(time.unwrap_or_else(|| self.now()));
    }

    /// Whether a session was unused for so long that it must not be shown.
    pub fn is_timed_out(self, session: &Session) -> bool {
        let at = self.last_use.at.get_value();
        self.idle_limit(session).is_some_and(|limit| limit.at(self.now(), at) == Idleness::TimedOut)
    }

    fn on_use(self) {
        let last_use = self.last_use;
        if last_use.warning.get_untracked().is_some() || self.now() - last_use.at.get_value() < PUBLISH_INTERVAL {
            return;
        }
        if Idleness::allows_own_use(self.check_idle()) {
            self.reset_idle_time();
        }
    }

    fn on_use_in_other_tab(self, message: &str) {
        let at = self.last_use.at;
        let Ok(reported) = message.parse::<f64>() else { return };
        if !Idleness::allows_other_use(self.check_idle()) {
            return;
        }
        // The clocks of two tabs differ a little.
        let used_at = reported.min(self.now());
        if used_at > at.get_value() {
            at.set_value(used_at);
            self.store_last_use(used_at);
            self.check_idle();
        }
    }

    fn store_last_use(self, at: f64) {
        let stored = self.last_use.stored;
        if (at - stored.get_value()).abs() >= STORE_INTERVAL {
            stored.set_value(at);
            // Without a store, this page still knows it.
            spawn_local(async move {
                let _ = self.platform().set(LAST_USE, &at.to_string()).await;
            });
        }
    }

    /// Warns, ends sessions, or sets a timer for the next check. Returns the state of the sessions.
    fn check_idle(self) -> Option<Idleness> {
        let last_use = self.last_use;
        let (now, at) = (self.now(), last_use.at.get_value());
        let sessions = self.limited_sessions();
        let idleness = Idleness::of_all(sessions.iter().map(|(_, limit)| *limit), now, at);
        let warning = if let Some(Idleness::Warning(left)) = idleness { Some(left) } else { None };
        if last_use.warning.get_untracked() != warning {
            last_use.warning.set(warning);
        }
        let next_check = match idleness {
            None => None,
            Some(Idleness::Active(seconds)) => Some(seconds),
            Some(Idleness::Warning(left)) => Some(left.min(1.0)),
            Some(Idleness::TimedOut) => {
                let is_timed_out = |(_, limit): &(Session, IdleLimit)| limit.at(now, at) == Idleness::TimedOut;
                for (session, _) in sessions.into_iter().filter(is_timed_out) {
                    spawn_local(self.time_out(session));
                }
                None
            }
        };
        let timer = next_check.and_then(|seconds| {
            let check = move || {
                self.check_idle();
            };
            set_timeout_with_handle(check, Duration::from_secs_f64(seconds)).ok()
        });
        last_use.timer.update_value(|old| {
            if let Some(old) = std::mem::replace(old, timer) {
                old.clear();
            }
        });
        idleness
    }

    /// The sessions of this window that have a limit.
    fn limited_sessions(self) -> Vec<(Session, IdleLimit)> {
        let sessions = self.visible_sessions().into_iter();
        sessions.filter_map(|session| Some((session.clone(), self.idle_limit(&session)?))).collect()
    }
}
