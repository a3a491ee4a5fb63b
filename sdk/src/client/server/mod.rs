//! A server: its configuration, its documents and keys, client authentication, registration, and diagnosis. May import `store/` and
//! `tasks/`. The configuration holds no caches: `discovery` and `keys` have their own, and a `Connection` holds them together with the
//! configured server.

mod authentication;
mod config;
pub(crate) mod config_json;
pub(crate) mod config_names;
pub(crate) mod configured;
pub(crate) mod connection;
pub(crate) mod diagnosis;
pub(crate) mod discovery;
pub(crate) mod documents;
mod keys;
mod named_endpoints;
pub(crate) mod own_client;
pub(crate) mod registration;
pub(crate) mod transport;
mod trusted_issuers;

#[cfg(feature = "js-backend")]
pub(crate) use config::read_fhir_base;
pub use config::{NamedEndpoints, Registration, ServerRecord, SmartAppConfig};
pub use diagnosis::diagnose;
pub use discovery::smart_configuration;
pub use registration::RegistrationEndpoint;
