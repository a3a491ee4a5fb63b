//! The configuration of a backend service.

use derive_setters::Setters;

use crate::protocol::client_auth::ClientAuthentication;

/// The configuration of a backend service.
#[derive(Clone, Debug, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct BackendConfig {
    /// The FHIR base.
    pub fhir_base: String,
    /// The base of `.well-known`, if it is not the FHIR base.
    pub discovery_base: Option<String>,
    /// The token endpoint, for servers whose documents are missing or wrong. With it, no document is requested.
    pub token_endpoint: Option<String>,
    /// The client id.
    pub client_id: String,
    /// How the client authenticates. The standard requires a key.
    pub authentication: ClientAuthentication,
    /// The scopes, separated by spaces, such as `system/*.rs`.
    pub scope: String,
    /// Further origins from which export files may be fetched with the access token.
    pub file_origins: Vec<String>,
    /// Allows http to other machines.
    pub allow_insecure_http: bool,
}

impl BackendConfig {
    /// A configuration with the default options. Set others as the server requires, such as
    /// `.file_origins(["https://storage.example".to_owned()])`.
    ///
    /// For an example, see [`BackendClient::new`](super::BackendClient::new).
    pub fn new(
        fhir_base: impl Into<String>,
        client_id: impl Into<String>,
        authentication: ClientAuthentication,
        scope: impl Into<String>,
    ) -> Self {
        Self {
            fhir_base: fhir_base.into(),
            discovery_base: None,
            token_endpoint: None,
            client_id: client_id.into(),
            authentication,
            scope: scope.into(),
            file_origins: Vec::new(),
            allow_insecure_http: false,
        }
    }
}
