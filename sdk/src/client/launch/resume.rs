//! Resumes the session of a page: from the redirect in its URL, or else from the store.

use super::popup::{POPUP, deliver_to_opener};
use crate::client::app::{SmartApp, is_of_app};
use crate::client::session::Session;
use crate::client::store::pending;
use crate::client::store::records::{self, SessionRecord};
use crate::error::Failure;
use crate::platform::{PageKind, Platform};
use crate::protocol::callback::{Callback, without_callback};
use crate::protocol::launch::LaunchLink;

impl<P: Platform> SmartApp<P> {
    /// Returns the session of this page: from the redirect in its URL, or else from the store. A reload returns the session that the
    /// page showed, or `None` if it has ended, and never the session of another page or app. An expired session is removed from the
    /// store, and returned this once for [`Self::launch_again`].
    ///
    /// In a page that has not shown a session yet: in a tab, the last session that this app showed in the tab, or else, if all tabs
    /// share the store, the only session of this app. In a frame or a worker, `None`.
    ///
    /// Also `None` if an EHR opened the page by its launch link, which requires a new session, and in the window of
    /// [`Self::launch_in_popup`], whose redirect goes to the page that opened it.
    ///
    /// If the code could not be exchanged because the server was unavailable, call it again within ten minutes, also after a reload.
    /// Concurrent calls are safe, as in React's StrictMode. Afterwards, the page's URL has no parameters of the redirect.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// use smartrust::client::launch::{LaunchAgainOptions, LaunchOptions};
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// match app.resume().await? {
    ///     Some(session) if session.is_active() => println!("the record of {:?}", session.patient()),
    ///     Some(expired) => app.launch_again(&expired, LaunchAgainOptions::default()).await?,
    ///     None => app.launch(LaunchOptions::default()).await?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::StateMismatch`], [`crate::Error::CallbackReplayed`], [`crate::Error::Authorization`], [`crate::Error::Token`],
    /// [`crate::Error::TokenResponse`], [`crate::Error::IdToken`], [`crate::Error::Network`], [`crate::Error::Storage`].
    pub async fn resume(&self) -> Result<Option<Session<P>>, Failure> {
        let location = self.platform().location().unwrap_or_default();
        let outcome = match Callback::read(&location) {
            Ok(Some(Callback { state: Some(state), .. })) if state.ends_with(POPUP) => {
                deliver_to_opener(self.platform(), &state, &location).await.map(|()| None)
            }
            Ok(Some(callback)) => self.complete(callback).await.map(Some),
            Ok(None) => return self.restore(&location).await,
            Err(error) => Err(error),
        };
        self.clean_url();
        outcome
    }

    async fn restore(&self, location: &str) -> Result<Option<Session<P>>, Failure> {
        if !matches!(LaunchLink::read(location), Ok(None)) {
            return Ok(None);
        }
        let restored = self.restore_session().await;
        self.remove_expired();
        restored
    }

    async fn restore_session(&self) -> Result<Option<Session<P>>, Failure> {
        if let Some(state) = self.current().pending(self.platform()) {
            if let Some(session) = self.complete_again(&state).await? {
                return Ok(Some(session));
            }
            self.current().clear_pending(self.platform());
        }
        match self.current().id(self.platform()) {
            Some(Some(id)) => self.open_session(&id).await,
            Some(None) => Ok(None),
            None => self.only_session().await,
        }
    }

    /// The only active session of this app, for a page that has not shown one, if the store is shared by all tabs.
    async fn only_session(&self) -> Result<Option<Session<P>>, Failure> {
        let is_offered = match self.platform().page_kind() {
            PageKind::Tab => self.platform().is_shared_by_tabs(),
            PageKind::Program => true,
            PageKind::Frame | PageKind::Worker => false,
        };
        // Sessions are read in any case, so that a blocked store is an error before the user leaves the page.
        match <[Session<P>; 1]>::try_from(self.sessions().await?) {
            Ok([only]) if is_offered => {
                self.current().set(self.platform(), only.id());
                Ok(Some(only))
            }
            _ => Ok(None),
        }
    }

    /// Removes expired sessions and launches from the store, in the background.
    fn remove_expired(&self) {
        let (platform, connections) = (self.platform().clone(), self.server_connections());
        let current = self.current().id(&platform).flatten();
        self.platform().spawn(Box::pin(async move {
            let is_own = |record: &SessionRecord| is_of_app(record, &connections);
            // What cannot be removed now is removed by the next page.
            let _ = records::remove_expired_sessions(&platform, current.as_deref(), is_own).await;
            let _ = pending::remove_expired_launches(&platform).await;
        }));
    }

    fn clean_url(&self) {
        if let Some(location) = self.platform().location() {
            let clean = without_callback(&location);
            if clean != location {
                // If the URL cannot be replaced, its code is used up nevertheless.
                let _ = self.platform().replace(&clean);
            }
        }
    }
}
