//! The sessions of this window: shown, listed, switched and ended.

use leptos::prelude::*;
use smartrust::client::session::SessionEvent;
use smartrust::{Error, Failure};

use super::{Launcher, Session, State};

impl Launcher {
    /// The state of the session that is shown. Tracks changes.
    pub fn state(self) -> State {
        self.state.get()
    }

    /// All sessions of this window, including the one that is shown. Tracks changes.
    pub fn all_sessions(self) -> Vec<Session> {
        self.all.get()
    }

    /// Tracks changes of the session's expiry and identity.
    pub fn track_changes(self) {
        self.changes.track();
    }

    /// The sessions that are on the screen: the one that is shown, and those that are listed. They need not be active: the record
    /// stays on the screen after the tokens have expired.
    pub fn visible_sessions(self) -> Vec<Session> {
        let mut sessions = self.all.get_untracked();
        if let State::Open(shown) = self.state.get_untracked()
            && sessions.iter().all(|session| session.id() != shown.id())
        {
            sessions.push(shown);
        }
        sessions
    }

    /// Shows a session.
    pub fn show(self, session: Session) {
        let shown = session.clone();
        let subscription = session.on_event(move |event| match event {
            SessionEvent::SignedOut(reason) => self.end(&shown, reason),
            _ => self.changes.update(|count| *count += 1),
        });
        self.subscription.set_value(Some(subscription));
        self.follow_chart(&session);
        self.state.set(State::Open(session));
    }

    /// Shows another session of this window.
    pub async fn switch_to(self, session: Session) {
        if session.make_current().await.is_ok() {
            self.show(session);
        }
        self.update_list().await;
    }

    /// Handles the failure of a request: if the session that is shown has expired, it ends.
    pub fn handle_failure(self, session: &Session, error: &Failure) {
        if matches!(**error, Error::SessionExpired) && self.state.get_untracked().shows(session) {
            self.end(session, error);
        }
    }

    /// Signs out of a session, here and in every other tab that holds it.
    pub async fn sign_out(self, session: Session) {
        let is_shown = self.state.get_untracked().shows(&session);
        self.sign_out_as(session, is_shown, |_, cleared| State::SignedOut { cleared }).await;
    }

    /// Ends a session that was not used for too long.
    pub async fn time_out(self, session: Session) {
        let state = self.state.get_untracked();
        // While it is being restored, the session is about to be shown.
        let is_shown = state.shows(&session) || matches!(state, State::Resuming);
        self.sign_out_as(session, is_shown, |session, cleared| State::TimedOut { session, cleared }).await;
    }

    async fn sign_out_as(self, session: Session, is_shown: bool, state: fn(Session, bool) -> State) {
        if is_shown {
            self.subscription.set_value(None);
            // The session ends at once. The requests that follow may take a while.
            self.state.set(state(session.clone(), true));
        }
        self.remove_from_list(&session);
        let cleared = session.sign_out().await.is_ok();
        if is_shown && !cleared {
            self.state.set(state(session, false));
        }
        self.update_list().await;
        if self.all.get_untracked().is_empty() {
            self.forget_clinics();
        }
    }

    fn end(self, session: &Session, reason: &Failure) {
        self.remove_from_list(session);
        self.state.set(State::Ended { reason: reason.clone(), session: session.clone() });
    }

    fn remove_from_list(self, session: &Session) {
        self.all.update(|all| all.retain(|other| other.id() != session.id()));
    }

    /// Lists the sessions of this window again.
    pub async fn update_list(self) {
        self.all.set(self.stored_sessions().await);
    }

    /// The sessions that are stored for this window.
    pub async fn stored_sessions(self) -> Vec<Session> {
        self.app.get_value().sessions().await.unwrap_or_default()
    }
}
