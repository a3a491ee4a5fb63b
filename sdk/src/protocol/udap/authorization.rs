//! What an authorization request has in addition if users sign in elsewhere (UDAP Security 2.0, tiered OAuth).

use super::metadata::UdapMetadata;
use crate::error::{Error, Failure, UdapError};
use crate::protocol::url::Url;

/// The scope and the extra parameters of an authorization request by which users sign in at an identity provider of their own. Pass the parameters
/// to a launch. The server signs the user in there; the app only deals with the server.
///
/// ```
/// use smartrust::protocol::udap::{authorization::tiered_oauth, metadata::UdapMetadata};
///
/// let document = serde_json::json!({
///     "udap_versions_supported": ["1"], "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_to"],
/// });
/// let server = UdapMetadata::read(&document, None);
/// let request = tiered_oauth("ehr.example", &server, "https://idp.example", "user/*.rs")?;
/// assert_eq!(request.scope, "user/*.rs udap");
/// assert_eq!(request.parameters, [("idp".to_owned(), "https://idp.example".to_owned())]);
/// # Ok::<(), smartrust::Failure>(())
/// ```
///
/// # Errors
/// [`UdapError::Unsupported`] if the server does not support it, [`Error::Configuration`] if `idp` is not an https URL.
pub fn tiered_oauth(host: &str, server: &UdapMetadata, idp: &str, scope: &str) -> Result<TieredRequest, Failure> {
    if !server.supports_tiered_oauth() {
        let problem = "it does not let users sign in at another identity provider (udap_to)";
        return Err(UdapError::Unsupported { host: host.into(), problem: problem.into() }.into());
    }
    if Url::parse(idp).is_ok_and(|url| url.is_confidential()) {
        let has_scope = scope.split_whitespace().any(|scope| scope == "udap");
        let scope = if has_scope { scope.to_owned() } else { [scope, " udap"].concat() };
        return Ok(TieredRequest { scope, parameters: vec![("idp".to_owned(), idp.to_owned())] });
    }
    Err(Error::configuration("idp", "it is not the https URL of an identity provider"))
}

/// What an authorization request has if users sign in elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TieredRequest {
    /// The scope, with `udap`.
    pub scope: String,
    /// The extra parameters: names and values.
    pub parameters: Vec<(String, String)>,
}
