//! The servers of the directory that a patient chose. This window remembers them, because each page must know the server of its session
//! again. This device remembers those that were used last, to offer them first, and those that it stays connected to, so that a later visit
//! finds them. Client ids are not remembered: they are the configuration's.

use leptos::prelude::*;
use smartrust::client::keep::Connection;
use smartrust::{Error, Failure};
use web_sys::Storage;

use super::{Launcher, Session};
use crate::config::{Choice, Entry};
use crate::model::clinics::recent;

/// The key in the session storage.
const CHOSEN: &str = "launcher.chosen";
/// The key in the local storage.
const RECENT: &str = "launcher.recent";
/// The key in the local storage of the servers that this device stays connected to.
const KEPT: &str = "launcher.kept";

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

    /// Adds the server of an entry to the SDK's app, and remembers it for the next page of this window; with `keeps`, also for the connection
    /// that a launch is going to keep.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an invalid record. [`Error::KeepUnsupported`] if this device does not store it: the next visit would not
    /// find the connection.
    pub(super) fn choose_server(self, entry: &Entry, keeps: bool) -> Result<(), Failure> {
        self.add_server(entry)?;
        if keeps && !self.keep_server(entry) {
            return Err(Error::KeepUnsupported { problem: "this browser does not store the name of the server" }.into());
        }
        self.chosen.update_value(|chosen| {
            // All are kept, because each may have a session.
            recent::remember(chosen, entry.clone(), usize::MAX);
            write(&window_storage(), CHOSEN, chosen);
        });
        Ok(())
    }

    /// As [`Self::choose_server`], for the server of a session, even if it was forgotten at sign-out.
    pub(super) fn choose_server_of(self, session: &Session, keeps: bool) -> Result<(), Failure> {
        self.chosen_entry(session.server_name().as_deref()).map_or(Ok(()), |entry| self.choose_server(&entry, keeps))
    }

    /// Remembers the server of an entry on this device, for its connection. Returns whether the device has stored it.
    fn keep_server(self, entry: &Entry) -> bool {
        let mut kept = kept_entries();
        recent::remember(&mut kept, entry.clone(), usize::MAX);
        write(&device_storage(), KEPT, &kept);
        // Control characters of its name are not stored.
        kept_entries().iter().any(|stored| stored.base == entry.base)
    }

    /// Remembers the server of a session whose connection was kept. Another tab may have forgotten it during the launch.
    pub(super) fn keep_server_of(self, session: &Session) {
        if let Some(entry) = self.chosen_entry(session.server_name().as_deref()).filter(|_| session.is_kept()) {
            // The launch has checked that it can be stored.
            let _ = self.keep_server(&entry);
        }
    }

    /// Adds the servers that this device stays connected to.
    pub(super) fn add_kept_servers(self) {
        for entry in kept_entries() {
            // An invalid record is ignored.
            let _ = self.add_server(&entry);
        }
    }

    /// Forgets the servers without a connection. A server at which the app is not registered any more remains, because its connections
    /// are not listed.
    pub(super) fn forget_servers_without(self, connections: &[Connection]) {
        let mut kept = kept_entries();
        let before = kept.len();
        let is_listed = |entry: &Entry| connections.iter().any(|one| one.server.as_ref() == Some(&entry.base));
        kept.retain(|entry| is_listed(entry) || self.choice_of(entry).is_none());
        if kept.len() < before {
            write(&device_storage(), KEPT, &kept);
        }
    }

    /// Forgets that a server was used, after its connection was removed.
    pub(super) fn forget_server(self, server: Option<&str>) {
        let is_other = |entry: &Entry| Some(entry.base.as_str()) != server;
        let mut recent = stored_recent();
        recent.retain(is_other);
        write(&device_storage(), RECENT, &recent);
        self.recent.set(recent);
        self.chosen.update_value(|chosen| {
            chosen.retain(is_other);
            write(&window_storage(), CHOSEN, chosen);
        });
    }

    fn choice_of(self, entry: &Entry) -> Option<Choice> {
        self.config.with_value(|config| config.directory.as_ref()?.choice(entry))
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
        write(&device_storage(), RECENT, &[]);
    }

    /// Forgets every clinic, after the last session has ended, but for those that this device stays connected to.
    pub(super) fn forget_clinics(self) {
        self.forget_used_before();
        write(&window_storage(), CHOSEN, &[]);
    }

    /// The name for people of a server that was chosen.
    pub(super) fn chosen_name(self, server: Option<&str>) -> Option<String> {
        self.chosen_entry(server).map(|entry| entry.name)
    }

    pub(super) fn chosen_entry(self, server: Option<&str>) -> Option<Entry> {
        let is_it = |entry: &&Entry| Some(entry.base.as_str()) == server;
        let chosen = self.chosen.with_value(|chosen| chosen.iter().find(is_it).cloned());
        chosen.or_else(|| kept_entries().iter().find(is_it).cloned())
    }
}

/// The clinics that were used on this device.
pub(super) fn stored_recent() -> Vec<Entry> {
    read(&device_storage(), RECENT)
}

fn kept_entries() -> Vec<Entry> {
    read(&device_storage(), KEPT)
}

fn read(storage: &Option<Storage>, key: &str) -> Vec<Entry> {
    let text = storage.as_ref().and_then(|storage| storage.get_item(key).ok().flatten());
    recent::read(&text.unwrap_or_default())
}

/// Without storage, a launch fails with an error before this matters, and no clinic is offered first. The device's storage may be full
/// nevertheless.
fn write(storage: &Option<Storage>, key: &str, entries: &[Entry]) {
    let _ = storage.as_ref().map(|storage| match entries {
        [] => storage.remove_item(key),
        _ => storage.set_item(key, &recent::write(entries)),
    });
}

fn window_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

pub(super) fn device_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
