//! Another launch in the context of a session.

use derive_setters::Setters;

use super::authorize::{LaunchMode, LaunchOptions, PreparedLaunch};
use crate::client::app::SmartApp;
#[cfg(feature = "keep")]
use crate::client::keep::Keep;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::scope::ScopeSet;

/// Options of [`SmartApp::launch_again`].
///
/// ```
/// use smartrust::client::launch::LaunchAgainOptions;
///
/// let options = LaunchAgainOptions::default().scope("launch/patient patient/*.rs");
/// assert_eq!(options.scope.as_deref(), Some("launch/patient patient/*.rs"));
/// ```
#[derive(Clone, Debug, Default, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct LaunchAgainOptions {
    /// Scopes instead of those that the session's launch requested.
    pub scope: Option<String>,
    /// Whether and how this browser stays connected after the new session. A kept session does not imply it.
    #[cfg(feature = "keep")]
    pub keep: Option<Keep>,
}

impl<P: Platform> SmartApp<P> {
    /// Navigates to the authorization server of a session again, as a standalone launch for the same patient: after the session has
    /// expired, or to request more than was granted.
    ///
    /// The redirect then starts a new session with the same [`Session::app_state`], or fails with [`Error::PatientChanged`] for another
    /// patient. If the session is [kept](Session::is_kept) and the new one is also kept, the new one has its own connection: then
    /// [disconnect](Self::disconnect) the old one, if it still exists.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, SmartApp, platform::Platform};
    /// use smartrust::client::launch::LaunchAgainOptions;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>, session: &Session<P>) -> Result<(), Failure> {
    /// if !session.may_read("Immunization") {
    ///     let scope = format!("{} patient/Immunization.rs", session.scopes().requested.to_text());
    ///     app.launch_again(session, LaunchAgainOptions::default().scope(scope)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::launch`].
    pub async fn launch_again(&self, session: &Session<P>, options: LaunchAgainOptions) -> Result<(), Failure> {
        let record = session.inner.record.borrow().clone();
        let mut scope = ScopeSet::parse(options.scope.as_deref().unwrap_or(&record.requested_scope));
        if record.context.patient.is_some() {
            scope.insert("launch/patient");
        }
        let launch_options = LaunchOptions {
            scope: Some(scope.to_text()),
            app_state: record.app_state.clone(),
            #[cfg(feature = "keep")]
            keep: options.keep,
            ..LaunchOptions::default()
        };
        // A client that this browser registered may not support launches.
        let connection = self.connection_by_key(&record.server).ok_or(Error::UnknownServer { name: None })?;
        let patient = record.context.patient.clone();
        let state = self.random_string()?;
        let (mode, options) = (LaunchMode::Page, &launch_options);
        let launch = PreparedLaunch { state: &state, mode, link: None, options, patient, keep: None };
        let navigation = self.prepare_launch_at(&connection, launch).await?;
        self.navigate(&navigation)
    }
}
