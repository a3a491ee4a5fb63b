//! From the redirect to a session. Each code is exchanged once, even if a redirect is replayed.

use std::rc::Rc;

use crate::abort::AbortSignal;
use crate::client::app::SmartApp;
use crate::client::server::configured::Server;
use crate::client::server::connection::Connection;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::client::session::Session;
use crate::client::session::open::Origin;
use crate::client::store::pending::{self, CheckedRedirect, LaunchState, PendingKeep, PendingLaunch};
use crate::client::store::records::{self, CheckedIdentity, Endpoints, SessionRecord, Signature};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::callback::Callback;
use crate::protocol::id_token::{self, Expected};
use crate::protocol::token::{TokenResponse, may_pass};

/// A code exchange that failed.
struct FailedExchange {
    failure: Failure,
    /// Whether the code may be sent again, because the server has not refused it.
    may_pass: bool,
}

impl FailedExchange {
    fn transient(failure: Failure) -> Self {
        Self { failure, may_pass: true }
    }

    fn permanent(failure: Failure) -> Self {
        Self { failure, may_pass: false }
    }
}

impl<P: Platform> SmartApp<P> {
    /// Completes the launch of a redirect. Concurrent calls with the same state share one exchange.
    pub(crate) async fn complete(&self, callback: Callback) -> Result<Session<P>, Failure> {
        let platform = self.platform();
        let state = callback.state.clone().ok_or(Error::StateMismatch)?;
        let _lock = self.lock_launch(&state).await;
        if let Some(session) = self.open_session(&state).await? {
            return self.check_repeated(session, &callback);
        }
        let (connection, mut launch) = match pending::find_launch(platform, &state).await? {
            LaunchState::Pending(launch) => (self.connection_of(&launch, &state).ok_or(Error::StateMismatch)?, launch),
            LaunchState::Used => return Err(Error::CallbackReplayed.into()),
            LaunchState::Unknown => return Err(Error::StateMismatch.into()),
        };
        if launch.is_ehr_launch {
            self.current().set(platform, &state);
        }
        let checked = check_issuer(callback.iss.as_deref(), &launch.endpoints);
        let issuer_unknown = match checked {
            Ok(issuer_unknown) => issuer_unknown,
            Err(failure) => {
                pending::end_launch(platform, &state, launch.created).await;
                return Err(failure);
            }
        };
        let code = match callback.outcome {
            Ok(code) => code,
            Err(error) => {
                pending::remove_launch(platform, &state).await?;
                return Err(Error::Authorization(error).into());
            }
        };
        let received_at = launch.redirect.as_ref().map_or(platform.now(), |redirect| redirect.received_at);
        launch.redirect = Some(CheckedRedirect { code, issuer_unknown, received_at });
        self.open_launch(connection, &state, *launch).await
    }

    /// Exchanges the code of an earlier redirect; `None` if the launch is not stored any more.
    pub(super) async fn complete_again(&self, state: &str) -> Result<Option<Session<P>>, Failure> {
        let _lock = self.lock_launch(state).await;
        if let Some(session) = self.open_session(state).await? {
            return Ok(Some(session));
        }
        let LaunchState::Pending(launch) = pending::find_launch(self.platform(), state).await? else { return Ok(None) };
        match self.connection_of(&launch, state) {
            Some(connection) if launch.redirect.is_some() => {
                self.open_launch(connection, state, *launch).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn lock_launch(&self, state: &str) -> P::Guard {
        self.platform().lock_stored(&format!("smartrust.launch.{state}")).await
    }

    fn connection_of(&self, launch: &PendingLaunch, state: &str) -> Option<Rc<Connection>> {
        let own_client = match &launch.keep {
            Some(PendingKeep::Registered(client)) => Some(client),
            _ => None,
        };
        let configured = own_client.map_or(&launch.client_id, |client| &client.app_client_id);
        let connection = self.connection_by_key(&launch.server)?;
        let connection = Some(connection).filter(|connection| connection.server.record.client_id == *configured)?;
        Some(self.connection_of_client(connection, state, &launch.client_id, own_client))
    }

    /// The session of a redirect that was used before, but only for the page that shows this session: a URL alone must not switch a
    /// page to another session.
    fn check_repeated(&self, session: Session<P>, callback: &Callback) -> Result<Session<P>, Failure> {
        check_issuer(callback.iss.as_deref(), &session.inner.record.borrow().endpoints)?;
        if callback.outcome.is_err() || !self.current().is(self.platform(), session.id()) {
            return Err(Error::CallbackReplayed.into());
        }
        Ok(session)
    }

    /// Exchanges the code of a launch and opens its session.
    async fn open_launch(
        &self,
        connection: Rc<Connection>,
        state: &str,
        launch: PendingLaunch,
    ) -> Result<Session<P>, Failure> {
        let platform = self.platform();
        match self.exchange(&connection, &launch).await {
            Ok(record) => {
                #[cfg(feature = "keep")]
                let (connection, record) = self.keep_session(connection, state, &launch, record).await;
                let stored = records::save_session(platform, state, &record).await;
                let session = self.session(connection, state.to_owned(), record, Origin::Server);
                // If the tokens cannot be stored, the session continues in memory, and `is_stored` is false.
                session.inner.is_stored.set(stored.is_ok());
                self.current().set(platform, state);
                // A launch that cannot be removed expires, and its code cannot be used twice.
                let _ = pending::remove_launch(platform, state).await;
                if session.has_new_client() {
                    // The page's first request waits for it.
                    session.refresh_in_background();
                }
                Ok(session)
            }
            Err(FailedExchange { failure, may_pass: true }) => {
                // If it cannot be stored, the launch stays without its code.
                if pending::save_launch(platform, state, &launch).await.is_ok() {
                    self.current().set_pending(platform, state);
                }
                Err(failure)
            }
            Err(FailedExchange { failure, may_pass: false }) => {
                pending::end_launch(platform, state, launch.created).await;
                self.current().clear_pending(platform);
                Err(failure)
            }
        }
    }

    async fn exchange(
        &self,
        connection: &Connection,
        launch: &PendingLaunch,
    ) -> Result<Rc<SessionRecord>, FailedExchange> {
        let platform = self.platform();
        let no_code = || FailedExchange::permanent(Error::StateMismatch.into());
        let CheckedRedirect { code, issuer_unknown, .. } = launch.redirect.as_ref().ok_or_else(no_code)?;
        let client = connection.server.client(&launch.endpoints.token, &launch.endpoints).await;
        let client = client.map_err(FailedExchange::transient)?;
        let request = client.code_request(code, &launch.redirect_uri, launch.verifier.as_ref());
        let response = send(platform, &request, REQUEST_TIMEOUT, &AbortSignal::never()).await;
        let response = response.map_err(FailedExchange::transient)?;
        let may_pass = may_pass(response.status, &response.body);
        let response = connection
            .read_tokens(&response, platform.now())
            .map_err(|failure| FailedExchange { failure, may_pass })?;
        self.new_session(&connection.server, launch, *issuer_unknown, response).map_err(FailedExchange::permanent)
    }

    fn new_session(
        &self,
        server: &Server,
        launch: &PendingLaunch,
        issuer_unknown: bool,
        response: Box<TokenResponse>,
    ) -> Result<Rc<SessionRecord>, Failure> {
        if launch.patient.is_some() && response.context.patient != launch.patient {
            return Err(Error::PatientChanged.into());
        }
        let identity = self.check_identity(server, launch, &response)?;
        Ok(Rc::new(SessionRecord {
            server: launch.server.clone(),
            client_id: launch.client_id.clone(),
            fhir_base: server.record.fhir_base.clone(),
            redirect_uri: Some(launch.redirect_uri.clone()),
            endpoints: launch.endpoints.clone(),
            requested_scope: launch.scope.clone(),
            granted_scope: response.scope,
            lifetime: response.expires_in,
            expires_at: response.expires_in.map(|seconds| self.platform().now() + seconds),
            renewals: 0.0,
            access_token: response.access_token,
            refresh_token: response.refresh_token,
            context: response.context,
            app_state: launch.app_state.clone(),
            hub: response.hub,
            messaging: response.messaging,
            identity,
            issuer_unknown,
            renewal_incomplete: false,
            is_pasted: false,
            id_token: response.id_token,
            own_client: None,
            not_kept: None,
        }))
    }

    /// Checks the claims before the tokens are used.
    fn check_identity(
        &self,
        server: &Server,
        launch: &PendingLaunch,
        response: &TokenResponse,
    ) -> Result<Option<Rc<CheckedIdentity>>, Failure> {
        let Some(id_token) = &response.id_token else {
            return match launch.max_age {
                None => Ok(None),
                Some(_) => Err(Error::id_token("auth_time", "the response has no ID token, and max_age was requested")),
            };
        };
        let expected = Expected {
            issuer: launch.endpoints.issuer.as_deref(),
            client_id: &launch.client_id,
            trusted_audiences: &server.record.trusted_audiences,
            nonce: launch.nonce.as_deref(),
            allow_missing_nonce: server.record.allow_missing_nonce,
            access_token: &response.access_token,
            max_age: launch.max_age,
            now: self.platform().now(),
        };
        let (identity, _) = id_token::read(self.platform(), id_token, &expected)?;
        Ok(Some(Rc::new(CheckedIdentity { identity, signature: Signature::Pending })))
    }
}

/// Compares the issuer in a redirect with the issuer that the launch began with (RFC 9207 section 2.4). Returns whether the latter is
/// unknown.
fn check_issuer(named: Option<&str>, endpoints: &Endpoints) -> Result<bool, Failure> {
    let problem = match (named, endpoints.issuer.as_deref()) {
        (Some(named), Some(known)) if named != known => "its issuer is not the one with which the launch started",
        (None, _) if endpoints.issuer_in_redirect => {
            "it does not name its issuer, although the server's metadata says that it does"
        }
        (named, known) => return Ok(named.is_some() && known.is_none()),
    };
    Err(Error::Callback { problem }.into())
}
