//! The configuration of an app in trust communities.

use std::fmt;
use std::rc::Rc;

use derive_setters::Setters;
use futures_util::future::LocalBoxFuture;

use crate::error::Failure;
use crate::protocol::client_assertion::ClientKey;
use crate::protocol::jwk::Algorithm;
use crate::protocol::udap::certificate::read_pem;

/// The configuration of an app in trust communities.
///
/// ```
/// use smartrust::Failure;
/// use smartrust::client::udap::{CommunityConfig, UdapConfig};
/// use smartrust::protocol::client_assertion::ClientKey;
///
/// fn config(certificate: &str, key: ClientKey, anchors: &str) -> Result<UdapConfig, Failure> {
///     let community = CommunityConfig::new("https://community.example", anchors)?;
///     Ok(UdapConfig::new(certificate, key, [community])?.require_revocation_check(true))
/// }
/// ```
#[derive(Clone, Debug, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct UdapConfig {
    /// The app's certificate and those of its issuers, in DER, the app's own first.
    pub certificate: Vec<Vec<u8>>,
    /// The certificate's private key.
    pub key: ClientKey,
    /// The app's URI, if the certificate has several.
    pub uri: Option<String>,
    /// The communities whose servers are trusted.
    pub communities: Vec<CommunityConfig>,
    /// Checks whether a server's certificate was revoked. Without it, a finding says that this was not checked.
    pub revocation: Option<RevocationCheck>,
    /// Whether a server is trusted only if none of its certificates is known to be revoked, or unknown.
    pub require_revocation_check: bool,
}

impl UdapConfig {
    /// A configuration with a certificate in PEM, the app's own first, and its private key.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) if the certificate is not PEM.
    pub fn new(
        certificate: &str,
        key: ClientKey,
        communities: impl IntoIterator<Item = CommunityConfig>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            certificate: read_pem("certificate", certificate)?,
            key,
            uri: None,
            communities: communities.into_iter().collect(),
            revocation: None,
            require_revocation_check: false,
        })
    }
}

/// A trust community.
#[derive(Clone, Debug, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct CommunityConfig {
    /// The community's URI. Servers of several communities select their certificate by it. `None` to leave the choice to the server.
    pub uri: Option<String>,
    /// The certificates of its certification authorities, in DER.
    pub anchors: Vec<Vec<u8>>,
    /// The algorithms of signed metadata that are accepted. The standard only allows RS256.
    pub algorithms: Vec<Algorithm>,
}

impl CommunityConfig {
    /// A community with its URI and the certificates of its authorities in PEM.
    ///
    /// For an example, see [`UdapConfig`].
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) if the certificates are not PEM.
    pub fn new(uri: impl Into<String>, anchors: &str) -> Result<Self, Failure> {
        Ok(Self { uri: Some(uri.into()), ..Self::unnamed(anchors)? })
    }

    /// A community without a URI.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn unnamed(anchors: &str) -> Result<Self, Failure> {
        Ok(Self { uri: None, anchors: read_pem("anchors", anchors)?, algorithms: vec![Algorithm::RS256] })
    }
}

/// A certificate whose revocation is to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationRequest {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The certificate of its issuer in DER, which signs its revocation lists.
    pub issuer: Vec<u8>,
    /// The certificate's subject, for messages.
    pub subject: String,
}

/// Whether a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationStatus {
    /// It was not.
    Good,
    /// It was. The server is not trusted.
    Revoked,
    /// It is not known, for example because no list could be fetched.
    Unknown,
}

type Check = dyn Fn(RevocationRequest) -> LocalBoxFuture<'static, RevocationStatus>;

/// A callback that checks whether a certificate was revoked, by a revocation list (CRL) or by OCSP.
#[derive(Clone)]
pub struct RevocationCheck(Rc<Check>);

impl RevocationCheck {
    /// Wraps a function that is called for each certificate of a server's chain except the anchor.
    ///
    /// ```
    /// use smartrust::client::udap::{RevocationCheck, RevocationStatus};
    ///
    /// let check = RevocationCheck::new(|request| {
    ///     println!("{} was not checked", request.subject);
    ///     Box::pin(async { RevocationStatus::Unknown })
    /// });
    /// ```
    pub fn new(check: impl Fn(RevocationRequest) -> LocalBoxFuture<'static, RevocationStatus> + 'static) -> Self {
        Self(Rc::new(check))
    }

    pub(super) fn call(&self, request: RevocationRequest) -> LocalBoxFuture<'static, RevocationStatus> {
        (self.0)(request)
    }
}

impl fmt::Debug for RevocationCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RevocationCheck")
    }
}
