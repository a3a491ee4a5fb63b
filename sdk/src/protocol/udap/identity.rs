//! The app's own certificate and key.

use super::certificate::{Certificate, Certificates};
use super::chain::check_certificate;
use super::signing_input;
use crate::error::{Error, Failure};
use crate::protocol::client_assertion::ClientKey;
use crate::protocol::finding::Finding;
use crate::protocol::jwk::Algorithm;

/// How long before its end a certificate is reported, in seconds: 30 days.
const SOON: f64 = 30.0 * 86_400.0;

/// Who the app is in a trust community: a certificate whose Subject Alternative Name has the app's URI, and its private key.
///
/// ```
/// use smartrust::Failure;
/// use smartrust::protocol::client_assertion::ClientKey;
/// use smartrust::protocol::udap::certificate::{Certificates, read_pem};
/// use smartrust::protocol::udap::identity::UdapIdentity;
///
/// /// The app's URI, and what is odd about its certificate.
/// fn who_am_i(host: &impl Certificates, pem: &str, key: ClientKey, now: f64) -> Result<String, Failure> {
///     let identity = UdapIdentity::new(host, &read_pem("certificate", pem)?, key, None, now)?;
///     for finding in identity.findings(now) {
///         println!("{}", finding.message);
///     }
///     Ok(identity.uri().to_owned())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct UdapIdentity {
    uri: String,
    leaf: Certificate,
    /// The leaf and the certificates that were configured with it, in DER.
    chain: Vec<Vec<u8>>,
    /// Those certificates, without the leaf.
    issuers: Vec<Certificate>,
    key: ClientKey,
}

impl UdapIdentity {
    /// Reads the app's certificates, the leaf first. `uri` selects one of the URIs of the leaf, if it has several. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a certificate that cannot be read, is out of date, has a short key or no URI, for a `uri` that it does
    /// not have, and for a key of another kind; [`UdapError::CertificatesUnavailable`](crate::error::UdapError) where certificates cannot
    /// be read.
    pub fn new<H: Certificates>(
        host: &H,
        chain: &[Vec<u8>],
        key: ClientKey,
        uri: Option<&str>,
        now: f64,
    ) -> Result<Self, Failure> {
        let read = |der: &Vec<u8>| host.read_certificate(der).map_err(|failure| failure.of("certificate"));
        let mut certificates = chain.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter();
        let leaf = certificates.next().ok_or_else(|| wrong("there is none"))?;
        check(&leaf, now)?;
        let fits = |algorithm: &Algorithm| leaf.public_key.as_ref().is_some_and(|public| public.fits(*algorithm));
        if !key.algorithms().iter().any(fits) {
            return Err(Error::configuration("key", "it is of another kind than the certificate's key"));
        }
        let uri = selected_uri(&leaf, uri)?;
        Ok(Self { uri, leaf, chain: chain.to_vec(), issuers: certificates.collect(), key })
    }

    /// The app's URI, which identifies it in the community.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The app's own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.leaf
    }

    /// The certificates that were configured with it.
    pub fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    /// The private key.
    pub fn key(&self) -> &ClientKey {
        &self.key
    }

    /// What is odd about the certificate at a time: that it is valid for 30 days or less.
    pub fn findings(&self, now: f64) -> Vec<Finding> {
        let rest = self.leaf.not_after - now;
        let ends_soon = rest <= SOON;
        let days = (rest / 86_400.0).max(0.0) as u32;
        let message =
            || format!("The app's certificate is only valid for {days} more days: renew it, with the same URI.");
        let finding = || Finding::new("certificate_expires_soon", message(), "UDAP Security 2.0, JWT validation");
        ends_soon.then(finding).into_iter().collect()
    }

    /// The algorithm to sign by: RS256 if the server supports it, else the first of the server's that the key supports.
    ///
    /// # Errors
    /// [`Error::ClientAuthentication`] if there is none.
    pub fn algorithm(&self, supported: &[String]) -> Result<Algorithm, Failure> {
        let public = self.leaf.public_key.as_ref();
        let can_sign = |algorithm: &Algorithm| {
            self.key.algorithms().contains(algorithm) && public.is_some_and(|public| public.fits(*algorithm))
        };
        let is_supported =
            |algorithm: &Algorithm| supported.is_empty() || supported.iter().any(|name| name == algorithm.name());
        let of_server = supported.iter().filter_map(|name| Algorithm::from_name(name));
        let candidates = [Algorithm::RS256].into_iter().filter(is_supported).chain(of_server);
        let own = self.key.algorithms().iter().copied().filter(|_| supported.is_empty());
        let problem = "its key supports none of the server's signing algorithms";
        candidates
            .chain(own)
            .find(can_sign)
            .ok_or_else(|| Error::ClientAuthentication { problem: problem.into() }.into())
    }

    /// What is signed of a JWT with these claims.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the certificate has expired meanwhile.
    pub fn signing_input(&self, algorithm: Algorithm, claims: &str, now: f64) -> Result<String, Failure> {
        check(&self.leaf, now)?;
        Ok(signing_input(algorithm, &self.chain, claims))
    }
}

fn check(leaf: &Certificate, now: f64) -> Result<(), Failure> {
    check_certificate(leaf, now).map_err(|refusal| wrong(&refusal.problem))
}

fn selected_uri(leaf: &Certificate, wanted: Option<&str>) -> Result<String, Failure> {
    match (wanted, leaf.uris.as_slice()) {
        (_, []) => Err(wrong("it has no URI in its Subject Alternative Name, and that URI is the app's identity")),
        (Some(wanted), uris) if uris.iter().any(|uri| uri == wanted) => Ok(wanted.to_owned()),
        (Some(_), uris) => Err(Error::configuration("uri", &format!("the certificate has only {}", uris.join(", ")))),
        (None, [only]) => Ok(only.clone()),
        (None, uris) => {
            Err(Error::configuration("uri", &format!("select one of the certificate's: {}", uris.join(", "))))
        }
    }
}

fn wrong(problem: &str) -> Failure {
    Error::configuration("certificate", problem)
}
