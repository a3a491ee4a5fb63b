//! Public keys and signature algorithms (RFC 7517, RFC 7518).

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::encoding::{base64url, base64url_decode};
use crate::json::{JsonView, ObjectWriter, array, list};

/// The shortest RSA modulus that JOSE allows, in bits (RFC 7518 section 3.3).
pub const SHORTEST_MODULUS: usize = 2048;

/// A signature algorithm with a public key. `none` and the HMACs are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    ES256,
    ES384,
    ES512,
    PS256,
    PS384,
    PS512,
}

impl Algorithm {
    const ALL: [(&'static str, Self); 9] = [
        ("RS256", Self::RS256),
        ("RS384", Self::RS384),
        ("RS512", Self::RS512),
        ("ES256", Self::ES256),
        ("ES384", Self::ES384),
        ("ES512", Self::ES512),
        ("PS256", Self::PS256),
        ("PS384", Self::PS384),
        ("PS512", Self::PS512),
    ];

    /// The algorithm of a JOSE header's `alg`; `None` for any other.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
    }

    /// The name in a JOSE header.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, algorithm)| *algorithm == self).map_or("", |(name, _)| name)
    }

    /// The hash, in bits: 256, 384 or 512.
    pub fn hash_bits(self) -> u16 {
        match self {
            Self::RS256 | Self::ES256 | Self::PS256 => 256,
            Self::RS384 | Self::ES384 | Self::PS384 => 384,
            Self::RS512 | Self::ES512 | Self::PS512 => 512,
        }
    }

    /// The hash's name in Web Crypto.
    pub fn hash_name(self) -> &'static str {
        match self.hash_bits() {
            384 => "SHA-384",
            512 => "SHA-512",
            _ => "SHA-256",
        }
    }

    /// The digest of `data` by the algorithm's hash.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self.hash_bits() {
            384 => Sha384::digest(data).to_vec(),
            512 => Sha512::digest(data).to_vec(),
            _ => Sha256::digest(data).to_vec(),
        }
    }

    /// The curve of an ECDSA key for this algorithm; `None` for RSA.
    pub fn curve(self) -> Option<&'static str> {
        match self {
            Self::ES256 => Some("P-256"),
            Self::ES384 => Some("P-384"),
            Self::ES512 => Some("P-521"),
            _ => None,
        }
    }
}

/// The host cannot sign or verify with that key and algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host cannot sign or verify with this key and algorithm")]
pub struct SignatureFailure;

/// A public key from a JWK Set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's name in its set.
    pub kid: Option<String>,
    kty: &'static str,
    /// The members that define the key, other than `kty`.
    material: Vec<(&'static str, String)>,
    alg: Option<String>,
}

impl PublicKey {
    /// Reads a JWK; `None` if it is not an RSA or elliptic-curve key, or if its `use` or `key_ops` do not allow it to verify
    /// signatures (RFC 7517 sections 4.2 and 4.3). An empty `key_ops` counts as absent.
    pub fn read<V: JsonView>(jwk: &V) -> Option<Self> {
        let is_absent =
            jwk.member("key_ops").is_none_or(|operations| operations.items().is_some_and(|all| all.is_empty()));
        if is_absent || list(jwk, "key_ops").iter().any(|operation| operation == "verify") {
            Self::of_key_pair(jwk)
        } else {
            None
        }
    }

    /// The public half of a key pair, from the JWK of either half. `key_ops` is ignored.
    pub fn of_key_pair<V: JsonView>(jwk: &V) -> Option<Self> {
        if jwk.member("use").is_some_and(|purpose| purpose.text().as_deref() != Some("sig")) {
            return None;
        }
        let (kty, names): (_, &[_]) = match jwk.member_text("kty")?.as_str() {
            "RSA" => ("RSA", &["n", "e"]),
            "EC" => ("EC", &["crv", "x", "y"]),
            _ => return None,
        };
        let material = names.iter().map(|name| Some((*name, jwk.member_text(name)?))).collect::<Option<_>>()?;
        Some(Self { kid: jwk.member_text("kid"), kty, material, alg: jwk.member_text("alg") })
    }

    /// The keys of a JWK Set.
    pub fn read_set<V: JsonView>(set: &V) -> Vec<Self> {
        set.member_items("keys").iter().filter_map(Self::read).collect()
    }

    /// Whether a signature of this algorithm can be from this key.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.material("crv") == algorithm.curve() && self.alg.as_deref().is_none_or(|alg| alg == algorithm.name())
    }

    /// Whether it is long enough for JOSE (RFC 7518 section 3.3): an RSA key of 2048 bits or more, or an elliptic-curve key.
    pub fn is_long_enough(&self) -> bool {
        self.kty == "EC" || self.modulus_bits().is_some_and(|bits| bits >= SHORTEST_MODULUS)
    }

    /// The key as a JWK with only the required members, which every implementation can import.
    pub fn bare_jwk(&self) -> String {
        self.bare_members().finish()
    }

    fn bare_members(&self) -> ObjectWriter {
        let members = ObjectWriter::new().text("kty", self.kty);
        self.material.iter().fold(members, |members, (name, value)| members.text(name, value))
    }

    fn material(&self, wanted: &str) -> Option<&str> {
        self.material.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }

    /// The key as a client publishes it, with its `kid` and `use`. An RSA key has an `alg` only if it is to be
    /// used with that algorithm only.
    pub fn published_jwk(&self, kid: &str, algorithm: Option<Algorithm>) -> String {
        let jwk = self.bare_members().text("kid", kid).text("use", "sig");
        jwk.optional_text("alg", algorithm.map(Algorithm::name)).finish()
    }

    /// The key's SHA-256 thumbprint (RFC 7638), in base64url.
    pub fn thumbprint(&self) -> String {
        // Exactly the required members, sorted by name. The standard library's sort would add more WebAssembly than
        // the rest of this module has.
        let mut members: Vec<(&str, &str)> = Vec::new();
        let own = self.material.iter().map(|(name, value)| (*name, value.as_str()));
        for member in own.chain([("kty", self.kty)]) {
            members.insert(members.partition_point(|known| *known < member), member);
        }
        let members = members.into_iter().fold(ObjectWriter::new(), |members, (name, value)| members.text(name, value));
        base64url(&Sha256::digest(members.finish()))
    }

    /// The length of an RSA key's modulus in bits; `None` for an elliptic-curve key, and for a modulus that is no number.
    pub fn modulus_bits(&self) -> Option<usize> {
        let bytes = base64url_decode(self.material("n")?)?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let first = bytes.get(zeros)?;
        Some((bytes.len() - zeros) * 8 - first.leading_zeros() as usize)
    }
}

/// A JWK Set of keys that are JWK strings already, as a client serves it under its `jwks_uri`.
pub fn jwk_set(keys: impl IntoIterator<Item = String>) -> String {
    ObjectWriter::new().raw("keys", &array(keys)).finish()
}

/// The keys of a set that can have signed: the one with the header's `kid`, or without a `kid` all that fit. Keys that are
/// shorter than JOSE allows are among them: see [`PublicKey::is_long_enough`].
pub fn candidates<'a>(keys: &'a [PublicKey], kid: Option<&str>, algorithm: Algorithm) -> Vec<&'a PublicKey> {
    let has_kid = |key: &&PublicKey| kid.is_none_or(|kid| key.kid.as_deref().is_none_or(|own| own == kid));
    keys.iter().filter(|key| key.fits(algorithm)).filter(has_kid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys() -> Vec<PublicKey> {
        PublicKey::read_set(&json!({"keys": [
            {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB", "key_ops": [], "x5c": ["…"]},
            {"kty": "RSA", "kid": "enc", "use": "enc", "n": "AQAB", "e": "AQAB"},
            {"kty": "EC", "kid": "e", "crv": "P-384", "alg": "ES384", "use": "sig", "x": "AA", "y": "AA"},
            {"kty": "oct", "kid": "h", "k": "AQAB"},
        ]}))
    }

    #[test]
    fn i4_keys_are_imported_with_their_required_members_only() {
        assert_eq!(keys()[0].bare_jwk(), r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#);
    }

    #[test]
    fn i12_a_key_that_is_not_for_verifying_is_ignored_but_not_one_with_empty_key_ops() {
        let reads = |name: &str, value: serde_json::Value| {
            let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
            jwk[name] = value;
            PublicKey::read(&jwk).is_some()
        };
        for allowed in [json!(null), json!([]), json!(["verify"]), json!(["sign", "verify"]), json!("verify")] {
            assert!(reads("key_ops", allowed.clone()), "{allowed}");
        }
        for refused in
            [json!(["sign"]), json!(["encrypt", "wrapKey"]), json!("encrypt"), json!([1]), json!({}), json!("")]
        {
            assert!(!reads("key_ops", refused.clone()), "{refused}");
        }
        assert!(reads("use", json!("sig")) && reads("use", json!(null)));
        assert!(!reads("use", json!("enc")) && !reads("use", json!("")) && !reads("use", json!(1)));
    }

    #[test]
    fn i12_an_rsa_key_has_at_least_2048_bits() {
        let is_long_enough =
            |n: String| PublicKey::read(&json!({"kty": "RSA", "n": n, "e": "AQAB"})).unwrap().is_long_enough();
        let of_bytes = |first: u8, count: usize| base64url(&[&[first], &*vec![255; count - 1]].concat());
        assert!(is_long_enough(of_bytes(0x80, 256)) && is_long_enough(of_bytes(1, 257)));
        assert!(!is_long_enough(of_bytes(0x7f, 256)), "2047 bits");
        assert!(!is_long_enough(of_bytes(0x80, 128)), "1024 bits");
        assert!(!is_long_enough("!".into()));
        assert!(keys()[1].is_long_enough(), "a key on a curve");
    }

    #[test]
    fn i12_the_pss_algorithms_are_known_with_their_hashes() {
        for (name, hash) in [("PS256", "SHA-256"), ("PS384", "SHA-384"), ("PS512", "SHA-512")] {
            let algorithm = Algorithm::from_name(name).unwrap();
            assert_eq!((algorithm.name(), algorithm.hash_name(), algorithm.curve()), (name, hash, None));
        }
    }

    #[test]
    fn i3_a_key_is_only_used_with_its_own_algorithms() {
        let keys = keys();
        let kids = |kid, algorithm| -> Vec<_> {
            candidates(&keys, kid, algorithm).iter().filter_map(|key| key.kid.clone()).collect()
        };
        assert_eq!(kids(None, Algorithm::RS256), ["r"]);
        assert_eq!(kids(None, Algorithm::ES384), ["e"]);
        assert_eq!(kids(Some("e"), Algorithm::RS256), Vec::<String>::new());
        assert_eq!(kids(Some("e"), Algorithm::ES256), Vec::<String>::new());
        for name in ["none", "HS256", "HS512", "rs256", ""] {
            assert_eq!(Algorithm::from_name(name), None);
        }
    }

    #[test]
    fn k4_a_key_is_published_with_its_kid_and_use() {
        let keys = keys();
        let set = jwk_set([
            keys[0].published_jwk("r", None),
            keys[1].published_jwk(&keys[1].thumbprint(), Some(Algorithm::ES384)),
        ]);
        let set: serde_json::Value = serde_json::from_str(&set).unwrap();
        assert_eq!(set["keys"][0], json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r", "use": "sig"}));
        assert_eq!((&set["keys"][1]["alg"], &set["keys"][1]["crv"]), (&json!("ES384"), &json!("P-384")));
        assert_eq!(set["keys"][1]["kid"], keys[1].thumbprint());
        assert_eq!(PublicKey::read_set(&set).len(), 2);
    }

    #[test]
    fn a_modulus_has_as_many_bits_as_its_number() {
        let bits = |n: &str| PublicKey::read(&json!({"kty": "RSA", "n": n, "e": "AQAB"})).unwrap().modulus_bits();
        assert_eq!(bits("AQAB"), Some(17));
        assert_eq!(bits("AP8"), Some(8));
        assert_eq!((bits("AAAA"), bits("!")), (None, None));
    }
}
