//! Client assertions (RFC 7523; SMART App Launch 2.2, asymmetric authentication).

use std::fmt;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use super::encoding::base64url;
use super::jwk::{Algorithm, SignatureFailure};
use super::secret::ClientAssertion;
use crate::error::{Error, Failure};
use crate::json::ObjectWriter;

/// The lifetime of an assertion, in seconds.
const LIFETIME: f64 = 120.0;

/// How a client authenticates by `private_key_jwt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateKeyJwt {
    /// The key that signs.
    pub key: ClientKey,
    /// The key's name in the set that the client registered.
    pub kid: Option<String>,
    /// The URL of that set, for servers that read it from the assertion.
    pub jku: Option<String>,
    /// The assertion's `iss`, for servers that know the client there by another name than its id.
    pub issuer: Option<String>,
    /// Claims in addition to those of RFC 7523: name, and value as JSON text.
    pub extra_claims: Vec<(String, String)>,
}

impl PrivateKeyJwt {
    /// A key, and the name that the server knows it by.
    pub fn new(key: ClientKey, kid: Option<String>) -> Self {
        Self { key, kid, jku: None, issuer: None, extra_claims: Vec::new() }
    }

    /// Whether it can be used at all.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a key without an algorithm for clients, and for an extra claim that every assertion
    /// has.
    pub fn check(&self) -> Result<(), Failure> {
        if self.key.algorithms.is_empty() {
            return Err(Error::configuration("key", "it cannot sign by RS256, RS384, RS512, ES256, ES384 or ES512"));
        }
        let is_own = |name: &str| ["iss", "sub", "aud", "exp", "jti"].contains(&name);
        match self.extra_claims.iter().find(|(name, _)| is_own(name)) {
            Some((name, _)) => Err(Error::configuration(name, "every assertion has this claim anyway")),
            None => Ok(()),
        }
    }

    /// The signing input of an assertion for one request.
    pub fn signing_input(&self, algorithm: Algorithm, client_id: &str, endpoint: &str, jti: &str, now: f64) -> String {
        let header = ObjectWriter::new()
            .text("alg", algorithm.name())
            .text("typ", "JWT")
            .optional_text("kid", self.kid.as_deref())
            .optional_text("jku", self.jku.as_deref());
        let claims = ObjectWriter::new()
            .text("iss", self.issuer.as_deref().unwrap_or(client_id))
            .text("sub", client_id)
            .text("aud", endpoint)
            .optional_seconds("exp", Some(now + LIFETIME))
            .text("jti", jti);
        let claims = self.extra_claims.iter().fold(claims, |claims, (name, value)| claims.raw(name, value));
        format!("{}.{}", base64url(header.finish().as_bytes()), base64url(claims.finish().as_bytes()))
    }

    /// The assertion.
    pub fn assertion(signing_input: &str, signature: &[u8]) -> ClientAssertion {
        ClientAssertion::new(format!("{signing_input}.{}", base64url(signature)))
    }
}

type Sign = dyn Fn(Algorithm, Vec<u8>) -> LocalBoxFuture<'static, Result<Vec<u8>, SignatureFailure>>;

/// A private key of the client, which stays with the host.
#[derive(Clone)]
pub struct ClientKey {
    algorithms: Vec<Algorithm>,
    sign: Rc<Sign>,
}

impl ClientKey {
    /// A key that signs by a function, and the algorithms that it can sign by, the preferred one first.
    pub(crate) fn from_signer(
        algorithms: Vec<Algorithm>,
        sign: impl Fn(Algorithm, Vec<u8>) -> LocalBoxFuture<'static, Result<Vec<u8>, SignatureFailure>> + 'static,
    ) -> Self {
        Self { algorithms, sign: Rc::new(sign) }
    }

    /// The algorithms that it can sign by, the preferred one first.
    #[cfg(feature = "udap")]
    pub(crate) fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The algorithm to sign by: the first on the server's list (`token_endpoint_auth_signing_alg_values_supported`) that the key
    /// supports, else RS384, else the key's preferred one. `None` for a key that cannot sign.
    pub fn algorithm(&self, supported: &[String]) -> Option<Algorithm> {
        let known = supported.iter().filter_map(|name| Algorithm::from_name(name));
        let mut candidates = known.chain([Algorithm::RS384]).chain(self.algorithms.iter().copied());
        candidates.find(|algorithm| self.algorithms.contains(algorithm))
    }

    /// Signs.
    pub fn sign(&self, algorithm: Algorithm, data: &str) -> LocalBoxFuture<'static, Result<Vec<u8>, SignatureFailure>> {
        (self.sign)(algorithm, data.as_bytes().to_vec())
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClientKey").field("algorithms", &self.algorithms).finish_non_exhaustive()
    }
}

impl PartialEq for ClientKey {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.sign, &other.sign)
    }
}

impl Eq for ClientKey {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{MemoryPlatform, Reply, World};
    use crate::protocol::encoding::base64url_decode;
    use serde_json::{Value, json};

    fn key(algorithms: &[Algorithm]) -> ClientKey {
        let tab: MemoryPlatform = World::new(0.0, |_| Reply::default()).tab("https://app.example/");
        ClientKey::new(&tab, algorithms.to_vec())
    }

    fn parts(signing_input: &str) -> Vec<Value> {
        let part = |text: &str| serde_json::from_slice(&base64url_decode(text).unwrap()).unwrap();
        signing_input.split('.').map(part).collect()
    }

    #[test]
    fn k3_an_assertion_has_exactly_the_claims_of_the_standard() {
        let mut method = PrivateKeyJwt::new(key(&[Algorithm::RS384]), Some("key-1".into()));
        let input = |method: &PrivateKeyJwt| {
            parts(&method.signing_input(
                Algorithm::RS384,
                "app",
                "https://ehr.example/token",
                "unique",
                1_700_000_000.5,
            ))
        };
        let claims = json!({
            "iss": "app", "sub": "app", "aud": "https://ehr.example/token", "exp": 1_700_000_120, "jti": "unique",
        });
        assert_eq!(input(&method), [json!({"alg": "RS384", "typ": "JWT", "kid": "key-1"}), claims]);
        method.jku = Some("https://app.example/jwks".into());
        assert_eq!(input(&method)[0]["jku"], "https://app.example/jwks");
    }

    #[test]
    fn k3_the_algorithm_is_from_the_servers_list_otherwise_rs384() {
        use Algorithm::*;
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let rsa = key(&[RS256, RS384, RS512]);
        assert_eq!(rsa.algorithm(&list(&["ES384", "RS512", "RS256"])), Some(RS512));
        assert_eq!(rsa.algorithm(&[]), Some(RS384));
        assert_eq!(rsa.algorithm(&list(&["HS256", "none"])), Some(RS384));
        assert_eq!(key(&[ES384]).algorithm(&list(&["RS384", "ES384"])), Some(ES384));
        assert_eq!(key(&[ES512]).algorithm(&[]), Some(ES512));
        assert_eq!(key(&[]).algorithm(&list(&["RS384"])), None);
    }

    #[test]
    fn k7_issuer_and_extra_claims_can_be_set_but_not_those_of_every_assertion() {
        let mut method = PrivateKeyJwt::new(key(&[Algorithm::RS384]), None);
        method.issuer = Some("https://app.example".into());
        method.extra_claims = vec![("purpose".into(), r#"{"code":["TREAT"]}"#.into())];
        let claims = &parts(&method.signing_input(Algorithm::RS384, "app", "https://ehr.example/token", "j", 0.0))[1];
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("https://app.example"), &json!("app")));
        assert_eq!(claims["purpose"]["code"][0], "TREAT");
        assert!(method.check().is_ok());
        for name in ["iss", "sub", "aud", "exp", "jti"] {
            method.extra_claims = vec![(name.into(), "1".into())];
            assert_eq!(method.check().unwrap_err().code(), "invalid_configuration");
        }
    }

    #[test]
    fn a_key_that_cannot_sign_is_a_wrong_configuration() {
        let method = PrivateKeyJwt::new(key(&[]), None);
        assert_eq!(method.check().unwrap_err().code(), "invalid_configuration");
    }
}
