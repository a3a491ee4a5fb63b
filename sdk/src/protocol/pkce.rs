//! Proof Key for Code Exchange (RFC 7636), with the method S256 only.

use sha2::{Digest, Sha256};

use super::encoding::base64url;
use super::secret::CodeVerifier;

/// The number of random bytes in a verifier, which are 43 characters in base64url (RFC 7636 section 4.1).
pub const VERIFIER_BYTES: usize = 32;

/// A verifier from random bytes.
pub fn code_verifier(random: &[u8; VERIFIER_BYTES]) -> CodeVerifier {
    CodeVerifier::new(base64url(random))
}

/// The S256 challenge of a verifier (RFC 7636 section 4.2).
///
/// ```
/// use smartrust::protocol::{pkce, secret::CodeVerifier};
///
/// let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
/// assert_eq!(pkce::code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// ```
#[must_use]
pub fn code_challenge(verifier: &CodeVerifier) -> String {
    base64url(&Sha256::digest(verifier.expose()))
}

/// When a challenge is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pkce {
    /// Always; a server that does not know it ignores it.
    #[default]
    Send,
    /// Always, and only to a server that advertises S256.
    Required,
    /// Never: for a server that refuses the parameter.
    Disabled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_the_challenge_of_rfc_7636_appendix_b() {
        let octets = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = code_verifier(&octets);
        assert_eq!(verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
