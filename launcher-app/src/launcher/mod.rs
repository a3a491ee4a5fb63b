//! What all pages share: the configuration, the SDK's app, and the sessions of this window. [`Launcher`] is a handle to it; each file
//! has its methods for one subject: [`sessions`] shows and ends sessions, [`launching`] starts launches, [`idle`] ends sessions that
//! nobody uses, [`kept`] has the connections that last, [`resume`] completes launches and restores sessions, [`directory`] loads and searches the
//! list of providers, [`chosen`] remembers what was chosen in it, [`following`] hides the record while another patient is open in the chart,
//! [`style`] takes the look of the EHR.

mod browser;
mod chosen;
mod directory;
mod following;
mod idle;
mod kept;
mod last_use;
mod launching;
mod resume;
mod sessions;
mod state;
mod style;

use std::rc::Rc;

use leptos::ev;
use leptos::prelude::*;
use smartrust::client::session::EventSubscription;
use smartrust::platform::Clock;
use smartrust::web::WebPlatform;
use smartrust::{Failure, SmartApp};

pub use browser::{local_day, needs_own_window, today};
pub use following::Cover;
pub use state::{OpenSession, Session, State};

use crate::config::{Choice, Entry, LauncherConfig};
use crate::model::idle::IdleLimit;
use crate::model::trouble::Audience;
use directory::List;
use following::Following;
use kept::Kept;
use last_use::LastUse;

/// The key under which the ID of the session is stored that the next one replaces.
const REPLACED: &str = "launcher.replaced";

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
    list: List,
    recent: RwSignal<Vec<Entry>>,
    chosen: StoredValue<Vec<Entry>>,
    kept: Kept,
    following: Following,
    subscription: StoredValue<Option<EventSubscription<WebPlatform>>, LocalStorage>,
}

impl Launcher {
    /// A launcher with this configuration.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
    pub fn new(config: LauncherConfig) -> Result<Self, Failure> {
        let platform = WebPlatform::default();
        let app = config.app(platform.clone())?;
        let is_online = RwSignal::new(window().navigator().on_line());
        for (event, online) in [("online", true), ("offline", false)] {
            // The listeners live as long as the page.
            let _ = window_event_listener(ev::Custom::<ev::Event>::new(event), move |_| is_online.set(online));
        }
        let last_use = LastUse::new(platform.now());
        let has_directory = config.directory.is_some();
        let launcher = Self {
            app: StoredValue::new_local(Rc::new(app)),
            platform: StoredValue::new_local(platform),
            config: StoredValue::new_local(config),
            state: RwSignal::new_local(State::Unknown),
            all: RwSignal::new_local(Vec::new()),
            changes: RwSignal::new(0),
            is_online,
            last_use,
            list: List::default(),
            recent: RwSignal::new(if has_directory { chosen::stored_recent() } else { Vec::new() }),
            chosen: StoredValue::new(Vec::new()),
            kept: Kept::new(),
            following: Following::new(),
            subscription: StoredValue::new_local(None),
        };
        launcher.add_chosen_servers();
        launcher.add_kept_servers();
        Ok(launcher)
    }

    fn platform(self) -> WebPlatform {
        self.platform.get_value()
    }

    /// Whether this device is connected to a network. Tracks changes.
    pub fn is_online(self) -> bool {
        self.is_online.get()
    }

    /// The launcher's title.
    pub fn title(self) -> String {
        self.config.with_value(|config| config.title.clone())
    }

    /// The servers that a patient can connect to.
    pub fn choices(self) -> Vec<Choice> {
        self.config.with_value(|config| config.connect.clone())
    }

    /// Whether patients start on the home page.
    pub fn is_for_patients(self) -> bool {
        self.config.with_value(LauncherConfig::is_open_to_patients)
    }

    /// Whether a device can stay connected to some of these servers.
    pub fn can_keep(self) -> bool {
        self.config.with_value(LauncherConfig::can_keep)
    }

    /// Whether EHRs open the launcher from a chart, too.
    pub fn opens_from_charts(self) -> bool {
        self.config.with_value(|config| config.opens_from_charts)
    }

    /// Who uses the session: the patient or a provider.
    pub fn audience(self, session: &Session) -> Audience {
        let server = session.server_name();
        let is_from_chart = is_from_chart(session);
        match self.config.with_value(|config| config.is_for_patients(server.as_deref(), is_from_chart)) {
            true => Audience::Patient,
            false => Audience::Provider,
        }
    }

    /// After how long without use the session ends.
    pub fn idle_limit(self, session: &Session) -> Option<IdleLimit> {
        let server = session.server_name();
        let is_from_chart = is_from_chart(session);
        self.config.with_value(|config| config.idle_limit(server.as_deref(), is_from_chart))
    }

    /// The name of the session's server for people.
    pub fn label(self, session: &Session) -> Option<String> {
        let server = session.server_name();
        self.label_of_server(server.as_deref())
    }

    /// The name of a server for people.
    pub fn label_of_server(self, server: Option<&str>) -> Option<String> {
        let configured = self.config.with_value(|config| config.label(server).map(str::to_owned));
        configured.or_else(|| self.chosen_name(server))
    }

    /// The time in seconds since 1970.
    pub fn now(self) -> f64 {
        self.platform.with_value(Clock::now)
    }
}

/// Whether a session was opened from a chart. Only then is the scope `launch` requested (SMART App Launch 2.2, EHR launch).
fn is_from_chart(session: &Session) -> bool {
    session.scopes().requested.contains("launch")
}
