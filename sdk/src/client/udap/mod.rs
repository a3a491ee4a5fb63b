//! Trust communities (UDAP): the app's certificate, servers whose metadata was verified, registrations there, and their tokens. A server gets
//! nothing but the request for its metadata before that is verified. May import `bulk/`, `server/` and `tasks/`.

mod config;
#[cfg(any(feature = "js-udap", test))]
mod config_json;
mod discovery;
mod identity;
mod kept;
mod registering;
mod registration;
mod server;
mod tokens;

pub use config::{CommunityConfig, RevocationCheck, RevocationRequest, RevocationStatus, UdapConfig};
pub use identity::UdapClient;
pub use registration::UdapRegistration;
pub use server::UdapServer;
