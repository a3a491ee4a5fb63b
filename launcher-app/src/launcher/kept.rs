//! Connections that last: listed and opened on a later visit, labeled with the person, and removed.

use std::rc::Rc;

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::Failure;
use smartrust::client::keep::{Connection, Disconnection};
use smartrust::platform::Channel;
use smartrust::web::WebPlatform;

use super::chosen::device_storage;
use super::{Launcher, Session, State};
use crate::model::clinics::Clinic;
use crate::model::kept::is_over;

/// The name of the channel on which tabs report that the connections have changed.
const CHANGED: &str = "launcher.connections";

/// The key in the local storage of whether the names of persons are stored with their connections, and its value if they are not.
const NAMES: &str = "launcher.names";
const HIDDEN: &str = "hidden";

/// The connections on this device.
#[derive(Clone, Copy)]
pub struct Kept {
    has_names: RwSignal<bool>,
    all: RwSignal<Vec<Connection>, LocalStorage>,
    over: RwSignal<Option<(Connection, Failure)>, LocalStorage>,
    subscription: StoredValue<Option<<WebPlatform as Channel>::Subscription>, LocalStorage>,
}

impl Kept {
    /// None yet.
    pub fn new() -> Self {
        Self {
            has_names: RwSignal::new(has_names()),
            all: RwSignal::new_local(Vec::new()),
            over: RwSignal::new_local(None),
            subscription: StoredValue::new_local(None),
        }
    }
}

impl Launcher {
    /// The connections on this device, the one that was last used first. Tracks changes.
    pub fn connections(self) -> Vec<Connection> {
        self.kept.all.get()
    }

    /// The connection that was found to be over, with the reason. Tracks changes.
    pub fn connection_over(self) -> Option<(Connection, Failure)> {
        self.kept.over.get()
    }

    /// The connection of a session, if it is still on this device.
    pub fn connection_of(self, session: &Session) -> Option<Connection> {
        self.kept.all.with_untracked(|all| all.iter().find(|connection| connection.id == session.id()).cloned())
    }

    /// The clinic of a connection, to connect to it again; `None` if the app is not registered there any more.
    pub fn clinic_of(self, connection: &Connection) -> Option<Clinic> {
        let server = connection.server.as_deref();
        if let Some(choice) = self.choices().iter().find(|choice| Some(&*choice.name) == server) {
            return Some(Clinic::configured(choice));
        }
        let entry = self.chosen_entry(server)?;
        self.config.with_value(|config| Clinic::recent(&entry, config))
    }

    /// Lists the connections as long as the page lives, also after other tabs have changed them.
    pub fn watch_connections(self) {
        let list = move || spawn_local(self.list_connections());
        let subscription = self.platform().subscribe(CHANGED, Rc::new(move |_: &str| list()));
        self.kept.subscription.set_value(Some(subscription));
        let _ = window_event_listener(ev::Custom::<ev::Event>::new("pageshow"), move |_| list());
        list();
    }

    pub(super) async fn list_connections(self) {
        self.kept.has_names.set(has_names());
        // Another tab may have kept one at a server that this page does not know.
        self.add_kept_servers();
        let listed = self.app.get_value().connections().await;
        if let Ok(all) = &listed
            && !matches!(self.state.get_untracked(), State::Unknown | State::Resuming)
        {
            // A launch that is being completed may keep one.
            self.forget_servers_without(all);
        }
        // A device that cannot store has no connections.
        let all = listed.unwrap_or_default();
        // Otherwise, pages that list records would request their patients again.
        if self.kept.all.with_untracked(|known| *known != all) {
            self.kept.all.set(all);
        }
    }

    /// Opens a connection and shows its session.
    ///
    /// # Errors
    /// As [`smartrust::SmartApp::open_connection`]. If the connection is over, [`Self::connection_over`] returns it from now on.
    pub async fn open_connection(self, connection: &Connection) -> Result<(), Failure> {
        self.kept.over.set(None);
        // The pages of this window must know the server of the session, even after the connection was removed.
        if let Some(entry) = self.chosen_entry(connection.server.as_deref()) {
            self.choose_server(&entry, false)?;
        }
        match self.app.get_value().open_connection(connection).await {
            Ok(session) => {
                self.show(session);
                self.reset_idle_time();
                self.update_list().await;
                Ok(())
            }
            Err(failure) => {
                if is_over(&failure) {
                    self.kept.over.set(Some((connection.clone(), failure.clone())));
                    self.connections_changed().await;
                }
                Err(failure)
            }
        }
    }

    /// Removes a connection at the clinic and from this device, and ends its session in all tabs.
    ///
    /// # Errors
    /// As [`smartrust::SmartApp::disconnect`].
    pub async fn disconnect(self, connection: &Connection) -> Result<Disconnection, Failure> {
        if matches!(self.state.get_untracked(), State::Open(session) if session.id() == connection.id) {
            // The user did that here: it needs no explanation.
            self.subscription.set_value(None);
            self.state.set(State::SignedOut { cleared: true });
        }
        let outcome = self.app.get_value().disconnect(connection).await;
        self.connections_changed().await;
        let is_of_other = |other: &Connection| other.server != connection.server;
        if self.kept.all.with_untracked(|all| all.iter().all(is_of_other)) {
            self.forget_server(connection.server.as_deref());
        }
        self.update_list().await;
        outcome
    }

    /// Whether this device stores the names of the persons whose records it opens, and lists them. Tracks changes.
    pub fn has_names(self) -> bool {
        self.kept.has_names.get()
    }

    /// Sets [`Self::has_names`] for this device. Names that are stored are removed; after another change, each comes back when its record is
    /// opened.
    pub fn set_has_names(self, wanted: bool) {
        if let Some(storage) = device_storage() {
            // If it cannot be stored, the box shows that.
            let _ = if wanted { storage.remove_item(NAMES) } else { storage.set_item(NAMES, HIDDEN) };
        }
        self.kept.has_names.set(has_names());
        spawn_local(async move {
            if !has_names() {
                for connection in self.kept.all.get_untracked() {
                    // One that is gone has no name on this device any more.
                    let _ = self.app.get_value().set_label_of(&connection, None).await;
                }
            }
            self.connections_changed().await;
        });
    }

    /// Names the person of a session that is kept, for the list of connections, unless this device stores no names.
    pub fn label_connection(self, session: Session, name: String) {
        // Another tab may have changed that.
        if session.is_kept() && has_names() {
            spawn_local(async move {
                // Without it, the list does not know the name.
                let _ = session.set_connection_label(Some(&name)).await;
                self.connections_changed().await;
            });
        }
    }

    pub(super) async fn connections_changed(self) {
        self.list_connections().await;
        self.platform().publish(CHANGED, "");
    }
}

/// Whether this device stores names. A device without storage has no connections.
fn has_names() -> bool {
    let stored = device_storage().and_then(|storage| storage.get_item(NAMES).ok().flatten());
    stored.as_deref() != Some(HIDDEN)
}
