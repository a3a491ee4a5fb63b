//! Signing out: the session ends in every tab, and its tokens are revoked.

use super::handle::Session;
use super::messages;
use super::state::Inner;
use crate::abort::AbortSignal;
use crate::client::server::transport::{DOCUMENT_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::revocation::{RevokedToken, is_page, read_revocation, revocation_request};
use crate::protocol::url::Url;

/// The result of revoking the tokens.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Revocation {
    /// The server has revoked them.
    Revoked,
    /// The server has no revocation endpoint. They expire on their own.
    NotOffered,
    /// The revocation endpoint is a page for users; this is its URL. Nothing was sent there.
    Page(String),
    /// The session had already ended or had no token yet, and nothing was sent.
    AlreadyEnded,
    /// The request failed. They expire on their own.
    Failed(Failure),
}

impl<P: Platform> Session<P> {
    /// Ends the session in all tabs, and then revokes its tokens (RFC 7009). Even if that fails, the session has ended and its tokens are
    /// removed.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// use smartrust::client::session::Revocation;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// match session.sign_out().await? {
    ///     Revocation::Page(url) => println!("To end the app's access, open {url}"),
    ///     Revocation::Failed(failure) => println!("The tokens expire on their own: {failure}"),
    ///     _ => println!("You are signed out."),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`] if the tokens could not be removed from the store. The session has ended nevertheless.
    pub async fn sign_out(&self) -> Result<Revocation, Failure> {
        if self.inner.check_active().is_err() {
            return self.inner.forget().await.map(|()| Revocation::AlreadyEnded);
        }
        self.inner.end(Error::SignedOut.into());
        self.inner.publish(&messages::signed_out(self.inner.record.borrow().renewals));
        let forgotten = self.inner.forget().await;
        #[cfg(feature = "hub")]
        super::hub::leave(&self.inner).await;
        let revocation = revoke(&self.inner).await;
        forgotten.map(|()| revocation)
    }
}

/// Revokes the tokens of a session, the access token even if revoking the refresh token failed.
pub(crate) async fn revoke<P: Platform>(inner: &Inner<P>) -> Revocation {
    let record = inner.record.borrow().clone();
    let Some(endpoint) = &record.endpoints.revocation else { return Revocation::NotOffered };
    if is_page(endpoint) {
        return Revocation::Page(endpoint.as_str().to_owned());
    }
    let refresh = record.refresh_token.as_ref().map(RevokedToken::Refresh);
    // A session whose connection was just opened has no access token yet.
    let access = Some(&record.access_token).filter(|token| !token.expose().is_empty()).map(RevokedToken::Access);
    if refresh.is_none() && access.is_none() {
        return Revocation::AlreadyEnded;
    }
    let mut revocation = Revocation::Revoked;
    for token in refresh.into_iter().chain(access) {
        match revoke_token(inner, endpoint, token).await {
            Err(failure) if revocation == Revocation::Revoked => revocation = Revocation::Failed(failure),
            _ => {}
        }
    }
    revocation
}

async fn revoke_token<P: Platform>(inner: &Inner<P>, endpoint: &Url, token: RevokedToken<'_>) -> Result<(), Failure> {
    let request = revocation_request(&inner.client(endpoint).await?, token);
    let response = send(&inner.platform, &request, DOCUMENT_TIMEOUT, &AbortSignal::never()).await?;
    response.read_by(read_revocation).map_err(Failure::of_revocation)
}
