//! Signed assertions for client authentication, `private_key_jwt` (RFC 7523, 2.2 and 3; SMART App Launch 2.2,
//! "Authenticating to the Token endpoint"), and as a grant (RFC 7523, 2.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use p521::ecdsa::signature::Verifier;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::time::Duration;

use super::client_auth::{Refused, unauthorized};
use crate::clients::ClientKeys;

pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The maximum lifetime of an assertion, in seconds (SMART App Launch 2.2).
const LONGEST_LIFE_SECONDS: u64 = 300;
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// A parsed assertion. Nothing in it is verified before [`Assertion::verify`].
pub struct Assertion<'a> {
    header: Header,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(default)]
    x5c: Vec<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: u64,
    jti: String,
}

/// A verified assertion, which can be used once.
pub struct Proof {
    pub jti: String,
    /// In seconds.
    pub expires: u64,
}

impl<'a> Assertion<'a> {
    pub fn parse(assertion: &'a str) -> Result<Self, Refused> {
        let read = || {
            let (signed, signature) = assertion.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            Some(Self { header: part(header)?, claims: part(claims)?, signed, signature })
        };
        read().ok_or(unauthorized("The assertion is not a JWT with iss, sub, aud, exp and jti."))
    }

    /// The client that the assertion names.
    pub fn client_id(&self) -> &str {
        &self.claims.iss
    }

    /// The certificates in its header, the signer's own first.
    pub fn certificates(&self) -> &[String] {
        &self.header.x5c
    }

    /// The algorithm in its header.
    pub fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// All claims.
    pub fn all_claims(&self) -> Option<Map<String, Value>> {
        part(self.signed.split_once('.')?.1)
    }

    /// Checks the signature with these keys, then each claim. `audiences` are the accepted URLs of this server.
    pub fn verify(self, keys: &Value, audiences: &[&str], now: u64) -> Result<Proof, Refused> {
        let kid = self.header.kid.as_deref().ok_or(unauthorized("The assertion has no kid."))?;
        let key = keys["keys"].as_array().into_iter().flatten().find(|key| key["kid"] == kid);
        let key = key.ok_or(unauthorized("No registered key has the kid of the assertion."))?;
        self.verify_by(key, audiences, now)
    }

    /// Like [`Self::verify`], with the key.
    pub fn verify_by(self, key: &Value, audiences: &[&str], now: u64) -> Result<Proof, Refused> {
        if !self.is_signed_by(key) {
            return Err(unauthorized("The signature of the assertion is invalid."));
        }
        let Claims { iss, sub, aud, exp, jti } = self.claims;
        if iss != sub {
            return Err(unauthorized("The iss and the sub of the assertion must both be the client_id."));
        }
        let is_meant = |aud: &Value| aud.as_str().is_some_and(|aud| audiences.contains(&aud));
        if !is_meant(&aud) && !aud.as_array().is_some_and(|all| all.iter().any(is_meant)) {
            return Err(unauthorized("The aud of the assertion is not the token endpoint."));
        }
        if exp <= now {
            return Err(unauthorized("The assertion has expired."));
        }
        if exp > now + LONGEST_LIFE_SECONDS {
            return Err(unauthorized("The assertion may expire five minutes ahead at most."));
        }
        if jti.is_empty() {
            return Err(unauthorized("The jti of the assertion is empty."));
        }
        Ok(Proof { jti, expires: exp })
    }

    /// Whether this key made the signature, with an algorithm of the key's type.
    fn is_signed_by(&self, key: &Value) -> bool {
        let alg = self.header.alg.as_str();
        if key["alg"].as_str().is_some_and(|own| own != alg) {
            return false;
        }
        let member = |name: &str| key[name].as_str().unwrap_or_default();
        let algorithm = match (alg, member("kty"), member("crv")) {
            ("RS256", "RSA", _) => Algorithm::RS256,
            ("RS384", "RSA", _) => Algorithm::RS384,
            ("RS512", "RSA", _) => Algorithm::RS512,
            ("ES256", "EC", "P-256") => Algorithm::ES256,
            ("ES384", "EC", "P-384") => Algorithm::ES384,
            ("ES512", "EC", "P-521") => return self.is_signed_by_p521(member("x"), member("y")).unwrap_or(false),
            _ => return false,
        };
        let key = match member("kty") {
            "RSA" => DecodingKey::from_rsa_components(member("n"), member("e")),
            _ => DecodingKey::from_ec_components(member("x"), member("y")),
        };
        let signature = URL_SAFE_NO_PAD.encode(&self.signature);
        key.and_then(|key| jsonwebtoken::crypto::verify(&signature, self.signed.as_bytes(), &key, algorithm))
            .unwrap_or(false)
    }

    /// ES512 (RFC 7518, 3.4), which jsonwebtoken does not have.
    fn is_signed_by_p521(&self, x: &str, y: &str) -> Option<bool> {
        let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 66);
        let (x, y) = (coordinate(x)?, coordinate(y)?);
        let point = p521::EncodedPoint::from_affine_coordinates(
            p521::FieldBytes::from_slice(&x),
            p521::FieldBytes::from_slice(&y),
            false,
        );
        let key = p521::ecdsa::VerifyingKey::from_encoded_point(&point).ok()?;
        let signature = p521::ecdsa::Signature::from_slice(&self.signature).ok()?;
        Some(key.verify(self.signed.as_bytes(), &signature).is_ok())
    }
}

fn part<T: DeserializeOwned>(encoded: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

/// The registered keys, fetched if they are at a URL.
pub async fn keys(registered: &ClientKeys) -> Result<Value, Refused> {
    let address = match registered {
        ClientKeys::Set(keys) => return Ok(keys.clone()),
        ClientKeys::Url(address) => address.clone(),
        ClientKeys::Certificates(_) => return Err(unauthorized("This client authenticates with its certificate.")),
    };
    let fetched = tokio::task::spawn_blocking(move || fetch(&address)).await;
    fetched.ok().flatten().ok_or(unauthorized("The client's jwks_uri does not return a key set."))
}

fn fetch(address: &str) -> Option<Value> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(FETCH_TIMEOUT)).build().into();
    let body = agent.get(address).call().ok()?.body_mut().read_to_string().ok()?;
    serde_json::from_str(&body).ok()
}
