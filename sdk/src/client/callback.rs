//! From the redirect to a session: one exchange for each launch, whatever is replayed.

use std::rc::Rc;

use super::app::SmartApp;
use super::config::Server;
use super::identity::access_token_digest;
use super::records::{self, CheckedIdentity, LaunchState, PendingLaunch, SessionRecord, Signature};
use super::session::Session;
use super::transport::{REQUEST_TIMEOUT, send};
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::callback::Callback;
use crate::protocol::id_token::{self, Expected};
use crate::protocol::secret::AuthorizationCode;
use crate::protocol::token::TokenResponse;

impl<P: Platform> SmartApp<P> {
    /// Turns a redirect into its session. Two that ask at once for the same state share one exchange.
    pub(super) async fn complete(&self, callback: Callback) -> Result<Session<P>, Failure> {
        let state = callback.state.clone().ok_or(Error::StateMismatch)?;
        let _lock = self.platform().lock_stored(&["smartrust.launch.", &state].concat()).await;
        if let Some(session) = self.open_session(&state).await? {
            records::set_current_session(self.platform(), &state).await?;
            return Ok(session);
        }
        let launch = match records::take_launch(self.platform(), &state).await? {
            LaunchState::Pending(launch) => launch,
            LaunchState::Used => return Err(Error::CallbackReplayed.into()),
            LaunchState::Unknown => return Err(Error::StateMismatch.into()),
        };
        let server = self.server_by_key(&launch.server).filter(|server| server.record.client_id == launch.client_id);
        let server = server.ok_or(Error::StateMismatch)?;
        let issuer_unknown = check_issuer(callback.iss.as_deref(), &launch)?;
        let code = match callback.outcome {
            Ok(code) => code,
            Err(error) => {
                records::remove_launch(self.platform(), &state).await?;
                return Err(Error::Authorization(error).into());
            }
        };
        let record = self.exchange(&server, &launch, &code, issuer_unknown).await?;
        records::save_session(self.platform(), &state, &record).await?;
        records::set_current_session(self.platform(), &state).await?;
        records::remove_launch(self.platform(), &state).await?;
        Ok(self.session(server, state, record))
    }

    async fn exchange(
        &self,
        server: &Rc<Server>,
        launch: &PendingLaunch,
        code: &AuthorizationCode,
        issuer_unknown: bool,
    ) -> Result<Rc<SessionRecord>, Failure> {
        let client = server.client(&launch.endpoints.token, &launch.endpoints).await?;
        let request = client.code_request(code, &launch.redirect_uri, launch.verifier.as_ref());
        let answer = send(self.platform(), &request, REQUEST_TIMEOUT, &AbortSignal::never()).await?;
        let response = server.read_tokens(&answer, self.platform().now())?;
        if launch.patient.is_some() && response.context.patient != launch.patient {
            return Err(Error::PatientChanged.into());
        }
        let digest = access_token_digest(self.platform(), &response).await;
        let identity = self.check_identity(server, launch, &response, digest.as_deref())?;
        Ok(Rc::new(SessionRecord {
            server: launch.server.clone(),
            client_id: launch.client_id.clone(),
            fhir_base: server.record.fhir_base.clone(),
            endpoints: launch.endpoints.clone(),
            requested_scope: launch.scope.clone(),
            granted_scope: response.scope,
            lifetime: response.expires_in,
            expires_at: response.expires_in.map(|seconds| self.platform().now() + seconds),
            access_token: response.access_token,
            refresh_token: response.refresh_token,
            context: response.context,
            identity,
            issuer_unknown,
            renewal_incomplete: false,
            is_pasted: false,
            id_token: response.id_token,
        }))
    }

    /// Checks the claims before anything is done with the tokens.
    fn check_identity(
        &self,
        server: &Server,
        launch: &PendingLaunch,
        response: &TokenResponse,
        access_token_digest: Option<&[u8]>,
    ) -> Result<Option<Rc<CheckedIdentity>>, Failure> {
        let Some(id_token) = &response.id_token else {
            return match launch.max_age {
                None => Ok(None),
                Some(_) => Err(Error::id_token("auth_time", "no ID token came to say it, and max_age was asked for")),
            };
        };
        let expected = Expected {
            issuer: launch.endpoints.issuer.as_deref(),
            client_id: &launch.client_id,
            trusted_audiences: &server.record.trusted_audiences,
            nonce: launch.nonce.as_deref(),
            allow_missing_nonce: server.record.allow_missing_nonce,
            access_token_digest,
            max_age: launch.max_age,
            now: self.platform().now(),
        };
        let (identity, _) = id_token::read(self.platform(), id_token, &expected)?;
        Ok(Some(Rc::new(CheckedIdentity { identity, signature: Signature::Pending })))
    }
}

/// Holds the issuer that a redirect names against the one that the launch began with (RFC 9207 section 2.4). Returns
/// whether there was none to hold it against.
fn check_issuer(answered: Option<&str>, launch: &PendingLaunch) -> Result<bool, Failure> {
    let problem = match (answered, launch.endpoints.issuer.as_deref()) {
        (Some(answered), Some(known)) if answered != known => "another issuer answered than the one that was asked",
        (None, _) if launch.endpoints.issuer_in_redirect => "it does not name its issuer, as this server says it does",
        (answered, known) => return Ok(answered.is_some() && known.is_none()),
    };
    Err(Error::Callback { problem }.into())
}
