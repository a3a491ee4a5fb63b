//! The key of the EHR. It signs ID tokens and launch tokens, and is published at `jwks/`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p384::elliptic_curve::sec1::ToEncodedPoint;
use rand::rngs::OsRng;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Shared;
use crate::control::Deviation;
use crate::dialect::Dialect;

/// An RSA key of 2048 bits that signs with RS256. Copies share one key.
#[derive(Clone)]
pub struct SystemKey(Arc<Parts>);

struct Parts {
    encoding: EncodingKey,
    decoding: DecodingKey,
    kid: String,
    public: Value,
    public_pem: String,
    public_der: Vec<u8>,
}

impl SystemKey {
    /// A new key from the operating system's random source.
    ///
    /// # Panics
    ///
    /// If the operating system has no random source.
    pub fn generate() -> Self {
        Self::of_bits(2048)
    }

    /// One key of 1024 bits for all sandboxes of this process: shorter than JOSE allows (RFC 7518, 3.3).
    pub(super) fn short() -> Self {
        static KEY: LazyLock<SystemKey> = LazyLock::new(|| SystemKey::of_bits(1024));
        KEY.clone()
    }

    fn of_bits(bits: usize) -> Self {
        let private = RsaPrivateKey::new(&mut OsRng, bits).expect("an RSA key of that length can be made");
        let der = private.to_pkcs1_der().expect("a new RSA key has a PKCS#1 form");
        let modulus = URL_SAFE_NO_PAD.encode(private.n().to_bytes_be());
        let exponent = URL_SAFE_NO_PAD.encode(private.e().to_bytes_be());
        let kid = thumbprint(&modulus, &exponent);
        Self(Arc::new(Parts {
            encoding: EncodingKey::from_rsa_der(der.as_bytes()),
            decoding: DecodingKey::from_rsa_components(&modulus, &exponent).expect("both components are base64url"),
            public: json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent }),
            kid,
            public_der: private.to_public_key().to_pkcs1_der().expect("a public key has a PKCS#1 form").into_vec(),
            public_pem: private.to_public_key().to_public_key_pem(LineEnding::LF).expect("a public key has a PEM form"),
        }))
    }

    /// One key for all sandboxes of this process, generated at its first use.
    pub fn of_this_process() -> Self {
        static KEY: LazyLock<SystemKey> = LazyLock::new(SystemKey::generate);
        KEY.clone()
    }

    pub(crate) fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The public key as a JWK.
    pub(crate) fn public(&self) -> &Value {
        &self.0.public
    }

    /// The public key as SPKI PEM.
    pub(crate) fn public_pem(&self) -> &str {
        &self.0.public_pem
    }

    /// The public key as PKCS#1.
    pub(crate) fn public_der(&self) -> &[u8] {
        &self.0.public_der
    }

    /// A message of a header and claims, encoded, with its signature by RS256.
    pub(crate) fn jws(&self, message: &str) -> Option<String> {
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.0.encoding, Algorithm::RS256).ok()?;
        Some(format!("{message}.{signature}"))
    }

    /// The claims as a compact JWS (RFC 7515) of this `typ`.
    pub(crate) fn sign(&self, typ: &str, claims: &impl Serialize) -> jsonwebtoken::errors::Result<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.0.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.0.encoding)
    }

    /// The claims of a JWS that this key signed with this `typ`. The caller checks the claims.
    pub(crate) fn verify<T: DeserializeOwned + Clone>(&self, typ: &str, token: &str) -> Option<T> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let token = jsonwebtoken::decode::<T>(token, &self.0.decoding, &validation).ok()?;
        (token.header.typ.as_deref() == Some(typ)).then_some(token.claims)
    }
}

impl fmt::Debug for SystemKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SystemKey(kid: {})", self.0.kid)
    }
}

/// The key's thumbprint (RFC 7638): the required members in lexicographic order.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

/// The keys that Epic publishes in addition to the one that signs: of other types, and each with an empty `key_ops`, which Web
/// Crypto does not import.
static EPIC_KEYS: LazyLock<[Value; 2]> = LazyLock::new(|| {
    let p384 = p384::SecretKey::random(&mut OsRng).public_key().to_encoded_point(false);
    let p521 = p521::SecretKey::random(&mut OsRng).public_key().to_encoded_point(false);
    [elliptic_key("P-384", "ES384", &p384.as_bytes()[1..]), elliptic_key("P-521", "ES512", &p521.as_bytes()[1..])]
});

/// A key from the concatenation of its coordinates.
fn elliptic_key(curve: &str, alg: &str, point: &[u8]) -> Value {
    let (x, y) = point.split_at(point.len() / 2);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(point));
    json!({ "kty": "EC", "use": "sig", "alg": alg, "kid": kid, "crv": curve, "x": x, "y": y, "key_ops": [] })
}

/// The public keys (RFC 7517, 5).
pub async fn jwks(State(sandbox): State<Shared>) -> Json<Value> {
    let mut keys = vec![sandbox.signing_key().public().clone()];
    if sandbox.config.dialect == Dialect::Epic {
        keys[0]["key_ops"] = json!([]);
        keys.extend(EPIC_KEYS.iter().cloned());
    }
    if sandbox.meets(Deviation::KeysStale) {
        keys[0] = EPIC_KEYS[0].clone();
    }
    if sandbox.meets(Deviation::KeysShort) {
        keys.push(SystemKey::short().public().clone());
    }
    if sandbox.meets(Deviation::KeysNotForVerifying) {
        keys[0]["key_ops"] = json!(["encrypt", "wrapKey"]);
    }
    if sandbox.meets(Deviation::KeysUnimportable) {
        let mut broken = keys[0].clone();
        // An exponent of 0.
        broken["e"] = "AA".into();
        keys.insert(0, broken);
    }
    Json(json!({ "keys": keys }))
}
