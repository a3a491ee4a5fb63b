//! Refresh (RFC 6749 section 6): one at a time, run to its end, and never at the cost of the session.

use std::rc::Rc;

use super::flight::Flight;
use super::identity;
use super::records::{self, SessionRecord};
use super::session::{Inner, Session, SessionEvent};
use super::transport::{REQUEST_TIMEOUT, send};
use crate::abort::AbortSignal;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::token::TokenResponse;

impl<P: Platform> Session<P> {
    /// Gets a new access token. Callers that ask while one is under way share its outcome; a caller who goes away does
    /// not stop it.
    ///
    /// # Errors
    /// [`Error::SessionExpired`] without a refresh token. [`Error::Token`] with `invalid_grant` ends the session; after
    /// any other error it stands and can be refreshed again.
    pub async fn refresh(&self) -> Result<(), Failure> {
        self.check_can_refresh()?;
        let running = self.inner.refreshing.borrow().clone();
        match running {
            Some(flight) => flight.landed().await,
            None => self.start_refresh(None).landed().await,
        }
    }

    /// Gets a new access token that may do less.
    ///
    /// # Errors
    /// [`Error::Scope`] where the scope is broader than what was granted; nothing is sent then. Else as [`Self::refresh`].
    pub async fn refresh_with_scope(&self, scope: &str) -> Result<(), Failure> {
        self.check_can_refresh()?;
        if !self.scopes().refreshable().covers_all(&ScopeSet::parse(scope)) {
            return Err(Error::Scope { problem: "a refresh cannot ask for more than was granted".into() }.into());
        }
        let running = self.inner.refreshing.borrow().clone();
        if let Some(flight) = running {
            flight.landed().await?;
        }
        self.start_refresh(Some(scope.to_owned())).landed().await
    }

    /// Known here, so that nothing is loaded to tell it.
    fn check_can_refresh(&self) -> Result<(), Failure> {
        self.inner.check_active()?;
        if self.can_refresh() { Ok(()) } else { Err(Error::SessionExpired.into()) }
    }

    /// Begins a refresh that nobody waits for, before the token runs out. One that fails is begun again after a while.
    pub(super) fn refresh_ahead(&self) {
        let now = self.inner.platform.now();
        let is_due = now - self.inner.refreshed_ahead.get() >= PAUSE_AHEAD;
        if is_due && self.can_refresh() && self.inner.refreshing.borrow().is_none() {
            self.inner.refreshed_ahead.set(now);
            self.start_refresh(None);
        }
    }

    /// Spawned, so that it reaches its end whether or not anybody waits for it.
    fn start_refresh(&self, scope: Option<String>) -> Flight<()> {
        let inner = self.inner.clone();
        let flight = Flight::start(&self.inner.platform, async move {
            let outcome = inner.parts.refresh(Session { inner: inner.clone() }, scope).await;
            inner.refreshing.borrow_mut().take();
            outcome
        });
        *self.inner.refreshing.borrow_mut() = Some(flight.clone());
        flight
    }
}

/// How long after a refresh in the background none other is begun, in seconds.
const PAUSE_AHEAD: f64 = 30.0;

/// How long the lock is kept after a refresh, in milliseconds, so that the news reaches the tabs that wait for it.
const NEWS_TRAVEL: u32 = 50;

/// Refreshes while no other tab does, or takes over what another tab refreshed meanwhile.
pub(super) async fn refresh_alone<P: Platform>(session: Session<P>, scope: Option<String>) -> Result<(), Failure> {
    let inner = &session.inner;
    let dead = inner.record.borrow().access_token.clone();
    let lock = inner.platform.lock(&["smartrust.refresh.", &inner.id].concat()).await;
    inner.check_active()?;
    if scope.is_none() && adopt_newer(inner, &dead).await {
        return Ok(());
    }
    let response = request_tokens(inner, scope.as_deref()).await;
    inner.check_active()?;
    match response {
        Ok(response) => {
            let outcome = take_over(inner, response, scope).await;
            let platform = inner.platform.clone();
            inner.platform.spawn(Box::pin(async move {
                platform.sleep(NEWS_TRAVEL).await;
                drop(lock);
            }));
            outcome
        }
        Err(failure) => {
            if matches!(&*failure, Error::Token(error) if error.error == "invalid_grant") {
                inner.end_and_forget(failure.clone()).await;
            }
            Err(failure)
        }
    }
}

/// Whether another tab has replaced the dead token: its message came, or it stands in the store that both share.
async fn adopt_newer<P: Platform>(inner: &Rc<Inner<P>>, dead: &AccessToken) -> bool {
    if inner.record.borrow().access_token != *dead {
        return true;
    }
    match records::load_session(&inner.platform, &inner.id).await {
        Ok(Some(stored)) if stored.access_token != *dead => {
            inner.adopt(stored);
            true
        }
        _ => false,
    }
}

async fn request_tokens<P: Platform>(inner: &Rc<Inner<P>>, scope: Option<&str>) -> Result<Box<TokenResponse>, Failure> {
    let (endpoint, refresh_token) = {
        let record = inner.record.borrow();
        (record.endpoints.token.clone(), record.refresh_token.clone())
    };
    let refresh_token = refresh_token.ok_or(Error::SessionExpired)?;
    let request = inner.client(&endpoint).await?.refresh_request(&refresh_token, scope);
    let answer = send(&inner.platform, &request, REQUEST_TIMEOUT, &AbortSignal::never()).await?;
    inner.server.read_tokens(&answer, inner.platform.now())
}

/// Stores the new tokens before anything uses them. `scope` is what was asked for, and is what was granted where the server
/// does not say (RFC 6749 section 5.1).
async fn take_over<P: Platform>(
    inner: &Rc<Inner<P>>,
    response: Box<TokenResponse>,
    scope: Option<String>,
) -> Result<(), Failure> {
    let digest = identity::access_token_digest(&inner.platform, &response).await;
    inner.check_active()?;
    let old = SessionRecord::clone(&inner.record.borrow());
    if response.context.patient.is_some() && response.context.patient != old.context.patient {
        return Err(Error::PatientChanged.into());
    }
    let old = identity::renewed(inner, old, &response, digest.as_deref())?;
    let has_new_identity = response.id_token.is_some() && response.id_token == old.id_token;
    let record = SessionRecord {
        access_token: response.access_token,
        lifetime: response.expires_in,
        expires_at: response.expires_in.map(|seconds| inner.platform.now() + seconds),
        refresh_token: response.refresh_token.or(old.refresh_token),
        granted_scope: response.scope.or(scope).or(old.granted_scope),
        context: newer_context(old.context, response.context),
        ..old
    };
    let stored = inner.store(&record).await;
    inner.check_active()?;
    inner.platform.publish(&inner.topic(), &record.to_json());
    // A store that fails must not cost the rotated token: it stays in memory, and the caller is told.
    *inner.record.borrow_mut() = Rc::new(record);
    inner.tell(&SessionEvent::Refreshed);
    if has_new_identity {
        identity::check_signature(inner);
    }
    stored
}

/// The context of the launch, where the refresh did not repeat it.
fn newer_context(old: Rc<LaunchContext>, new: Rc<LaunchContext>) -> Rc<LaunchContext> {
    if new.patient.is_some() { new } else { old }
}
