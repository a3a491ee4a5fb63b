//! Keys of a client, and the assertions that it makes with them.

#![allow(dead_code, reason = "each test file uses its own part of this support")]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p256::pkcs8::EncodePrivateKey;
use p521::ecdsa::signature::Signer;
use rand::rngs::OsRng;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use sandbox_ehr::{ClientKeys, Config, KEY_CLIENT_ID};
use serde_json::{Value, json};

use crate::support::BASE;

pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// One key of each kind that SMART clients sign with, with the `kid`s `rsa`, `p256`, `p384` and `p521`.
pub struct ClientKey {
    rsa: EncodingKey,
    p256: EncodingKey,
    p384: EncodingKey,
    p521: p521::ecdsa::SigningKey,
    /// The public halves (RFC 7517, 5).
    pub jwks: Value,
}

/// Made once a test program, since an RSA key takes a while.
pub static KEYS: LazyLock<ClientKey> = LazyLock::new(ClientKey::generate);

impl ClientKey {
    pub fn generate() -> Self {
        let rsa = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        let (p256, p384) = (p256::SecretKey::random(&mut OsRng), p384::SecretKey::random(&mut OsRng));
        let p521 = p521::SecretKey::random(&mut OsRng);
        let named = |jwk: String, kid: &str| {
            let mut jwk: Value = serde_json::from_str(&jwk).unwrap();
            jwk["kid"] = kid.into();
            jwk
        };
        let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        let jwks = json!({ "keys": [
            { "kty": "RSA", "kid": "rsa", "n": number(rsa.n()), "e": number(rsa.e()) },
            named(p256.public_key().to_jwk_string(), "p256"),
            named(p384.public_key().to_jwk_string(), "p384"),
            named(p521.public_key().to_jwk_string(), "p521"),
        ] });
        Self {
            rsa: EncodingKey::from_rsa_der(rsa.to_pkcs1_der().unwrap().as_bytes()),
            p256: EncodingKey::from_ec_der(p256.to_pkcs8_der().unwrap().as_bytes()),
            p384: EncodingKey::from_ec_der(p384.to_pkcs8_der().unwrap().as_bytes()),
            p521: p521::ecdsa::SigningKey::from_bytes(&p521.to_bytes()).unwrap(),
            jwks,
        }
    }

    /// An assertion of these claims under this algorithm, with the key of that kid named in its header.
    pub fn sign(&self, alg: &str, kid: &str, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&json!({ "alg": alg, "typ": "JWT", "kid": kid })), encode(claims));
        let by = |key, algorithm| crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        let signature = match alg {
            "RS256" => by(&self.rsa, Algorithm::RS256),
            "RS384" => by(&self.rsa, Algorithm::RS384),
            "RS512" => by(&self.rsa, Algorithm::RS512),
            "ES256" => by(&self.p256, Algorithm::ES256),
            "ES384" => by(&self.p384, Algorithm::ES384),
            "ES512" => {
                let signature: p521::ecdsa::Signature = self.p521.sign(message.as_bytes());
                URL_SAFE_NO_PAD.encode(signature.to_bytes())
            }
            _ => String::new(),
        };
        format!("{message}.{signature}")
    }
}

/// A sandbox that knows the public keys of [`KEYS`].
pub fn with_keys(mut config: Config) -> Config {
    config.set_client_keys(ClientKeys::Set(KEYS.jwks.clone()));
    config
}

/// The claims of a right assertion, made at `now`.
pub fn right_claims(now: u64, jti: &str) -> Value {
    json!({
        "iss": KEY_CLIENT_ID, "sub": KEY_CLIENT_ID, "aud": format!("{}/oauth/token/", BASE),
        "exp": now + 120, "jti": jti
    })
}
