//! A session from an access token that the user pasted, such as one from a test server.

use std::rc::Rc;

use derive_setters::Setters;

use crate::client::app::SmartApp;
use crate::client::session::Session;
use crate::client::session::open::Origin;
use crate::client::store::records::{self, Endpoints, SessionRecord};
use crate::error::{Error, Failure};
use crate::fhir::reference::is_id;
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::secret::AccessToken;
use crate::protocol::token::LONGEST_LIFETIME;

/// What is known about a pasted access token.
#[derive(Clone, Debug, Default, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct PastedTokenOptions {
    /// The id of the patient in context.
    pub patient: Option<String>,
    /// The granted scopes. The default is the scopes of the server record.
    pub scope: Option<String>,
    /// In how many seconds it expires.
    pub expires_in: Option<f64>,
}

impl<P: Platform> SmartApp<P> {
    /// Opens a session with an access token that the user received elsewhere. Other sessions stay; a reload resumes this one. `server`
    /// is the configured name, which is required if there are several servers.
    ///
    /// The session cannot be refreshed, and the user was not authenticated: [`Session::identity`] is `None`, and [`Session::findings`]
    /// has a finding. The token was not issued to this app, so signing out removes it here and does not revoke it.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// use smartrust::client::launch::PastedTokenOptions;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>, pasted: &str) -> Result<(), Failure> {
    /// let options = PastedTokenOptions::default().patient("1").scope("patient/*.rs").expires_in(3600.0);
    /// let session = app.session_from_token(None, pasted, options).await?;
    /// println!("{}", session.fhir_base());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::PastedToken`] for a string that cannot be an access token, [`Error::Reference`] for an invalid patient id,
    /// [`Error::Configuration`] for an invalid `expires_in`, with nothing sent; [`Error::UnknownServer`],
    /// [`Error::Discovery`], [`Error::Storage`].
    pub async fn session_from_token(
        &self,
        server: Option<&str>,
        token: &str,
        options: PastedTokenOptions,
    ) -> Result<Session<P>, Failure> {
        let connection = self.connection_by_name(server)?;
        let server = &connection.server;
        let access_token = parse_token(token)?;
        if options.patient.as_deref().is_some_and(|patient| !is_id(patient)) {
            return Err(Error::Reference { problem: "the patient's id is not one of FHIR's".into() }.into());
        }
        if options.expires_in.is_some_and(|seconds| !seconds.is_finite() || seconds < 0.0) {
            return Err(Error::configuration("expires_in", "it is not a number of seconds"));
        }
        let configuration = connection.discovery.endpoints(self.platform(), false).await?;
        let record = Rc::new(SessionRecord {
            server: server.key.clone(),
            client_id: server.record.client_id.clone(),
            fhir_base: server.record.fhir_base.clone(),
            redirect_uri: Some(server.record.redirect_uri.clone()),
            endpoints: Rc::new(Endpoints { revocation: None, ..Endpoints::of(&configuration)? }),
            requested_scope: options.scope.unwrap_or_else(|| server.record.scope.clone()),
            granted_scope: None,
            access_token,
            refresh_token: None,
            lifetime: options.expires_in,
            expires_at: options.expires_in.map(|seconds| self.platform().now() + seconds.min(LONGEST_LIFETIME)),
            renewals: 0.0,
            context: Rc::new(LaunchContext::for_patient(options.patient)),
            app_state: None,
            hub: None,
            messaging: None,
            identity: None,
            issuer_unknown: false,
            renewal_incomplete: false,
            is_pasted: true,
            id_token: None,
            own_client: None,
            not_kept: None,
        });
        let id = self.random_string()?;
        records::save_session(self.platform(), &id, &record).await?;
        self.current().set(self.platform(), &id);
        Ok(self.session(connection, id, record, Origin::Server))
    }
}

/// Parses a pasted token (RFC 6750 section 2.1). Whitespace around it is ignored.
fn parse_token(text: &str) -> Result<AccessToken, Failure> {
    let token = text.trim();
    let problem = if token.is_empty() {
        "it is empty"
    } else if token.contains(char::is_whitespace) {
        "it has a space or a line break in it"
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        "it has a character that is not allowed in a token"
    } else {
        return Ok(AccessToken::new(token));
    };
    Err(Error::PastedToken { problem }.into())
}
