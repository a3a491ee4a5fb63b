//! How a page gets its session: from the redirect or from the store.

use leptos::prelude::*;
use leptos::task::spawn_local;
use smartrust::platform::{Navigator, Store};
use smartrust::protocol::callback::Callback;

use super::{Launcher, REPLACED, Session, State};

impl Launcher {
    /// Completes a launch or restores the stored session, unless a session is known.
    pub fn resume(self) {
        if !matches!(self.state.get_untracked(), State::Unknown | State::None | State::Failed(_)) {
            return;
        }
        self.state.set(State::Resuming);
        let location = self.platform.with_value(Navigator::location).unwrap_or_default();
        spawn_local(async move {
            let is_redirect = !matches!(Callback::read(&location), Ok(None));
            if !is_redirect {
                self.load_last_use().await;
            }
            match self.app.get_value().resume().await {
                Ok(Some(session)) if self.is_timed_out(&session) => self.time_out(session).await,
                Ok(Some(session)) => {
                    if is_redirect {
                        self.time_out_others(&session).await;
                    }
                    self.show(session.clone());
                    if is_redirect {
                        self.remember(&session);
                        self.keep_server_of(&session);
                        self.reset_idle_time();
                    }
                    self.end_replaced(&session).await;
                }
                Ok(None) => self.state.set(State::None),
                Err(failure) => self.state.set(State::Failed(failure)),
            }
            self.update_list().await;
            match is_redirect {
                true => self.connections_changed().await,
                false => self.list_connections().await,
            }
        });
    }

    /// Ends the other sessions of this window that timed out before this one began. A new sign-in does not extend them.
    async fn time_out_others(self, new: &Session) {
        self.load_last_use().await;
        let others = self.stored_sessions().await.into_iter().filter(|old| old.id() != new.id());
        for old in others.filter(|old| self.is_timed_out(old)) {
            // The session ends at once. Nothing waits for its requests.
            spawn_local(async move {
                let _ = old.sign_out().await;
            });
        }
    }

    /// Ends the session that the new one replaces.
    async fn end_replaced(self, new: &Session) {
        let platform = self.platform();
        let Ok(Some(id)) = platform.get(REPLACED).await else { return };
        let replaced = self.stored_sessions().await.into_iter().find(|old| old.id() == id && old.id() != new.id());
        let is_same = |old: &Session| old.server_name() == new.server_name() && old.patient() == new.patient();
        if let Some(old) = replaced.filter(is_same) {
            let old_connection = self.app.get_value().connections().await.unwrap_or_default();
            let old_connection = old_connection.into_iter().find(|connection| connection.id == old.id());
            // It ends in memory in any case. If the device keeps it, the lists of sessions and connections show it.
            match old_connection.filter(|_| new.is_kept()) {
                Some(connection) => drop(self.app.get_value().disconnect(&connection).await),
                None => drop(old.sign_out().await),
            }
            let _ = platform.remove(REPLACED).await;
        }
    }
}
