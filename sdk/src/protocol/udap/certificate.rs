//! X.509 certificates, as a host reads them.

use crate::error::{Error, Failure, UdapError};
use crate::protocol::encoding::base64_decode;
use crate::protocol::jwk::PublicKey;

/// What the client needs to know of an X.509 certificate (RFC 5280).
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// Its subject, for messages.
    pub subject: String,
    /// The time from which it is valid, in seconds since 1970.
    pub not_before: f64,
    /// The time until which it is valid, in seconds since 1970.
    pub not_after: f64,
    /// The URIs of its Subject Alternative Name, unchanged.
    pub uris: Vec<String>,
    /// Whether it may issue certificates (`cA` of its basic constraints).
    pub is_ca: bool,
    /// How many intermediate certificates may follow it in a chain (`pathLenConstraint`); `None` for any number.
    pub path_length: Option<u32>,
    /// The object identifiers of its critical extensions.
    pub critical_extensions: Vec<String>,
    /// Its public key; `None` if it is neither an RSA key nor an elliptic-curve key.
    pub public_key: Option<PublicKey>,
}

/// Reads certificates. The host parses X.509 and verifies the signatures of certificates: `crypto.X509Certificate` in Node, Deno and Bun.
///
/// ```
/// use smartrust::Failure;
/// use smartrust::protocol::udap::certificate::{Certificates, read_pem};
///
/// /// The URIs that a certificate in PEM was issued for.
/// fn uris(host: &impl Certificates, pem: &str) -> Result<Vec<String>, Failure> {
///     let mut uris = Vec::new();
///     for der in read_pem("certificate", pem)? {
///         let certificate = host.read_certificate(&der).map_err(|failure| failure.of("certificate"))?;
///         uris.extend(certificate.uris);
///     }
///     Ok(uris)
/// }
/// ```
pub trait Certificates {
    /// Parses a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateFailure`] if the host cannot read certificates, or if these bytes are none.
    fn read_certificate(&self, der: &[u8]) -> Result<Certificate, CertificateFailure>;
    /// Whether `issuer` issued `certificate`: its name, its key usage if it has one, and the signature.
    ///
    /// # Errors
    /// [`CertificateFailure::Unavailable`] if the host cannot verify certificates.
    fn is_issued_by(&self, certificate: &Certificate, issuer: &Certificate) -> Result<bool, CertificateFailure>;
}

/// Why a host did not read a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFailure {
    /// The host cannot read certificates, as no browser can.
    #[error("this host cannot read certificates")]
    Unavailable,
    /// It is not an X.509 certificate.
    #[error("it is not an X.509 certificate")]
    Invalid,
}

impl CertificateFailure {
    /// The error of a configured certificate. `member` is its name in the configuration.
    ///
    /// For an example, see [`Certificates`].
    pub fn of(self, member: &str) -> Failure {
        match self {
            Self::Unavailable => UdapError::CertificatesUnavailable.into(),
            Self::Invalid => Error::configuration(member, "one of its certificates cannot be read"),
        }
    }
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a string in PEM (RFC 7468), each in DER. What is written around them is ignored. `member` is the name in the
/// configuration, for the error.
///
/// ```
/// use smartrust::protocol::udap::certificate::read_pem;
///
/// let pem = "Our CA\n-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
/// assert_eq!(read_pem("anchors", pem), Ok(vec![vec![0, 1, 2]]));
/// assert_eq!(read_pem("anchors", "").unwrap_err().code(), "invalid_configuration");
/// ```
///
/// # Errors
/// [`Error::Configuration`] if there is none, or if one is not base64.
pub fn read_pem(member: &str, pem: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let wrong = |problem| Error::configuration(member, problem);
    let mut certificates = Vec::new();
    for block in pem.split(BEGIN).skip(1) {
        let (lines, _) = block.split_once(END).ok_or_else(|| wrong("one of its certificates has no end line"))?;
        let text: String = lines.split_ascii_whitespace().collect();
        certificates.push(base64_decode(&text).ok_or_else(|| wrong("one of its certificates is not base64"))?);
    }
    if certificates.is_empty() {
        return Err(wrong(
            "it has no certificate in PEM; use the whole text, with its lines BEGIN CERTIFICATE and END",
        ));
    }
    Ok(certificates)
}
