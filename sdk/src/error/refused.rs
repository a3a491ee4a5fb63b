//! Failed introspections and revocations, which are read like token responses.

use super::{Error, Failure, RefusedRequest};

/// The suggestion if a server does not allow a token to introspect itself.
const ASK_AS_CLIENT: &str =
    "The server may require client authentication: introspect with asClient (IntrospectAs::Client).";

impl Failure {
    /// The failure of an introspection. `is_as_client` is set if the client authenticated.
    pub(crate) fn of_introspection(self, is_as_client: bool) -> Self {
        let hint = |status| (!is_as_client && [400, 401, 403].contains(&status)).then_some(ASK_AS_CLIENT);
        self.of_request(Error::Introspection, hint)
    }

    /// The failure of a revocation.
    pub(crate) fn of_revocation(self) -> Self {
        self.of_request(Error::Revocation, |_| None)
    }

    fn of_request(self, kind: fn(Box<RefusedRequest>) -> Error, hint: impl Fn(u16) -> Option<&'static str>) -> Self {
        let (status, problem, oauth) = match &*self {
            Error::Token(error) => (error.status.unwrap_or_default(), error.to_string(), Some((**error).clone())),
            Error::TokenResponse { status, problem } => (*status, problem.to_string(), None),
            _ => return self,
        };
        kind(Box::new(RefusedRequest { status, problem, oauth, hint: hint(status) })).into()
    }
}
