//! Refresh (RFC 6749 section 6): one at a time in all tabs, and never aborted, so that no rotated token is lost.

use std::rc::Rc;

use super::handle::Session;
use super::identity;
use super::kept;
use super::messages;
use super::sign_out;
use super::state::{Inner, SessionEvent};
use crate::abort::AbortSignal;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::client::store::own_client::OwnClient;
use crate::client::store::records::{self, SessionRecord};
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::token::TokenResponse;

/// How long before it expires an access token is refreshed in the background, in seconds.
const SOON: f64 = 60.0;

impl<P: Platform> Session<P> {
    /// A valid access token, refreshed if necessary. An expired session without a refresh token ends.
    pub(crate) async fn access_token(&self) -> Result<AccessToken, Failure> {
        self.inner.check_active()?;
        if self.is_expired() {
            return Err(self.inner.expire().await);
        }
        identity::retry_check(&self.inner);
        if self.expires_within(0.0) {
            self.replace_token().await?;
        } else if self.expires_within(SOON) {
            self.refresh_in_background();
        }
        Ok(self.inner.record.borrow().access_token.clone())
    }

    /// Refreshes. A new token that could not be stored is usable, too, but only in this page.
    pub(crate) async fn replace_token(&self) -> Result<(), Failure> {
        match self.refresh().await {
            Err(failure) if matches!(&*failure, Error::Storage) && !self.expires_within(0.0) => Ok(()),
            refreshed => refreshed,
        }
    }

    /// Requests a new access token. Concurrent callers share one request, which continues if they stop waiting.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// match session.refresh().await {
    ///     Ok(()) => println!("valid until {:?}", session.expires_at()),
    ///     Err(failure) if session.is_active() => println!("try again later: {failure}"),
    ///     Err(failure) => println!("sign in again: {failure}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::SessionExpired`] without a refresh token. [`Error::Token`] with `invalid_grant` ends the session; after
    /// any other error, it stays active and can be refreshed again.
    pub async fn refresh(&self) -> Result<(), Failure> {
        self.check_can_refresh().await?;
        let running = self.inner.refreshing.borrow().clone();
        match running {
            Some(task) => task.outcome().await,
            None => self.start_refresh(None).outcome().await,
        }
    }

    /// Requests a new access token with fewer scopes.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// session.refresh_with_scope("launch/patient patient/Observation.rs").await?;
    /// println!("granted now: {}", session.scopes().granted.to_text());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Scope`] if the scope is broader than the granted one, with nothing sent; otherwise as [`Self::refresh`].
    pub async fn refresh_with_scope(&self, scope: &str) -> Result<(), Failure> {
        self.check_can_refresh().await?;
        if !self.scopes().refreshable().covers_all(&ScopeSet::parse(scope)) {
            return Err(Error::Scope { problem: "a refresh cannot request more than was granted".into() }.into());
        }
        let running = self.inner.refreshing.borrow().clone();
        if let Some(task) = running {
            task.outcome().await?;
        }
        self.start_refresh(Some(scope.to_owned())).outcome().await
    }

    /// Checks that the session is active and has a refresh token.
    async fn check_can_refresh(&self) -> Result<(), Failure> {
        self.inner.check_active()?;
        if self.is_expired() {
            return Err(self.inner.expire().await);
        }
        if self.can_refresh() { Ok(()) } else { Err(Error::SessionExpired.into()) }
    }

    /// Starts a refresh in the background, before the token expires. After an error, the next one starts after a pause.
    pub(crate) fn refresh_in_background(&self) {
        let now = self.inner.platform.now();
        let is_due = now - self.inner.background_refresh_at.get() >= BACKGROUND_PAUSE;
        if is_due && self.can_refresh() && self.inner.refreshing.borrow().is_none() {
            self.inner.background_refresh_at.set(now);
            self.start_refresh(None);
        }
    }

    /// Spawns the refresh, so that it completes even if nobody waits for it.
    fn start_refresh(&self, scope: Option<String>) -> SharedTask<()> {
        let session = self.clone();
        let task = SharedTask::spawn(
            &self.inner.platform,
            Box::pin(async move {
                let outcome = refresh_with_lock(&session, scope).await;
                session.inner.refreshing.borrow_mut().take();
                outcome
            }),
        );
        *self.inner.refreshing.borrow_mut() = Some(task.clone());
        task
    }
}

/// The pause between two refreshes in the background, in seconds.
const BACKGROUND_PAUSE: f64 = 30.0;

/// How long the lock is held after a refresh, in milliseconds, so that tabs that wait for it receive the new record first.
const PUBLISH_DELAY: u32 = 50;

/// How long to wait for newer tokens from other tabs, in milliseconds: before the first refresh of a session from the store, and after
/// the server has refused the refresh token.
const WAIT_BEFORE_FIRST: u32 = 50;
const WAIT_AFTER_REFUSAL: u32 = 500;

/// Refreshes while no other tab does, or adopts the tokens that another tab has refreshed meanwhile.
async fn refresh_with_lock<P: Platform>(session: &Session<P>, scope: Option<String>) -> Result<(), Failure> {
    let inner = &session.inner;
    let known = renewals(inner);
    let lock = inner.lock_refresh().await;
    inner.check_active()?;
    let wait = if inner.may_be_stale.replace(false) { WAIT_BEFORE_FIRST } else { 0 };
    adopt_newest(inner, known, wait).await;
    loop {
        inner.check_active()?;
        let sent = renewals(inner);
        if sent > known && scope.is_none() && !session.expires_within(0.0) {
            return Ok(());
        }
        let response = request_tokens(inner, scope.as_deref()).await;
        if let Err(ended) = inner.check_active() {
            if let Ok(response) = response {
                revoke_unused(inner, *response).await;
            }
            return Err(ended);
        }
        match response {
            Ok(response) => {
                let outcome = apply_tokens(inner, response, scope).await;
                let platform = inner.platform.clone();
                inner.platform.spawn(Box::pin(async move {
                    platform.sleep(PUBLISH_DELAY).await;
                    drop(lock);
                }));
                return outcome;
            }
            Err(failure) if kept::ends_connection(inner, &failure) => {
                return Err(kept::end_connection(inner, failure).await);
            }
            Err(failure) if failure.code() == "invalid_grant" => {
                // Another tab may have refreshed meanwhile, so that only this copy of the token is invalid. Each turn of the loop has a
                // newer token.
                if !adopt_newest(inner, sent, WAIT_AFTER_REFUSAL).await {
                    inner.end_refused(failure.clone()).await;
                    return Err(failure);
                }
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn renewals<P: Platform>(inner: &Inner<P>) -> f64 {
    inner.record.borrow().renewals
}

/// Adopts a newer record than the one with the `known` renewals: from the store, or from another tab that publishes it in time. Returns
/// whether there is one.
async fn adopt_newest<P: Platform>(inner: &Rc<Inner<P>>, known: f64, milliseconds: u32) -> bool {
    if renewals(inner) > known {
        return true;
    }
    if let Ok(Some(stored)) = records::load_session(&inner.platform, &inner.id).await {
        inner.adopt_newer(stored);
    }
    if renewals(inner) <= known && milliseconds > 0 {
        inner.publish(&messages::newer_than(known));
        inner.platform.sleep(milliseconds).await;
    }
    renewals(inner) > known
}

async fn request_tokens<P: Platform>(inner: &Rc<Inner<P>>, scope: Option<&str>) -> Result<Box<TokenResponse>, Failure> {
    let (endpoint, refresh_token, own_client) = {
        let record = inner.record.borrow();
        let own_client = record.own_client.clone().filter(|_| record.is_kept());
        (record.endpoints.token.clone(), record.refresh_token.clone(), own_client)
    };
    if let Some(client) = own_client {
        return kept::request_tokens(inner, &client, scope).await;
    }
    let refresh_token = refresh_token.ok_or(Error::SessionExpired)?;
    let request = inner.client(&endpoint).await?.refresh_request(&refresh_token, scope);
    let response = send(&inner.platform, &request, REQUEST_TIMEOUT, &AbortSignal::never()).await?;
    inner.connection.read_tokens(&response, inner.platform.now())
}

/// Stores the new tokens before they are used. `scope` is the requested scope, which is granted if the response has none (RFC 6749
/// section 5.1).
async fn apply_tokens<P: Platform>(
    inner: &Rc<Inner<P>>,
    response: Box<TokenResponse>,
    scope: Option<String>,
) -> Result<(), Failure> {
    if let Err(ended) = inner.check_active() {
        revoke_unused(inner, *response).await;
        return Err(ended);
    }
    let old = SessionRecord::clone(&inner.record.borrow());
    let (known, named) = (&old.context.patient, &response.context.patient);
    if known.is_some() && named.is_some() && known != named {
        return Err(Error::PatientChanged.into());
    }
    let old = identity::with_renewed_identity(inner, old, &response)?;
    let has_new_identity = response.id_token.is_some() && response.id_token == old.id_token;
    let mut record = SessionRecord {
        access_token: response.access_token,
        lifetime: response.expires_in,
        expires_at: response.expires_in.map(|seconds| inner.platform.now() + seconds),
        refresh_token: response.refresh_token.or(old.refresh_token),
        renewals: old.renewals + 1.0,
        granted_scope: response.scope.or(scope).or(old.granted_scope),
        context: merged_context(old.context, response.context),
        hub: response.hub.or(old.hub),
        messaging: response.messaging.or(old.messaging),
        own_client: old.own_client.map(|client| OwnClient { is_new: false, ..client }),
        ..old
    };
    let stored = inner.store(&record).await;
    if let Err(ended) = inner.check_active() {
        *inner.record.borrow_mut() = Rc::new(record);
        sign_out::revoke(inner).await;
        return Err(ended);
    }
    if !has_new_identity {
        // The check of the signature may have ended while the store was writing.
        let current = inner.record.borrow();
        (record.identity, record.id_token) = (current.identity.clone(), current.id_token.clone());
    }
    inner.publish(&record.to_json());
    // If the store fails, the rotated token stays in memory, and the caller gets the error.
    *inner.record.borrow_mut() = Rc::new(record);
    inner.emit(&SessionEvent::Refreshed);
    if has_new_identity {
        identity::check_signature(inner);
    }
    stored
}

/// Revokes tokens that arrived after the session had ended.
async fn revoke_unused<P: Platform>(inner: &Inner<P>, response: TokenResponse) {
    let old = SessionRecord::clone(&inner.record.borrow());
    let refresh_token = response.refresh_token.or(old.refresh_token);
    *inner.record.borrow_mut() = Rc::new(SessionRecord {
        access_token: response.access_token,
        refresh_token,
        renewals: old.renewals + 1.0,
        ..old
    });
    sign_out::revoke(inner).await;
}

/// The context of the launch, updated by the refresh if that names the patient. Some servers first name the patient in a refresh.
fn merged_context(old: Rc<LaunchContext>, new: Rc<LaunchContext>) -> Rc<LaunchContext> {
    if new.patient.is_some() { Rc::new(old.updated_by(&new)) } else { old }
}
