//! The servers of the directory that a patient chose. This window remembers them, because each page must know the server of its session
//! again; and this device remembers those that were used last, to offer them first. Client ids are not remembered: they are the
//! configuration's.

use leptos::prelude::*;
use smartrust::Failure;
use web_sys::Storage;

use super::{Launcher, Session};
use crate::config::Entry;
use crate::model::clinics::recent;

/// The key in the session storage.
const CHOSEN: &str = "launcher.chosen";
/// The key in the local storage.
const RECENT: &str = "launcher.recent";

impl Launcher {
    /// Adds the servers that were chosen in this window to the SDK's app. A server at which the app is not registered any more is left out, so
    /// that its session is over.
    pub(super) fn add_chosen_servers(self) {
        let chosen = read(&window_storage(), CHOSEN);
        for entry in &chosen {
            // An invalid record is ignored.
            let _ = self.add_server(entry);
        }
        self.chosen.set_value(chosen);
    }

    /// Adds the server of an entry to the SDK's app, and remembers it for the next page of this window.
    pub(super) fn choose_server(self, entry: &Entry) -> Result<(), Failure> {
        self.add_server(entry)?;
        self.chosen.update_value(|chosen| {
            // All are kept, because each may have a session.
            recent::remember(chosen, entry.clone(), usize::MAX);
            write(&window_storage(), CHOSEN, chosen);
        });
        Ok(())
    }

    /// Remembers the server of a session for the next page of this window, even if it was forgotten at sign-out.
    pub(super) fn choose_server_of(self, session: &Session) -> Result<(), Failure> {
        self.chosen_entry(session.server_name().as_deref()).map_or(Ok(()), |entry| self.choose_server(&entry))
    }

    fn add_server(self, entry: &Entry) -> Result<(), Failure> {
        let record = self.config.with_value(|config| config.directory.as_ref()?.record(entry));
        match record {
            Some(record) => self.app.with_value(|app| app.add_server(record)),
            None => Ok(()),
        }
    }

    /// The clinics that were used on this device, the last one first. Tracks changes.
    pub fn recent(self) -> Vec<Entry> {
        self.recent.get()
    }

    /// Remembers the clinic of a session that has just begun.
    pub(super) fn remember(self, session: &Session) {
        if let Some(entry) = self.chosen_entry(session.server_name().as_deref()) {
            // Another tab may have changed it.
            let mut recent = stored_recent();
            recent::remember(&mut recent, entry, recent::OFFERED);
            write(&device_storage(), RECENT, &recent);
            self.recent.set(recent);
        }
    }

    /// Forgets the clinics that were used on this device. The sessions of this window remain.
    pub fn forget_used_before(self) {
        self.recent.set(Vec::new());
        remove(&device_storage(), RECENT);
    }

    /// Forgets every clinic, after the last session has ended.
    pub(super) fn forget_clinics(self) {
        self.forget_used_before();
        remove(&window_storage(), CHOSEN);
    }

    /// The name for people of a server that was chosen.
    pub(super) fn chosen_name(self, server: Option<&str>) -> Option<String> {
        self.chosen_entry(server).map(|entry| entry.name)
    }

    fn chosen_entry(self, server: Option<&str>) -> Option<Entry> {
        self.chosen.with_value(|chosen| chosen.iter().find(|entry| Some(entry.base.as_str()) == server).cloned())
    }
}

/// The clinics that were used on this device.
pub(super) fn stored_recent() -> Vec<Entry> {
    read(&device_storage(), RECENT)
}

fn read(storage: &Option<Storage>, key: &str) -> Vec<Entry> {
    let text = storage.as_ref().and_then(|storage| storage.get_item(key).ok().flatten());
    recent::read(&text.unwrap_or_default())
}

/// Without storage, a launch fails with an error before this matters, and no clinic is offered first.
fn write(storage: &Option<Storage>, key: &str, entries: &[Entry]) {
    let _ = storage.as_ref().map(|storage| storage.set_item(key, &recent::write(entries)));
}

/// If an entry cannot be removed, it could not be stored either.
fn remove(storage: &Option<Storage>, key: &str) {
    let _ = storage.as_ref().map(|storage| storage.remove_item(key));
}

fn window_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn device_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
