//! The app in its trust communities.

use std::fmt;
use std::rc::Rc;

use super::config::{CommunityConfig, RevocationCheck, UdapConfig};
use crate::client::server::transport::random_string;
use crate::error::{Error, Failure};
use crate::platform::{Certificate, Certificates, Platform};
use crate::protocol::client_assertion::PrivateKeyJwt;
use crate::protocol::finding::Finding;
use crate::protocol::jwk::Algorithm;
use crate::protocol::secret::ClientAssertion;
use crate::protocol::udap::identity::UdapIdentity;
use crate::protocol::udap::signed_metadata::Community;

/// An app in trust communities: its certificate and key, and whom it trusts (UDAP Security 2.0). It runs on a server, because a page cannot keep
/// a private key that others must not use. A clone is a handle to the same app.
///
/// ```no_run
/// use smartrust::Failure;
/// use smartrust::abort::AbortSignal;
/// use smartrust::client::bulk::BackendClient;
/// use smartrust::client::udap::{UdapClient, UdapConfig};
/// use smartrust::platform::{Certificates, Platform};
/// use smartrust::protocol::udap::{b2b::B2bExtension, software_statement::SoftwareStatement};
///
/// async fn first_record<P: Platform + Certificates>(platform: P, config: UdapConfig) -> Result<(), Failure> {
///     let never = AbortSignal::never();
///     let udap = UdapClient::new(platform.clone(), config).await?;
///     // Nothing else is sent to a server whose metadata is not trusted.
///     let server = udap.discover("https://ehr.example/fhir", Some("https://community.example"), &never).await?;
///     let statement = SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs");
///     let registration = server.register(&statement, &never).await?;
///     let purpose = B2bExtension::new("https://acme.example/org", "urn:oid:2.16.840.1.113883.5.8#TREAT");
///     let service = BackendClient::new(platform, registration.backend("system/Patient.rs", Some(purpose)).await?)?;
///     service.read("Patient/1", &never).await?;
///     Ok(())
/// }
/// ```
pub struct UdapClient<P: Platform + Certificates> {
    pub(super) inner: Rc<Inner<P>>,
}

impl<P: Platform + Certificates> Clone for UdapClient<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

pub(super) struct Inner<P> {
    pub platform: P,
    pub identity: UdapIdentity,
    pub communities: Vec<Rc<Community>>,
    pub revocation: Option<RevocationCheck>,
    pub require_revocation_check: bool,
}

impl<P: Platform + Certificates> UdapClient<P> {
    /// Reads a configuration, and checks the certificate and its key.
    ///
    /// # Errors
    /// [`Error::Configuration`] as [`UdapIdentity::new`], for a key that is not the certificate's, and for communities that are
    /// missing or named twice; [`UdapError::CertificatesUnavailable`](crate::error::UdapError::CertificatesUnavailable) in a browser.
    pub async fn new(platform: P, config: UdapConfig) -> Result<Self, Failure> {
        let UdapConfig { certificate, key, uri, communities, revocation, require_revocation_check } = config;
        let identity = UdapIdentity::new(&platform, &certificate, key, uri.as_deref(), platform.now())?;
        let communities = read_communities(&platform, communities)?;
        if require_revocation_check && revocation.is_none() {
            return Err(Error::configuration("revocation", "it is missing, and a revocation check is required"));
        }
        check_key(&platform, &identity).await?;
        Ok(Self { inner: Rc::new(Inner { platform, identity, communities, revocation, require_revocation_check }) })
    }

    /// The app's URI in its communities.
    pub fn uri(&self) -> &str {
        self.inner.identity.uri()
    }

    /// The app's certificate.
    pub fn certificate(&self) -> &Certificate {
        self.inner.identity.certificate()
    }

    /// What is odd about the app's certificate now: that it is valid for 30 days or less.
    pub fn findings(&self) -> Vec<Finding> {
        self.inner.identity.findings(self.inner.platform.now())
    }

    /// A configured community.
    pub(super) fn community(&self, wanted: Option<&str>) -> Result<Rc<Community>, Failure> {
        let communities = &self.inner.communities;
        let found = match (wanted, communities.as_slice()) {
            (Some(wanted), communities) => communities.iter().find(|known| known.uri.as_deref() == Some(wanted)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = communities.iter().filter_map(|known| known.uri.as_deref()).collect();
            Error::configuration("community", &["it is not one of these: ", &known.join(", ")].concat())
        })
    }

    /// A string that is used once.
    pub(super) fn jti(&self) -> Result<String, Failure> {
        random_string::<16>(&self.inner.platform)
    }

    /// Signs claims with the app's key, by an algorithm that the server supports.
    pub(super) async fn sign(&self, supported: Option<&[String]>, claims: &str) -> Result<ClientAssertion, Failure> {
        let Inner { platform, identity, .. } = &*self.inner;
        let algorithm = identity.algorithm(supported.unwrap_or_default())?;
        let input = identity.signing_input(algorithm, claims, platform.now())?;
        let signature = sign(identity, algorithm, &input).await?;
        Ok(PrivateKeyJwt::assertion(&input, &signature))
    }
}

fn read_communities<P: Certificates>(
    platform: &P,
    communities: Vec<CommunityConfig>,
) -> Result<Vec<Rc<Community>>, Failure> {
    let mut read: Vec<Rc<Community>> = Vec::new();
    for CommunityConfig { uri, anchors, algorithms } in communities {
        if read.iter().any(|known| known.uri == uri) {
            return Err(Error::configuration("communities", "two of them have the same URI, or none"));
        }
        let certificate = |der: &Vec<u8>| platform.read_certificate(der).map_err(|failure| failure.of("anchors"));
        let anchors = anchors.iter().map(certificate).collect::<Result<Vec<_>, _>>()?;
        if anchors.is_empty() {
            return Err(Error::configuration("anchors", "there is none, so no server could be trusted"));
        }
        read.push(Rc::new(Community { uri, anchors, algorithms }));
    }
    if read.is_empty() {
        return Err(Error::configuration("communities", "there is none, so no server could be trusted"));
    }
    Ok(read)
}

/// Checks that the private key is the certificate's, by a signature that is sent to nobody.
async fn check_key<P: Platform>(platform: &P, identity: &UdapIdentity) -> Result<(), Failure> {
    let wrong = || Error::configuration("key", "it is not the key of the certificate");
    let public = identity.certificate().public_key.as_ref().ok_or_else(wrong)?;
    let (algorithm, probe) = (identity.algorithm(&[])?, random_string::<16>(platform)?);
    let signature = sign(identity, algorithm, &probe).await?;
    let verified = platform.verify(public, algorithm, &signature, probe.as_bytes()).await;
    if verified == Ok(true) { Ok(()) } else { Err(wrong()) }
}

async fn sign(identity: &UdapIdentity, algorithm: Algorithm, data: &str) -> Result<Vec<u8>, Failure> {
    let problem = "the host cannot sign with its key".into();
    identity.key().sign(algorithm, data).await.map_err(|_| Error::ClientAuthentication { problem }.into())
}

impl<P: Platform + Certificates> fmt::Debug for UdapClient<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UdapClient").field("uri", &self.uri()).finish_non_exhaustive()
    }
}
