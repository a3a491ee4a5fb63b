//! Keys as PEM strings (RFC 7468): private ones as tools write them, public ones as registrations want them.

use pkcs8::der::pem::{LineEnding, PemLabel, decode_vec, encode_string};
use pkcs8::der::{Decode, Encode};
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef};

use crate::error::{Error, Failure};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVES: [(ObjectIdentifier, &str); 3] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), "P-256"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "P-384"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "P-521"),
];

/// A private key in PKCS#8 (RFC 5958), which the host imports.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKeyDer {
    /// The key's bytes. The caller must take care where they go.
    pub der: Vec<u8>,
    /// The curve of an elliptic-curve key; `None` for RSA.
    pub curve: Option<&'static str>,
}

impl std::fmt::Debug for PrivateKeyDer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PrivateKeyDer").field("curve", &self.curve).finish_non_exhaustive()
    }
}

/// Reads a private key as OpenSSL writes it: PKCS#8 (`PRIVATE KEY`), or PKCS#1 (`RSA PRIVATE KEY`), which is put into PKCS#8.
///
/// # Errors
/// [`Error::Configuration`] for anything else, with the command that converts it if there is one.
///
/// ```
/// use smartrust::protocol::pem::read_private_key;
///
/// let refused = read_private_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----").unwrap_err();
/// assert_eq!(refused.message(), "The configuration's key is wrong: it is a public key; use the private key.");
/// ```
pub fn read_private_key(pem: &str) -> Result<PrivateKeyDer, Failure> {
    let broken = || wrong("it is not PEM; use the whole text, from -----BEGIN to the end of the line with -----END");
    // Whitespace that a form or an editor added around the lines is ignored.
    let text = pem.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let label = text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split("-----").next()).ok_or_else(broken)?;
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" if !text.contains("ENCRYPTED") => {}
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
            return Err(wrong("it is encrypted; decrypt it: openssl pkcs8 -topk8 -nocrypt -in key.pem"));
        }
        "EC PRIVATE KEY" | "EC PARAMETERS" => {
            return Err(wrong("it is in the SEC 1 format; convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem"));
        }
        "PUBLIC KEY" | "RSA PUBLIC KEY" => return Err(wrong("it is a public key; use the private key")),
        "CERTIFICATE" => return Err(wrong("it is a certificate; use the private key")),
        _ => return Err(wrong("it is PEM, but not a private key")),
    }
    let (label, der) = decode_vec(text.as_bytes()).map_err(|_| broken())?;
    if label == PrivateKeyInfo::PEM_LABEL { read_pkcs8(der) } else { read_pkcs1(&der) }
}

fn read_pkcs8(der: Vec<u8>) -> Result<PrivateKeyDer, Failure> {
    let key = PrivateKeyInfo::from_der(&der).map_err(|_| wrong("its content is not a PKCS#8 key"))?;
    let curve = match key.algorithm.oid {
        RSA => None,
        ELLIPTIC_CURVE => {
            let oid = key.algorithm.parameters_oid().ok();
            let curve = CURVES.iter().find(|(known, _)| Some(*known) == oid).map(|(_, name)| *name);
            Some(curve.ok_or_else(|| wrong("its curve is not P-256, P-384 or P-521"))?)
        }
        _ => return Err(wrong("it is neither an RSA nor an elliptic-curve key")),
    };
    Ok(PrivateKeyDer { der, curve })
}

fn read_pkcs1(der: &[u8]) -> Result<PrivateKeyDer, Failure> {
    let algorithm = AlgorithmIdentifierRef { oid: RSA, parameters: Some(pkcs8::der::asn1::AnyRef::NULL) };
    let wrapped = PrivateKeyInfo::new(algorithm, der).to_der().map_err(|_| wrong("its content is not a PKCS#1 key"))?;
    Ok(PrivateKeyDer { der: wrapped, curve: None })
}

/// A public key (SubjectPublicKeyInfo) as PEM; `None` if the bytes are not one.
pub fn public_key_pem(spki: &[u8]) -> Option<String> {
    let spki = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
    encode_string(SubjectPublicKeyInfoRef::PEM_LABEL, LineEnding::LF, &spki.to_der().ok()?).ok()
}

fn wrong(problem: &str) -> Failure {
    Error::configuration("key", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(pem: &str) -> String {
        read_private_key(pem).unwrap_err().message()
    }

    fn pem(label: &str) -> String {
        format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
    }

    #[test]
    fn k4_the_error_of_another_kind_of_key_has_a_remedy() {
        assert!(problem(&pem("ENCRYPTED PRIVATE KEY")).contains("openssl pkcs8 -topk8 -nocrypt"));
        let encrypted =
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----";
        assert!(problem(encrypted).contains("it is encrypted"));
        assert!(problem(&pem("EC PRIVATE KEY")).contains("SEC 1"));
        assert!(problem(&pem("CERTIFICATE")).contains("certificate"));
        assert!(problem(&pem("OPENSSH PRIVATE KEY")).contains("not a private key"));
        for broken in
            ["", "AAAA", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"]
        {
            assert!(problem(broken).contains("it is not PEM"), "{broken}");
        }
        assert!(problem(&pem("PRIVATE KEY")).contains("its content is not a PKCS#8 key"));
    }

    #[test]
    fn s3_a_private_key_is_not_printed() {
        let key = PrivateKeyDer { der: vec![42; 40], curve: Some("P-384") };
        assert_eq!(format!("{key:?}"), "PrivateKeyDer { curve: Some(\"P-384\"), .. }");
    }

    /// Keys that other software makes and writes.
    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn k4_pkcs8_and_pkcs1_are_read_as_the_same_key() {
        use p384::pkcs8::EncodePrivateKey as _;
        use rsa::pkcs1::EncodeRsaPrivateKey as _;
        use rsa::pkcs8::EncodePublicKey as _;

        let mut random = rsa::rand_core::OsRng;
        let rsa = rsa::RsaPrivateKey::new(&mut random, 1024).unwrap();
        let expected = PrivateKeyDer { der: rsa.to_pkcs8_der().unwrap().as_bytes().to_vec(), curve: None };
        assert_eq!(read_private_key(&rsa.to_pkcs8_pem(LineEnding::CRLF).unwrap()), Ok(expected.clone()));
        assert_eq!(read_private_key(&rsa.to_pkcs1_pem(LineEnding::LF).unwrap()), Ok(expected));

        let curve = p384::SecretKey::random(&mut random);
        assert_eq!(read_private_key(&curve.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap().curve, Some("P-384"));

        let public = rsa.to_public_key();
        let spki = public.to_public_key_der().unwrap();
        assert_eq!(public_key_pem(spki.as_bytes()), Some(public.to_public_key_pem(LineEnding::LF).unwrap()));
        assert_eq!(public_key_pem(b"no key"), None);
    }
}
