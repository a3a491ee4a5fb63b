//! Random numbers and signatures by Web Crypto.

use js_sys::futures::JsFuture;
use js_sys::{Array, JSON, Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

use super::WebPlatform;
use super::global::{global, member, object};
use crate::platform::{Entropy, EntropyFailure, SignatureFailure, Signer};
use crate::protocol::jwk::{Algorithm, PublicKey};

impl Entropy for WebPlatform {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyFailure> {
        let crypto: Crypto = global("crypto").ok_or(EntropyFailure)?;
        crypto.get_random_values_with_u8_array(buffer).map(|_| ()).map_err(|_| EntropyFailure)
    }
}

impl Signer for WebPlatform {
    /// One `CryptoKey` for each hash, because Web Crypto binds an RSA key to a hash.
    type PrivateKey = Vec<CryptoKey>;

    fn algorithms(&self, key: &Vec<CryptoKey>) -> Vec<Algorithm> {
        key.iter().filter_map(algorithm_of).collect()
    }

    async fn sign(&self, key: &Vec<CryptoKey>, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, SignatureFailure> {
        let form = key.iter().find(|form| algorithm_of(form) == Some(algorithm)).ok_or(SignatureFailure)?;
        let signing = subtle()?.sign_with_object_and_u8_array(&parameters(algorithm), form, data);
        let signature = settle(signing).await?;
        Ok(Uint8Array::new(&signature).to_vec())
    }

    async fn verify(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        signature: &[u8],
        data: &[u8],
    ) -> Result<bool, SignatureFailure> {
        let subtle = subtle()?;
        let jwk: Object = JSON::parse(&key.bare_jwk()).map_err(|_| SignatureFailure)?.unchecked_into();
        let parameters = parameters(algorithm);
        let uses = Array::of1(&JsValue::from_str("verify"));
        let key = settle(subtle.import_key_with_object("jwk", &jwk, &parameters, false, &uses)).await?;
        let verifying =
            subtle.verify_with_object_and_u8_array_and_u8_array(&parameters, key.unchecked_ref(), signature, data);
        Ok(settle(verifying).await?.is_truthy())
    }
}

/// `SubtleCrypto`, which only secure contexts have.
pub(super) fn subtle() -> Result<SubtleCrypto, SignatureFailure> {
    let crypto: JsValue = global("crypto").ok_or(SignatureFailure)?;
    member(&crypto, "subtle").ok_or(SignatureFailure)
}

pub(super) async fn settle(promise: Result<Promise, JsValue>) -> Result<JsValue, SignatureFailure> {
    JsFuture::from(promise.map_err(|_| SignatureFailure)?).await.map_err(|_| SignatureFailure)
}

/// The algorithm of a private key; `None` if it cannot sign, or has an algorithm that is not in [`Algorithm`].
fn algorithm_of(key: &CryptoKey) -> Option<Algorithm> {
    let algorithm: JsValue = member(key, "algorithm")?;
    let string = |name: &str| member::<JsValue>(&algorithm, name)?.as_string();
    let hash = || member::<JsValue>(&member(&algorithm, "hash")?, "name")?.as_string();
    let signs = key.type_() == "private" && key.usages().includes(&JsValue::from_str("sign"), 0);
    match (string("name")?.as_str(), signs) {
        ("RSASSA-PKCS1-v1_5", true) => match hash()?.as_str() {
            "SHA-256" => Some(Algorithm::RS256),
            "SHA-384" => Some(Algorithm::RS384),
            "SHA-512" => Some(Algorithm::RS512),
            _ => None,
        },
        ("RSA-PSS", true) => match hash()?.as_str() {
            "SHA-256" => Some(Algorithm::PS256),
            "SHA-384" => Some(Algorithm::PS384),
            "SHA-512" => Some(Algorithm::PS512),
            _ => None,
        },
        ("ECDSA", true) => match string("namedCurve")?.as_str() {
            "P-256" => Some(Algorithm::ES256),
            "P-384" => Some(Algorithm::ES384),
            "P-521" => Some(Algorithm::ES512),
            _ => None,
        },
        _ => None,
    }
}

/// The algorithm's parameters in Web Crypto, for import, signing and verification.
pub(super) fn parameters(algorithm: Algorithm) -> Object {
    let name = match (algorithm.curve(), algorithm) {
        (Some(_), _) => "ECDSA",
        (None, Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512) => "RSA-PSS",
        (None, _) => "RSASSA-PKCS1-v1_5",
    };
    object(&[
        ("name", name.into()),
        ("hash", algorithm.hash_name().into()),
        ("namedCurve", algorithm.curve().map_or(JsValue::UNDEFINED, JsValue::from)),
        // As long as the hash, in bytes (RFC 7518 section 3.5).
        ("saltLength", (algorithm.hash_bits() / 8).into()),
    ])
}
