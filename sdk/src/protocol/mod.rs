//! SMART App Launch, SMART Web Messaging, OAuth 2.0, OpenID Connect, JOSE, FHIRcast and UDAP as pure functions.
//!
//! Each exchange is a pair: one function builds the request, its twin reads the response. Nothing here performs I/O,
//! reads a clock or draws randomness: time and random bytes are arguments. It may import [`crate::error`], [`crate::fhir`] and
//! [`crate::json`].

pub mod authorize;
pub mod backend;
pub mod callback;
pub mod client_assertion;
pub mod client_auth;
pub mod client_metadata;
pub mod context;
pub mod diagnosis;
pub mod discovery;
pub mod encoding;
pub mod fhircast;
pub mod finding;
pub mod guard;
pub mod http;
pub mod id_token;
pub mod introspection;
pub mod jwk;
pub mod jwt;
pub mod jwt_bearer;
pub mod launch;
pub mod login_trust;
pub mod messaging;
pub mod openid;
pub mod pem;
pub mod pkce;
pub(crate) mod plain_text;
pub mod redaction;
pub mod registration;
pub mod revocation;
pub(crate) mod safe_url;
pub mod scope;
pub mod secret;
pub mod smart_style;
pub mod token;
#[cfg(feature = "udap")]
pub mod udap;
pub mod url;
pub mod user_info;
