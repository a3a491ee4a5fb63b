//! Asks the server what it says of the session's token.

use super::handle::Session;
use crate::abort::AbortSignal;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::error::{Error, Failure};
use crate::platform::{Json, Platform};
use crate::protocol::introspection::{
    Introspection, client_introspection_request, introspection_request, read_introspection,
};

/// In whose name a token is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntrospectAs {
    /// In the token's own: it authorizes the question about itself.
    #[default]
    Token,
    /// In the client's, authenticated as at the token endpoint.
    Client,
}

impl<P: Platform> Session<P> {
    /// What the server says of the session's access token (RFC 7662).
    ///
    /// # Errors
    /// [`Error::NotOffered`] where the server has no introspection, [`Error::Introspection`] where it refuses or gives no usable
    /// response, [`Error::Network`].
    pub async fn introspect(
        &self,
        introspect_as: IntrospectAs,
        abort: &AbortSignal,
    ) -> Result<Introspection<<P as Json>::Value>, Failure> {
        let endpoint = self.inner.record.borrow().endpoints.introspection.clone();
        let endpoint = endpoint.ok_or(Error::NotOffered { what: "introspection" })?;
        let token = self.access_token().await?;
        let request = match introspect_as {
            IntrospectAs::Token => {
                let mut guard = self.inner.guard.clone();
                guard.admit(endpoint.clone());
                introspection_request(&endpoint, &token, &guard)?
            }
            IntrospectAs::Client => client_introspection_request(&self.inner.client(&endpoint).await?, &token),
        };
        let response = send(&self.inner.platform, &request, REQUEST_TIMEOUT, abort).await?;
        let read = response.read_by(read_introspection);
        read.map_err(|failure| failure.of_introspection(introspect_as == IntrospectAs::Client))
    }
}
