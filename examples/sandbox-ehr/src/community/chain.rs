//! Whose key signed a statement or an assertion.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::Community;

/// The largest number of certificates in a header.
const LONGEST: usize = 4;

/// Who signed, by a certificate of the community.
#[derive(Debug)]
pub struct Signer {
    /// The URIs of the certificate.
    pub uris: Vec<String>,
    /// The certificate's public key as JWK.
    pub key: Value,
}

impl Community {
    /// The signer of a JWT with these certificates (`x5c`), the signer's own first, at a time in seconds.
    pub fn signer(&self, x5c: &[String], now: u64) -> Result<Signer, &'static str> {
        let ders: Option<Vec<Vec<u8>>> = x5c.iter().map(|text| STANDARD.decode(text).ok()).collect();
        let ders = ders.filter(|ders| (1..=LONGEST).contains(&ders.len()));
        let ders = ders.ok_or("The header has no x5c with one to four certificates in base64.")?;
        if !ders.iter().all(|der| X509Certificate::from_der(der).is_ok()) {
            return Err("A certificate of the x5c cannot be read.");
        }
        let (_, leaf) = X509Certificate::from_der(&ders[0]).map_err(|_| "The certificate cannot be read.")?;
        let (_, anchor) = X509Certificate::from_der(self.anchor_der()).map_err(|_| "The authority cannot be read.")?;
        let is_issued = leaf.issuer() == anchor.subject() && leaf.verify_signature(Some(anchor.public_key())).is_ok();
        if !is_issued {
            return Err("The certificate is not of this community's authority.");
        }
        let seconds = now.cast_signed();
        let validity = leaf.validity();
        if !(validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&seconds) {
            return Err("The certificate has expired, or is not valid yet.");
        }
        let names = leaf.subject_alternative_name().ok().flatten();
        let names = names.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
        let uris = names.iter().filter_map(|name| match name {
            GeneralName::URI(uri) => Some((*uri).to_owned()),
            _ => None,
        });
        let key = jwk(&leaf).ok_or("The certificate's key is neither RSA nor on P-256 or P-384.")?;
        Ok(Signer { uris: uris.collect(), key })
    }
}

fn jwk(certificate: &X509Certificate<'_>) -> Option<Value> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Some(match certificate.public_key().parsed().ok()? {
        PublicKey::RSA(key) => {
            let modulus = &key.modulus[key.modulus.iter().take_while(|byte| **byte == 0).count()..];
            json!({ "kty": "RSA", "n": encode(modulus), "e": encode(key.exponent) })
        }
        PublicKey::EC(point) => {
            let curve = match point.key_size() {
                256 => "P-256",
                384 => "P-384",
                _ => return None,
            };
            // An uncompressed point begins with a byte that says so.
            let coordinates = point.data().get(1..)?;
            let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
            json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
        }
        _ => return None,
    })
}
