//! A server as the app knows it: its configuration, its documents and keys, how the client authenticates and registers there, and what
//! is odd about it. May import `store/` and `tasks/`. The configuration holds no caches: `discovery` and `keys` keep what they found,
//! and a `Connection` holds them beside the configured server.

mod authentication;
mod config;
pub(crate) mod config_json;
pub(crate) mod config_names;
pub(crate) mod configured;
pub(crate) mod connection;
pub(crate) mod diagnosis;
pub(crate) mod discovery;
mod documents;
mod keys;
mod named_endpoints;
mod registration;
pub(crate) mod transport;

pub use config::{NamedEndpoints, ServerRecord, SmartAppConfig};
pub use diagnosis::diagnose;
pub use discovery::smart_configuration;
pub use registration::RegistrationEndpoint;
