//! What all pages share: the configuration, the SDK's app, and the sessions of this window.

use std::rc::Rc;

use chrono::NaiveDate;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::client::launch::LaunchOptions;
use smartrust::client::session::{EventSubscription, SessionEvent};
use smartrust::platform::{Clock, Navigator, Store};
use smartrust::protocol::callback::Callback;
use smartrust::protocol::launch::LaunchLink;
use smartrust::web::WebPlatform;
use smartrust::{Error, Failure, ServerRecord, SmartApp, SmartAppConfig};

use crate::config::{Choice, LauncherConfig, wrong};
use crate::idle::LastUse;
use crate::model::idle::IdleLimit;
use crate::model::trouble::Audience;

/// A session in a browser.
pub type Session = smartrust::Session<WebPlatform>;

/// A session that a page shows. It is copied freely, and goes with the page.
pub type OpenSession = StoredValue<Session, LocalStorage>;

/// Under what the id of a session is kept whose place the next one takes.
const REPLACED: &str = "launcher.replaced";

/// What is known of the session that the pages show.
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
    /// Nobody was there for too long.
    LeftAlone {
        /// The session that was.
        session: Session,
        /// Whether nothing of it is left in the store.
        cleared: bool,
    },
    /// Something else ended it.
    Ended {
        /// What.
        reason: Failure,
        /// The session that was.
        session: Session,
    },
    /// It could not be brought back.
    Failed(Failure),
}

/// What all pages share.
#[derive(Clone, Copy)]
pub struct Launcher {
    app: StoredValue<Rc<SmartApp<WebPlatform>>, LocalStorage>,
    platform: StoredValue<WebPlatform, LocalStorage>,
    config: StoredValue<LauncherConfig, LocalStorage>,
    state: RwSignal<State, LocalStorage>,
    all: RwSignal<Vec<Session>, LocalStorage>,
    changes: RwSignal<usize>,
    is_online: RwSignal<bool>,
    last_use: LastUse,
    subscription: StoredValue<Option<EventSubscription<WebPlatform>>, LocalStorage>,
}

impl Launcher {
    /// A launcher of a configuration.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
    pub fn new(config: LauncherConfig) -> Result<Self, Failure> {
        let platform = WebPlatform::default();
        let app = SmartApp::new(platform.clone(), config.app.clone())
            .map_err(|failure| wrong_server(&platform, &config.app, failure))?;
        let is_online = RwSignal::new(window().navigator().on_line());
        for (event, online) in [("online", true), ("offline", false)] {
            // The listeners live as long as the page.
            let _ = window_event_listener(ev::Custom::<ev::Event>::new(event), move |_| is_online.set(online));
        }
        let last_use = LastUse::new(platform.now());
        let launcher = Self {
            app: StoredValue::new_local(Rc::new(app)),
            platform: StoredValue::new_local(platform),
            config: StoredValue::new_local(config),
            state: RwSignal::new_local(State::Unknown),
            all: RwSignal::new_local(Vec::new()),
            changes: RwSignal::new(0),
            is_online,
            last_use,
            subscription: StoredValue::new_local(None),
        };
        launcher.watch_use();
        Ok(launcher)
    }

    /// What is known of the last use of the page.
    pub(crate) fn last_use(self) -> LastUse {
        self.last_use
    }

    /// The browser.
    pub(crate) fn platform(self) -> WebPlatform {
        self.platform.get_value()
    }

    /// What is known of the session. Whoever asks is told of changes.
    pub fn state(self) -> State {
        self.state.get()
    }

    /// All sessions of this window, the one that is shown among them. Whoever asks is told of changes.
    pub fn all_sessions(self) -> Vec<Session> {
        self.all.get()
    }

    /// Whether this device is connected to a network. Whoever asks is told of changes.
    pub fn is_online(self) -> bool {
        self.is_online.get()
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
        let is_from_chart = is_from_chart(session);
        match self.config.with_value(|config| config.is_for_patients(server.as_deref(), is_from_chart)) {
            true => Audience::Patient,
            false => Audience::Provider,
        }
    }

    /// How long a session may be left alone.
    pub fn idle_limit(self, session: &Session) -> Option<IdleLimit> {
        let server = session.server_name();
        let is_from_chart = is_from_chart(session);
        self.config.with_value(|config| config.idle_limit(server.as_deref(), is_from_chart))
    }

    /// The sessions of which something is on the screen: the one that is shown, and those that are listed. They need not be active:
    /// after the tokens have expired the record still stands there.
    pub fn visible_sessions(self) -> Vec<Session> {
        let mut sessions = self.all.get_untracked();
        if let State::Open(shown) = self.state.get_untracked()
            && sessions.iter().all(|session| session.id() != shown.id())
        {
            sessions.push(shown);
        }
        sessions
    }

    /// What people know a session's server as.
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
        let location = self.platform.with_value(Navigator::location).unwrap_or_default();
        spawn_local(async move {
            let is_sign_in = !matches!(Callback::read(&location), Ok(None));
            if !is_sign_in {
                self.remember_use().await;
            }
            match self.app.get_value().resume().await {
                Ok(Some(session)) if self.was_left_alone(&session) => self.end_left_alone(session).await,
                Ok(Some(session)) => {
                    if is_sign_in {
                        self.end_others_left_alone(&session).await;
                    }
                    self.show(session.clone());
                    if is_sign_in {
                        self.use_now();
                    }
                    self.end_replaced(&session).await;
                }
                Ok(None) => self.state.set(State::None),
                Err(failure) => self.state.set(State::Failed(failure)),
            }
            self.look_around().await;
        });
    }

    /// Leaves for the server's sign-in: the named one, or the one whose link opened this page. `scope` takes the place of
    /// the configured one.
    ///
    /// # Errors
    /// As [`SmartApp::launch`], and [`Error::Storage`] where the browser keeps nothing for this page, so that nobody could come
    /// back from there.
    pub async fn launch(self, server: Option<String>, scope: Option<String>) -> Result<(), Failure> {
        if !keeps_data() {
            return Err(Error::Storage.into());
        }
        let app = self.app.get_value();
        app.launch(LaunchOptions { server, scope, ..LaunchOptions::default() }).await
    }

    /// Leaves to ask the session's server once more, for what was asked before or for `scope`. What comes back takes the
    /// session's place.
    ///
    /// # Errors
    /// As [`SmartApp::launch_again`], and [`Error::Storage`] as [`Self::launch`].
    pub async fn ask_again(self, session: Session, scope: Option<String>) -> Result<(), Failure> {
        if !keeps_data() {
            return Err(Error::Storage.into());
        }
        let app = self.app.get_value();
        if session.is_active() {
            // Where nothing can be kept, the launch says so.
            let _ = self.platform.get_value().set(REPLACED, session.id()).await;
        }
        app.launch_again(&session, scope.as_deref()).await
    }

    /// Shows another session of this window.
    pub async fn pick(self, session: Session) {
        if session.make_current().await.is_ok() {
            self.show(session);
        }
        self.look_around().await;
    }

    /// Takes note of what a request failed with: where the time of the session that is shown is up, its page says so.
    pub fn take_note(self, session: &Session, error: &Failure) {
        let is_shown = matches!(self.state.get_untracked(), State::Open(shown) if shown.id() == session.id());
        if is_shown && matches!(**error, Error::SessionExpired) {
            self.take_off_list(session);
            self.state.set(State::Ended { reason: error.clone(), session: session.clone() });
        }
    }

    /// Ends a session, here and in every other tab that holds it.
    pub async fn sign_out(self, session: Session) {
        let is_shown = matches!(self.state.get_untracked(), State::Open(shown) if shown.id() == session.id());
        if is_shown {
            self.subscription.set_value(None);
            // The session ends at once; what follows is the store's and the clinic's part.
            self.state.set(State::SignedOut { cleared: true });
        }
        self.take_off_list(&session);
        let cleared = session.sign_out().await.is_ok();
        if is_shown && !cleared {
            self.state.set(State::SignedOut { cleared });
        }
        self.look_around().await;
    }

    /// Ends a session that nobody used for too long.
    pub async fn end_left_alone(self, session: Session) {
        let is_shown = match self.state.get_untracked() {
            State::Open(shown) => shown.id() == session.id(),
            // It was about to be shown.
            State::Looking => true,
            _ => false,
        };
        if is_shown {
            self.subscription.set_value(None);
            self.state.set(State::LeftAlone { session: session.clone(), cleared: true });
        }
        self.take_off_list(&session);
        let cleared = session.sign_out().await.is_ok();
        if is_shown && !cleared {
            self.state.set(State::LeftAlone { session, cleared });
        }
        self.look_around().await;
    }

    /// Ends the other sessions of this window that nobody used for too long before this one was begun. Whoever signs in does not
    /// bring them back.
    async fn end_others_left_alone(self, new: &Session) {
        self.remember_use().await;
        let sessions = self.app.get_value().sessions().await.unwrap_or_default();
        for old in sessions.into_iter().filter(|old| old.id() != new.id() && self.was_left_alone(old)) {
            // The session ends at once; nobody waits for the clinic's part.
            spawn_local(async move {
                let _ = old.sign_out().await;
            });
        }
    }

    /// Takes a session that ends off the list of open records at once.
    fn take_off_list(self, session: &Session) {
        self.all.update(|all| all.retain(|other| other.id() != session.id()));
    }

    fn show(self, session: Session) {
        let shown = session.clone();
        let subscription = session.on_event(move |event| match event {
            SessionEvent::SignedOut(reason) => {
                self.take_off_list(&shown);
                self.state.set(State::Ended { reason: reason.clone(), session: shown.clone() });
            }
            SessionEvent::Refreshed | SessionEvent::IdentityChecked => self.changes.update(|count| *count += 1),
        });
        self.subscription.set_value(Some(subscription));
        self.state.set(State::Open(session));
    }

    /// Finds out which sessions this window has.
    async fn look_around(self) {
        let found = self.app.get_value().sessions().await.unwrap_or_default();
        self.all.set(found);
    }

    /// Ends the session whose place a new one has taken.
    async fn end_replaced(self, new: &Session) {
        let platform = self.platform.get_value();
        let Ok(Some(id)) = platform.get(REPLACED).await else { return };
        let sessions = self.app.get_value().sessions().await.unwrap_or_default();
        let replaced = sessions.into_iter().find(|old| old.id() == id && old.id() != new.id());
        let is_same = |old: &Session| old.server_name() == new.server_name() && old.patient() == new.patient();
        if let Some(old) = replaced.filter(is_same) {
            // It is ended in memory all the same, and the list of sessions shows what the store did not let go.
            let _ = old.sign_out().await;
            let _ = platform.remove(REPLACED).await;
        }
    }
}

/// Whether a session was opened from a chart. Only then is the scope `launch` requested (SMART App Launch 2.2, EHR launch).
fn is_from_chart(session: &Session) -> bool {
    session.scopes().requested.contains("launch")
}

/// The error with the place of the server that it is about.
fn wrong_server(platform: &WebPlatform, config: &SmartAppConfig, error: Failure) -> Failure {
    let alone = |record: &ServerRecord| SmartAppConfig { servers: vec![record.clone()] };
    let position = config.servers.iter().position(|record| SmartApp::new(platform.clone(), alone(record)).is_err());
    match (&*error, position) {
        (Error::Configuration(found), Some(position)) => {
            wrong(&format!("servers[{position}].{}", found.member), &found.problem)
        }
        _ => error,
    }
}

/// Whether the browser keeps data for this page until somebody comes back from a sign-in.
fn keeps_data() -> bool {
    const TRIAL: &str = "launcher.trial";
    let Ok(Some(storage)) = window().session_storage() else { return false };
    let is_kept = storage.set_item(TRIAL, "").is_ok();
    // What could be written can be removed.
    let _ = storage.remove_item(TRIAL);
    is_kept
}

/// Whether the page stands in a frame for which the browser keeps nothing, as it may do in the page of another site. In a window of
/// its own the launcher works all the same.
pub fn needs_own_window() -> bool {
    let is_framed = match (window().top(), window().parent()) {
        (Ok(Some(top)), _) => top != window(),
        _ => true,
    };
    is_framed && !keeps_data()
}

/// Today, by this device's clock and time zone.
pub fn today() -> NaiveDate {
    let now = js_sys::Date::new_0();
    let year = i32::try_from(now.get_full_year()).unwrap_or_default();
    NaiveDate::from_ymd_opt(year, now.get_month() + 1, now.get_date()).unwrap_or_default()
}
