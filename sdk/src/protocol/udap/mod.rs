//! UDAP: how a server-side app registers with a trust community's certificate, and gets its tokens (HL7 FAST "UDAP Security",
//! 2.0.0, which TEFCA uses).
//!
//! A server proves who it is by signed metadata ([`signed_metadata`]), which is checked before anything else is sent. The app proves who
//! it is by its own certificate: it signs a [`software_statement`] to register, and an assertion ([`assertion`]) for each token. X.509 is read
//! by the host ([`certificate::Certificates`]). May import what all of `protocol/` may import.

pub mod assertion;
pub mod authorization;
pub mod b2b;
pub mod certificate;
pub(crate) mod chain;
#[cfg(any(test, feature = "web"))]
pub(crate) mod extensions;
pub mod identity;
pub mod metadata;
pub mod registration;
pub mod signed_metadata;
pub mod software_statement;

// Certificates are made and read by crates that need a host.
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;

use super::encoding::{base64, base64url};
use super::jwk::Algorithm;
use crate::json::{ObjectWriter, array, quoted};

/// The longest lifetime of a signed statement or assertion, in seconds (UDAP Security 2.0, sections 3.1 and 5.2.1).
const LIFETIME: f64 = 300.0;

/// What is signed of a JWT whose header has the signer's certificates, the leaf first (UDAP Security 2.0, JWT headers).
pub(crate) fn signing_input(algorithm: Algorithm, chain: &[Vec<u8>], claims: &str) -> String {
    // Base64 and not base64url (RFC 7515 section 4.1.6).
    let x5c = array(chain.iter().map(|der| quoted(&base64(der))));
    let header = ObjectWriter::new().text("alg", algorithm.name()).raw("x5c", &x5c).finish();
    format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()))
}
