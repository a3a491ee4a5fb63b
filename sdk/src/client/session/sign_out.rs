//! The end of a session by the user's will: forgotten in every tab, and its tokens given back.

use super::handle::Session;
use super::messages;
use super::state::Inner;
use crate::abort::AbortSignal;
use crate::client::server::transport::{DOCUMENT_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::revocation::{RevokedToken, is_page, read_revocation, revocation_request};
use crate::protocol::url::Url;

/// What became of the tokens at the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Revocation {
    /// The server took them back.
    Revoked,
    /// The server has no endpoint for it. They run out by themselves.
    NotOffered,
    /// The server names a page for people in place of an endpoint: its address. Nothing was sent there.
    Page(String),
    /// The session had ended before, and nothing was sent.
    AlreadyEnded,
    /// The server could not be reached, or refused. They run out by themselves.
    Failed(Failure),
}

impl<P: Platform> Session<P> {
    /// Ends the session here and in every other tab that holds it, then gives its tokens back (RFC 7009). Whatever comes of
    /// that, the session is over and its tokens are forgotten.
    ///
    /// # Errors
    /// [`Error::Storage`] where the tokens could not be removed from the store. The session is ended all the same.
    pub async fn sign_out(&self) -> Result<Revocation, Failure> {
        if self.inner.check_active().is_err() {
            return self.inner.forget().await.map(|()| Revocation::AlreadyEnded);
        }
        self.inner.end(Error::SignedOut.into());
        self.inner.publish(&messages::signed_out(self.inner.record.borrow().renewals));
        let forgotten = self.inner.forget().await;
        let revocation = revoke(&self.inner).await;
        forgotten.map(|()| revocation)
    }
}

/// Gives the tokens of a session back: each of them, whatever became of the one before.
pub(crate) async fn revoke<P: Platform>(inner: &Inner<P>) -> Revocation {
    let record = inner.record.borrow().clone();
    let Some(endpoint) = &record.endpoints.revocation else { return Revocation::NotOffered };
    if is_page(endpoint) {
        return Revocation::Page(endpoint.as_str().to_owned());
    }
    let refresh = record.refresh_token.as_ref().map(RevokedToken::Refresh);
    let mut revocation = Revocation::Revoked;
    for token in refresh.into_iter().chain([RevokedToken::Access(&record.access_token)]) {
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
