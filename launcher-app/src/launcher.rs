//! What all pages share: the configuration, the SDK's app, and the session with what became of it.

use std::rc::Rc;

use chrono::NaiveDate;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::client::app::LaunchOptions;
use smartrust::client::session::{EventSubscription, SessionEvent};
use smartrust::platform::{Clock, Navigator};
use smartrust::protocol::launch::LaunchLink;
use smartrust::web::WebPlatform;
use smartrust::{Error, SmartApp};

use crate::config::{Choice, LauncherConfig};
use crate::model::trouble::Audience;

/// A session in a browser.
pub type Session = smartrust::Session<WebPlatform>;

/// A session that a page shows. It is copied freely, and goes with the page.
pub type OpenSession = StoredValue<Session, LocalStorage>;

/// What is known of the session.
#[derive(Clone)]
pub enum State {
    /// Nobody has looked yet.
    Unknown,
    /// It is being looked for, or exchanged for the sign-in that came back.
    Looking,
    /// There is none.
    None,
    /// It stands.
    Open(Session),
    /// The user ended it on this page; `cleared` says whether the browser's store could be emptied.
    SignedOut {
        /// Whether nothing of it is left in the store.
        cleared: bool,
    },
    /// Something else ended it.
    Ended {
        /// What.
        reason: Error,
        /// Whose session it was.
        audience: Audience,
    },
    /// It could not be brought back.
    Failed(Error),
}

/// What all pages share.
#[derive(Clone, Copy)]
pub struct Launcher {
    app: StoredValue<Rc<SmartApp<WebPlatform>>, LocalStorage>,
    platform: StoredValue<WebPlatform, LocalStorage>,
    config: StoredValue<LauncherConfig>,
    state: RwSignal<State, LocalStorage>,
    changes: RwSignal<u32>,
    subscription: StoredValue<Option<EventSubscription<WebPlatform>>, LocalStorage>,
}

impl Launcher {
    /// A launcher of a configuration.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
    pub fn new(config: LauncherConfig) -> Result<Self, Error> {
        let platform = WebPlatform::default();
        let app = SmartApp::new(platform.clone(), config.app.clone())?;
        Ok(Self {
            app: StoredValue::new_local(Rc::new(app)),
            platform: StoredValue::new_local(platform),
            config: StoredValue::new(config),
            state: RwSignal::new_local(State::Unknown),
            changes: RwSignal::new(0),
            subscription: StoredValue::new_local(None),
        })
    }

    /// What is known of the session. Whoever asks is told of changes.
    pub fn state(self) -> State {
        self.state.get()
    }

    /// Tells whoever asks when the session's time or identity has changed.
    pub fn track_changes(self) {
        self.changes.track();
    }

    /// The launcher's title.
    pub fn title(self) -> String {
        self.config.with_value(|config| config.title.clone())
    }

    /// The servers that a patient can connect to.
    pub fn choices(self) -> Vec<Choice> {
        self.config.with_value(|config| config.connect.clone())
    }

    /// Whether the launcher is also opened from charts.
    pub fn opens_from_charts(self) -> bool {
        self.config.with_value(|config| config.opens_from_charts)
    }

    /// Whose session it is.
    pub fn audience(self, session: &Session) -> Audience {
        let server = session.server_name();
        match self.config.with_value(|config| config.is_for_patients(server.as_deref())) {
            true => Audience::Patient,
            false => Audience::Provider,
        }
    }

    /// What patients know a session's server as.
    pub fn label(self, session: &Session) -> Option<String> {
        let server = session.server_name();
        self.config.with_value(|config| config.label(server.as_deref()).map(str::to_owned))
    }

    /// Whether an EHR's link opened this page; a broken link counts as one.
    pub fn is_opened_by_link(self) -> bool {
        let location = self.platform.with_value(Navigator::location).unwrap_or_default();
        !matches!(LaunchLink::read(&location), Ok(None))
    }

    /// Seconds since 1970.
    pub fn now(self) -> f64 {
        self.platform.with_value(Clock::now)
    }

    /// Brings the session back from the redirect or from the store, unless its state is known.
    pub fn resume(self) {
        if !matches!(self.state.get_untracked(), State::Unknown | State::None | State::Failed(_)) {
            return;
        }
        self.state.set(State::Looking);
        spawn_local(async move {
            let state = match self.app.get_value().resume().await {
                Ok(Some(session)) => return self.open(session),
                Ok(None) => State::None,
                Err(failure) => State::Failed(failure.into()),
            };
            self.state.set(state);
        });
    }

    /// Leaves for the server's sign-in: the named one, or the one whose link opened this page.
    ///
    /// # Errors
    /// As [`SmartApp::launch`].
    pub async fn launch(self, server: Option<String>) -> Result<(), Error> {
        let app = self.app.get_value();
        Ok(app.launch(LaunchOptions { server, ..LaunchOptions::default() }).await?)
    }

    /// Ends the session, here and in every other tab that holds it.
    pub async fn sign_out(self, session: Session) {
        self.subscription.set_value(None);
        let cleared = session.sign_out().await.is_ok();
        self.state.set(State::SignedOut { cleared });
    }

    fn open(self, session: Session) {
        let audience = self.audience(&session);
        let subscription = session.on_event(move |event| match event {
            SessionEvent::SignedOut(reason) => self.state.set(State::Ended { reason: reason.clone().into(), audience }),
            SessionEvent::Refreshed | SessionEvent::IdentityChecked => self.changes.update(|count| *count += 1),
        });
        self.subscription.set_value(Some(subscription));
        self.state.set(State::Open(session));
    }
}

/// Today, by this device's clock and time zone.
pub fn today() -> NaiveDate {
    let now = js_sys::Date::new_0();
    let year = i32::try_from(now.get_full_year()).unwrap_or_default();
    NaiveDate::from_ymd_opt(year, now.get_month() + 1, now.get_date()).unwrap_or_default()
}
