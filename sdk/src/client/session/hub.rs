//! The hub of a session, by which its app follows other apps.

use super::handle::Session;
use super::state::Inner;
use crate::abort::AbortSignal;
use crate::client::hub::Hub;
use crate::client::hub::access::HubSession;
use crate::error::{Error, Failure};
use crate::fhir::identifier::Identifier;
use crate::platform::{LocalFuture, Platform};
use crate::protocol::fhircast::grant::HubGrant;
use crate::protocol::fhircast::identity::{ShownPatient, identifiers_of};
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;

impl<P: Platform> Session<P> {
    /// The hub by which the app follows other apps (FHIRcast 3). Nothing is sent to it before the app subscribes.
    ///
    /// For an example, see [`Hub`].
    ///
    /// # Errors
    /// [`HubError::Unavailable`](crate::error::HubError::Unavailable) if the token response has no complete hub, or no scope for events was
    /// granted; [`InsecureUrl`](crate::Error::InsecureUrl) for a hub by http on another machine; the reason, if the session has ended.
    pub fn hub(&self) -> Result<Hub<P>, Failure> {
        self.inner.check_active()?;
        if let Some(known) = self.inner.hub.borrow().upgrade() {
            return Ok(Hub::of(known));
        }
        let grant = self.inner.record.borrow().hub.clone().ok_or_else(HubGrant::absent)?;
        let allow_insecure = self.inner.connection.server.record.allow_insecure_http;
        let url = grant.hub(&self.scopes().granted, allow_insecure)?;
        let base = self.inner.guard.base().clone();
        let shares_ids = url.url.has_origin_of(&base);
        let own = self.patient().map(|id| ShownPatient { base, id, shares_ids });
        let platform = self.inner.platform.clone();
        let hub = Hub::new(platform, Box::new(self.clone()), self.id().to_owned(), url, allow_insecure, own);
        self.inner.hub.replace(hub.downgrade());
        Ok(hub)
    }
}

impl<P: Platform> HubSession for Session<P> {
    fn token(&self) -> LocalFuture<Result<AccessToken, Failure>> {
        let session = self.clone();
        Box::pin(async move {
            // The hub works in the background: a session without a refresh token ends with the next request of its app.
            if session.is_expired() {
                return Err(Error::SessionExpired.into());
            }
            session.access_token().await
        })
    }

    fn last_token(&self) -> AccessToken {
        self.inner.record.borrow().access_token.clone()
    }

    fn expires_at(&self) -> Option<f64> {
        Session::expires_at(self)
    }

    fn granted(&self) -> ScopeSet {
        self.scopes().granted
    }

    fn identifiers(&self) -> LocalFuture<Vec<Identifier>> {
        let session = self.clone();
        Box::pin(async move {
            let Some(patient) = session.patient() else { return Vec::new() };
            let resource = session.read(&["Patient/", &patient].concat(), &AbortSignal::never()).await;
            // A patient that cannot be read cannot be compared, and counts as another one.
            resource.map(|resource| identifiers_of(&resource)).unwrap_or_default()
        })
    }

    fn sign_out(&self) -> LocalFuture<()> {
        let session = self.clone();
        Box::pin(async move {
            // The session has ended even if the store or the revocation fails.
            let _ = session.sign_out().await;
        })
    }
}

/// Unsubscribes, if the app is subscribed.
pub(super) async fn leave<P: Platform>(inner: &Inner<P>) {
    let hub = inner.hub.borrow().upgrade();
    if let Some(hub) = hub {
        hub.unsubscribe().await;
    }
}
