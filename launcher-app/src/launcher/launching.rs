//! Launches: from a launch link or the home page, and again for an open session.

use leptos::prelude::*;
use smartrust::client::keep::Keep;
use smartrust::client::launch::{LaunchAgainOptions, LaunchOptions};
use smartrust::platform::{Navigator, Store};
use smartrust::protocol::launch::LaunchLink;
use smartrust::{Error, Failure};

use super::browser::has_session_storage;
use super::{Launcher, REPLACED, Session};
use crate::model::clinics::Way;

impl Launcher {
    /// Whether a launch link opened this page, even a broken one.
    pub fn has_launch_link(self) -> bool {
        let location = self.platform.with_value(Navigator::location).unwrap_or_default();
        !matches!(LaunchLink::read(&location), Ok(None))
    }

    /// Redirects to the authorization server of the named server, or of the launch link. `scope` replaces the configured scope. With `keeps`,
    /// the connection stays on this device.
    ///
    /// # Errors
    /// As [`smartrust::SmartApp::launch`], and [`Error::Storage`] if the page has no session storage, so that the launch could
    /// not be completed.
    pub async fn launch(self, server: Option<String>, scope: Option<String>, keeps: bool) -> Result<(), Failure> {
        if !has_session_storage() {
            return Err(Error::Storage.into());
        }
        let app = self.app.get_value();
        let mut options = LaunchOptions::default();
        options.server = server;
        options.scope = scope;
        options.keep = keeps.then(|| self.keep());
        app.launch(options).await
    }

    fn keep(self) -> Keep {
        Keep::default().client_name(self.title())
    }

    /// As [`Self::launch`], for a way to connect to a clinic.
    ///
    /// # Errors
    /// As [`Self::launch`].
    pub async fn launch_way(self, way: Way, scope: Option<String>, keeps: bool) -> Result<(), Failure> {
        if let Some(entry) = &way.entry {
            self.choose_server(entry, keeps)?;
        }
        let launched = self.launch(Some(way.choice.name), scope, keeps).await;
        if launched.is_err() {
            self.list_connections().await;
        }
        launched
    }

    /// Redirects to the session's server, for the same scope as before or for `scope`. The new session replaces this one. With `keeps`, the
    /// connection stays on this device.
    ///
    /// # Errors
    /// As [`smartrust::SmartApp::launch_again`], and [`Error::Storage`] as [`Self::launch`].
    pub async fn launch_again(self, session: Session, scope: Option<String>, keeps: bool) -> Result<(), Failure> {
        if !has_session_storage() {
            return Err(Error::Storage.into());
        }
        self.choose_server_of(&session, keeps)?;
        let app = self.app.get_value();
        if session.is_active() {
            // If the store fails, the launch fails too.
            let _ = self.platform().set(REPLACED, session.id()).await;
        }
        let mut options = LaunchAgainOptions::default();
        options.scope = scope;
        options.keep = keeps.then(|| self.keep());
        app.launch_again(&session, options).await
    }
}
