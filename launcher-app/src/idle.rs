//! Whether anybody is there: sessions that are left alone are ended, with a warning before.

use std::rc::Rc;
use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::platform::{Channel, Store};
use smartrust::web::WebPlatform;

use crate::launcher::{Launcher, Session};
use crate::model::idle::{IdleLimit, Idleness};

/// Under what the time of the last use is stored, and published to other tabs.
const LAST_USE: &str = "launcher.last-use";

/// What somebody does who is there. What happens inside a document's frame is not seen here.
const SIGNS: [&str; 5] = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

/// When a page comes back that the browser had put aside, in which timers may have stood still.
const RETURNS: [&str; 3] = ["visibilitychange", "pageshow", "focus"];

/// How often a use is published to other tabs, in seconds.
const PUBLISHED_EVERY: f64 = 1.0;

/// How often a use is stored, in seconds.
const STORED_EVERY: f64 = 5.0;

/// What is known of the last use.
#[derive(Clone, Copy)]
pub struct LastUse {
    /// When it was, in seconds since 1970.
    at: StoredValue<f64>,
    stored: StoredValue<f64>,
    /// In how many seconds the sessions end, while there is a warning.
    warned: RwSignal<Option<f64>>,
    timer: StoredValue<Option<TimeoutHandle>>,
    subscription: StoredValue<Option<<WebPlatform as Channel>::Subscription>, LocalStorage>,
}

impl LastUse {
    /// The page was used just now.
    pub fn new(now: f64) -> Self {
        Self {
            at: StoredValue::new(now),
            stored: StoredValue::new(0.0),
            warned: RwSignal::new(None),
            timer: StoredValue::new(None),
            subscription: StoredValue::new_local(None),
        }
    }
}

impl Launcher {
    /// Watches for use as long as the page lives, and ends sessions that are left alone.
    pub fn watch_use(self) {
        for sign in SIGNS {
            let _ = window_event_listener(ev::Custom::<ev::Event>::new(sign), move |_| self.note_use());
        }
        for event in RETURNS {
            let _ = window_event_listener(ev::Custom::<ev::Event>::new(event), move |_| {
                self.look_at_use();
            });
        }
        let hear = move |message: &str| self.hear_of_use(message);
        let subscription = self.platform().subscribe(LAST_USE, Rc::new(hear));
        self.last_use().subscription.set_value(Some(subscription));
        Effect::new(move |_| {
            self.state();
            self.all_sessions();
            self.look_at_use();
        });
    }

    /// In how many seconds the sessions end that nobody uses, while there is a warning. Whoever asks is told of changes.
    pub fn ends_in(self) -> Option<f64> {
        self.last_use().warned.get()
    }

    /// Keeps the sessions that there is a warning about.
    pub fn stay(self) {
        if Idleness::allows_heard_use(self.look_at_use()) {
            self.last_use().warned.set(None);
            self.use_now();
        }
    }

    /// Ends the sessions that there is a warning about.
    pub fn leave(self) {
        // All of them end at once: none waits for the clinic of another.
        for (session, _) in self.limited_sessions() {
            spawn_local(self.sign_out(session));
        }
    }

    /// Counts from now on, as after a sign-in.
    pub fn use_now(self) {
        let now = self.now();
        self.last_use().at.set_value(now);
        if !self.limited_sessions().is_empty() {
            self.platform().publish(LAST_USE, &now.to_string());
            self.store_use(now);
        }
        self.look_at_use();
    }

    /// Takes over when this tab was last used before the page was loaded. Where that is not known, it was used just now.
    pub async fn remember_use(self) {
        let stored = self.platform().get(LAST_USE).await.ok().flatten();
        let known = stored.and_then(|text| text.parse::<f64>().ok()).filter(|at| at.is_finite());
        self.last_use().at.set_value(known.unwrap_or_else(|| self.now()));
    }

    /// Whether a session was left alone for so long that it must not be shown.
    pub fn was_left_alone(self, session: &Session) -> bool {
        let at = self.last_use().at.get_value();
        self.idle_limit(session).is_some_and(|limit| limit.at(self.now(), at) == Idleness::Over)
    }

    fn note_use(self) {
        let last_use = self.last_use();
        if last_use.warned.get_untracked().is_some() || self.now() - last_use.at.get_value() < PUBLISHED_EVERY {
            return;
        }
        if Idleness::allows_own_use(self.look_at_use()) {
            self.use_now();
        }
    }

    /// Another tab was used.
    fn hear_of_use(self, message: &str) {
        let at = &self.last_use().at;
        let Ok(told) = message.parse::<f64>() else { return };
        if !Idleness::allows_heard_use(self.look_at_use()) {
            return;
        }
        // The clocks of two tabs differ a little.
        let heard = told.min(self.now());
        if heard > at.get_value() {
            at.set_value(heard);
            self.store_use(heard);
            self.look_at_use();
        }
    }

    fn store_use(self, at: f64) {
        let stored = &self.last_use().stored;
        if (at - stored.get_value()).abs() >= STORED_EVERY {
            stored.set_value(at);
            // What cannot be stored is known to this page all the same.
            spawn_local(async move {
                let _ = self.platform().set(LAST_USE, &at.to_string()).await;
            });
        }
    }

    /// Warns, ends sessions, or waits until the next of these is due. Returns how the sessions stand.
    fn look_at_use(self) -> Option<Idleness> {
        let last_use = self.last_use();
        let (now, at) = (self.now(), last_use.at.get_value());
        let sessions = self.limited_sessions();
        let idleness = Idleness::of_all(sessions.iter().map(|(_, limit)| *limit), now, at);
        let warning = if let Some(Idleness::Warned(left)) = idleness { Some(left) } else { None };
        if last_use.warned.get_untracked() != warning {
            last_use.warned.set(warning);
        }
        let look_in = match idleness {
            None => None,
            Some(Idleness::Used(seconds)) => Some(seconds),
            Some(Idleness::Warned(left)) => Some(left.min(1.0)),
            Some(Idleness::Over) => {
                let is_over = |(_, limit): &(Session, IdleLimit)| limit.at(now, at) == Idleness::Over;
                for (session, _) in sessions.into_iter().filter(is_over) {
                    spawn_local(self.end_left_alone(session));
                }
                None
            }
        };
        let timer = look_in.and_then(|seconds| {
            let look = move || {
                self.look_at_use();
            };
            set_timeout_with_handle(look, Duration::from_secs_f64(seconds)).ok()
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
