//! A trust community of the sandbox's own (HL7 FAST, UDAP Security 2.0): its certification authority, the server's signed metadata, the
//! registration of apps by their certificates, and their assertions. Only [`Dialect::Tefca`](crate::Dialect::Tefca) has it.

mod authority;
mod chain;
pub mod metadata;
pub mod registration;
pub mod routes;

use serde_json::Value;

pub use authority::Community;

/// The URI of the community.
pub const URI: &str = "https://community.example/tefca";

/// The signing algorithms of statements and assertions that the server accepts.
pub const ALGORITHMS: [&str; 4] = ["RS256", "RS384", "ES256", "ES384"];

/// Whether an assertion says for which organization and purpose data is requested (UDAP Security 2.0, 5.2.1.1).
pub fn has_purpose(extensions: Option<&Value>) -> bool {
    let Some(purpose) = extensions.and_then(|extensions| extensions.get("hl7-b2b")) else { return false };
    let is_uri = |text: &str| text.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    purpose["version"] == "1"
        && purpose["organization_id"].as_str().is_some_and(is_uri)
        && purpose["purpose_of_use"].as_array().is_some_and(|purposes| !purposes.is_empty())
}
