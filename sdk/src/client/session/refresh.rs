//! Refresh (RFC 6749 section 6): one at a time, run to its end, and never at the cost of the session.

use std::rc::Rc;

use super::handle::Session;
use super::identity;
use super::messages;
use super::sign_out;
use super::state::{Inner, SessionEvent};
use crate::abort::AbortSignal;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::client::store::records::{self, SessionRecord};
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::token::TokenResponse;

/// How long before its end an access token is replaced in the background, in seconds.
const SOON: f64 = 60.0;

impl<P: Platform> Session<P> {
    /// An access token that has not run out, refreshed where it has. A session that has none and can get none ends.
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

    /// Refreshes. A new token that could not be stored is good all the same, though only this page has it.
    pub(crate) async fn replace_token(&self) -> Result<(), Failure> {
        match self.refresh().await {
            Err(failure) if matches!(&*failure, Error::Storage) && !self.expires_within(0.0) => Ok(()),
            refreshed => refreshed,
        }
    }

    /// Gets a new access token. Callers that ask while one is under way share its outcome; a caller who goes away does
    /// not stop it.
    ///
    /// # Errors
    /// [`Error::SessionExpired`] without a refresh token. [`Error::Token`] with `invalid_grant` ends the session; after
    /// any other error it stands and can be refreshed again.
    pub async fn refresh(&self) -> Result<(), Failure> {
        self.check_can_refresh().await?;
        let running = self.inner.refreshing.borrow().clone();
        match running {
            Some(task) => task.outcome().await,
            None => self.start_refresh(None).outcome().await,
        }
    }

    /// Gets a new access token that may do less.
    ///
    /// # Errors
    /// [`Error::Scope`] where the scope is broader than what was granted; nothing is sent then. Else as [`Self::refresh`].
    pub async fn refresh_with_scope(&self, scope: &str) -> Result<(), Failure> {
        self.check_can_refresh().await?;
        if !self.scopes().refreshable().covers_all(&ScopeSet::parse(scope)) {
            return Err(Error::Scope { problem: "a refresh cannot ask for more than was granted".into() }.into());
        }
        let running = self.inner.refreshing.borrow().clone();
        if let Some(task) = running {
            task.outcome().await?;
        }
        self.start_refresh(Some(scope.to_owned())).outcome().await
    }

    /// Known here, so that nothing is loaded to tell it.
    async fn check_can_refresh(&self) -> Result<(), Failure> {
        self.inner.check_active()?;
        if self.is_expired() {
            return Err(self.inner.expire().await);
        }
        if self.can_refresh() { Ok(()) } else { Err(Error::SessionExpired.into()) }
    }

    /// Begins a refresh that nobody waits for, before the token runs out. One that fails is begun again after a while.
    pub(super) fn refresh_in_background(&self) {
        let now = self.inner.platform.now();
        let is_due = now - self.inner.background_refresh_at.get() >= BACKGROUND_PAUSE;
        if is_due && self.can_refresh() && self.inner.refreshing.borrow().is_none() {
            self.inner.background_refresh_at.set(now);
            self.start_refresh(None);
        }
    }

    /// Spawned, so that it reaches its end whether or not anybody waits for it.
    fn start_refresh(&self, scope: Option<String>) -> SharedTask<()> {
        let session = self.clone();
        let task = SharedTask::spawn(&self.inner.platform, async move {
            let outcome = refresh_with_lock(&session, scope).await;
            session.inner.refreshing.borrow_mut().take();
            outcome
        });
        *self.inner.refreshing.borrow_mut() = Some(task.clone());
        task
    }
}

/// How long after a refresh in the background none other is begun, in seconds.
const BACKGROUND_PAUSE: f64 = 30.0;

/// How long the lock is kept after a refresh, in milliseconds, so that the news reaches the tabs that wait for it.
const PUBLISH_DELAY: u32 = 50;

/// How long other tabs have to say that they hold newer tokens, in milliseconds: before a copy from the store is used for the first
/// time, and after the server refused the refresh token.
const REPLY_TIMEOUT_FIRST_USE: u32 = 50;
const REPLY_TIMEOUT_REFUSED: u32 = 500;

/// Refreshes while no other tab does, or takes over what another tab refreshed meanwhile.
async fn refresh_with_lock<P: Platform>(session: &Session<P>, scope: Option<String>) -> Result<(), Failure> {
    let inner = &session.inner;
    let held = renewals(inner);
    let lock = inner.lock_refresh().await;
    inner.check_active()?;
    let patience = if inner.may_be_stale.replace(false) { REPLY_TIMEOUT_FIRST_USE } else { 0 };
    adopt_newest(inner, held, patience).await;
    loop {
        inner.check_active()?;
        let sent = renewals(inner);
        if sent > held && scope.is_none() && !session.expires_within(0.0) {
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
            Err(failure) if failure.code() == "invalid_grant" => {
                // Another tab may have replaced the token that was refused: then only this copy was dead, and each turn of the loop
                // has a newer one.
                if !adopt_newest(inner, sent, REPLY_TIMEOUT_REFUSED).await {
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

/// Whether there is a newer record than the one with so many renewals, and takes it over: a message brought it, or the store that
/// several tabs share has it, or another tab says so in time.
async fn adopt_newest<P: Platform>(inner: &Rc<Inner<P>>, held: f64, milliseconds: u32) -> bool {
    if renewals(inner) > held {
        return true;
    }
    if let Ok(Some(stored)) = records::load_session(&inner.platform, &inner.id).await {
        inner.adopt_newer(stored);
    }
    if renewals(inner) <= held && milliseconds > 0 {
        inner.publish(&messages::newer_than(held));
        inner.platform.sleep(milliseconds).await;
    }
    renewals(inner) > held
}

async fn request_tokens<P: Platform>(inner: &Rc<Inner<P>>, scope: Option<&str>) -> Result<Box<TokenResponse>, Failure> {
    let (endpoint, refresh_token) = {
        let record = inner.record.borrow();
        (record.endpoints.token.clone(), record.refresh_token.clone())
    };
    let refresh_token = refresh_token.ok_or(Error::SessionExpired)?;
    let request = inner.client(&endpoint).await?.refresh_request(&refresh_token, scope);
    let response = send(&inner.platform, &request, REQUEST_TIMEOUT, &AbortSignal::never()).await?;
    inner.connection.read_tokens(&response, inner.platform.now())
}

/// Stores the new tokens before anything uses them. `scope` is what was asked for, and is what was granted where the server
/// does not say (RFC 6749 section 5.1).
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
        ..old
    };
    let stored = inner.store(&record).await;
    if let Err(ended) = inner.check_active() {
        *inner.record.borrow_mut() = Rc::new(record);
        sign_out::revoke(inner).await;
        return Err(ended);
    }
    if !has_new_identity {
        // The signature may have been checked while the store was writing.
        let current = inner.record.borrow();
        (record.identity, record.id_token) = (current.identity.clone(), current.id_token.clone());
    }
    inner.publish(&record.to_json());
    // A store that fails must not cost the rotated token: it stays in memory, and the caller is told.
    *inner.record.borrow_mut() = Rc::new(record);
    inner.emit(&SessionEvent::Refreshed);
    if has_new_identity {
        identity::check_signature(inner);
    }
    stored
}

/// Revokes tokens that came after the session had ended. Whoever ended it did not have them to revoke.
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

/// The context of the launch, where the refresh did not repeat it. Some servers name the patient in a refresh for the first time.
fn merged_context(old: Rc<LaunchContext>, new: Rc<LaunchContext>) -> Rc<LaunchContext> {
    if new.patient.is_some() { Rc::new(old.followed_by(&new)) } else { old }
}
