//! What a hub needs of its session.

use crate::error::Failure;
use crate::fhir::identifier::Identifier;
use crate::platform::LocalFuture;
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;

/// The session of a hub.
pub(crate) trait HubSession {
    /// A valid access token, refreshed if necessary.
    fn token(&self) -> LocalFuture<Result<AccessToken, Failure>>;
    /// The last access token, also after the session has ended.
    fn last_token(&self) -> AccessToken;
    /// When the access token expires, in seconds since 1970.
    fn expires_at(&self) -> Option<f64>;
    /// The granted scopes.
    fn granted(&self) -> ScopeSet;
    /// The identifiers of the session's patient; none if they cannot be read.
    fn identifiers(&self) -> LocalFuture<Vec<Identifier>>;
    /// Signs out.
    fn sign_out(&self) -> LocalFuture<()>;
}
