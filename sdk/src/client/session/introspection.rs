//! Introspection of the session's access token.

use super::handle::Session;
use crate::abort::AbortSignal;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::{Json, Platform};
use crate::protocol::introspection::{
    Introspection, client_introspection_request, introspection_request, read_introspection,
};

/// How an introspection request is authorized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IntrospectAs {
    /// By the token itself.
    #[default]
    Token,
    /// By client authentication, as at the token endpoint.
    Client,
}

impl<P: Platform> Session<P> {
    /// Requests the introspection of the session's access token (RFC 7662).
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// use smartrust::client::session::IntrospectAs;
    /// use smartrust::platform::JsonView;
    ///
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let introspection = session.introspect(IntrospectAs::Token, &AbortSignal::never()).await?;
    /// if introspection.active {
    ///     println!("granted: {:?}", introspection.members.member_text("scope"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotOffered`] if the server has no introspection, [`Error::Introspection`] if it refuses or the response is not
    /// usable, [`Error::Network`].
    pub async fn introspect(
        &self,
        authorized_by: IntrospectAs,
        abort: &AbortSignal,
    ) -> Result<Introspection<<P as Json>::Value>, Failure> {
        let endpoint = self.inner.record.borrow().endpoints.introspection.clone();
        let endpoint = endpoint.ok_or(Error::NotOffered { what: "introspection" })?;
        let token = self.access_token().await?;
        let request = match authorized_by {
            IntrospectAs::Token => {
                let mut guard = self.inner.guard.clone();
                guard.admit(endpoint.clone());
                introspection_request(&endpoint, &token, &guard)?
            }
            IntrospectAs::Client => client_introspection_request(&self.inner.client(&endpoint).await?, &token),
        };
        let response = send(&self.inner.platform, &request, REQUEST_TIMEOUT, abort).await?;
        let read = response.read_by(read_introspection);
        read.map_err(|failure| failure.of_introspection(authorized_by == IntrospectAs::Client))
    }
}
