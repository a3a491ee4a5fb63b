//! Published signatures of the standards, verified by Rust cryptography: the SDK must read the signed parts and the keys correctly.
//! `tests/web/crypto.rs` does the same with Web Crypto.
#![cfg(not(target_arch = "wasm32"))]

use rsa::BigUint;
use rsa::sha2::Sha256;
use rsa::signature::Verifier;
use serde_json::Value;
use smartrust::memory::SerdeJson;
use smartrust::protocol::encoding::base64url_decode;
use smartrust::protocol::jwk::{Algorithm, PublicKey, candidates};
use smartrust::protocol::jwt::decode;

fn examples(kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("examples.json")).unwrap();
    file[kind].as_array().unwrap().clone()
}

fn text<'a>(example: &'a Value, member: &str) -> &'a str {
    example[member].as_str().unwrap()
}

/// The signed bytes, and the signature.
fn halves(compact: &str) -> (&str, Vec<u8>) {
    let (signed, signature) = compact.rsplit_once('.').unwrap();
    (signed, base64url_decode(signature).unwrap())
}

fn bytes(jwk: &Value, member: &str) -> Vec<u8> {
    base64url_decode(jwk[member].as_str().unwrap()).unwrap()
}

/// Whether Rust cryptography accepts the signature for the key.
fn verifies(key: &PublicKey, algorithm: Algorithm, signature: &[u8], signed: &[u8]) -> bool {
    let jwk: Value = serde_json::from_str(&key.bare_jwk()).unwrap();
    let point = || [vec![4], bytes(&jwk, "x"), bytes(&jwk, "y")].concat();
    match algorithm.name() {
        name @ ("RS256" | "RS384" | "PS384") => {
            let number = |member| BigUint::from_bytes_be(&bytes(&jwk, member));
            let key = rsa::RsaPublicKey::new(number("n"), number("e")).unwrap();
            if name == "PS384" {
                let key = rsa::pss::VerifyingKey::<rsa::sha2::Sha384>::new(key);
                return key.verify(signed, &signature.try_into().unwrap()).is_ok();
            }
            let signature = signature.try_into().unwrap();
            match name {
                "RS256" => rsa::pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(signed, &signature).is_ok(),
                _ => rsa::pkcs1v15::VerifyingKey::<rsa::sha2::Sha384>::new(key).verify(signed, &signature).is_ok(),
            }
        }
        "ES256" => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            key.verify(signed, &p256::ecdsa::Signature::from_slice(signature).unwrap()).is_ok()
        }
        "ES384" => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            key.verify(signed, &p384::ecdsa::Signature::from_slice(signature).unwrap()).is_ok()
        }
        "ES512" => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            key.verify(signed, &p521::ecdsa::Signature::from_slice(signature).unwrap()).is_ok()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn i4_i12_the_published_signatures_verify_and_with_a_changed_byte_do_not() {
    for example in examples("verified") {
        let source = text(&example, "source");
        let algorithm = Algorithm::from_name(text(&example, "alg")).unwrap();
        let (signed, signature) = halves(text(&example, "compact"));
        let header: Value =
            serde_json::from_slice(&base64url_decode(signed.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header["alg"], algorithm.name(), "{source}");

        let keys = PublicKey::read_set(&example["keys"]);
        let fitting = candidates(&keys, header["kid"].as_str(), algorithm);
        assert_eq!(fitting.len(), 1, "{source}");
        assert!(verifies(fitting[0], algorithm, &signature, signed.as_bytes()), "{source}");
        let mut changed = signed.as_bytes().to_vec();
        changed[30] ^= 1;
        assert!(!verifies(fitting[0], algorithm, &signature, &changed), "{source}");
    }
}

#[test]
fn i4_a_published_token_is_split_into_the_signed_parts() {
    let mut taken_apart = 0;
    for example in examples("verified") {
        let compact = text(&example, "compact");
        let (signed, signature) = halves(compact);
        match decode(&SerdeJson, compact) {
            Ok(jwt) => {
                assert_eq!((jwt.signed.as_slice(), &jwt.signature), (signed.as_bytes(), &signature));
                assert_eq!(jwt.algorithm.name(), text(&example, "alg"));
                assert!(jwt.claims["iss"].is_string());
                taken_apart += 1;
            }
            // The payload of RFC 7520 is a sentence, so its examples are JWS but not JWT.
            Err(problem) => assert_eq!(
                (problem, text(&example, "source").starts_with("RFC 7520")),
                ("its payload is not base64url JSON", true)
            ),
        }
    }
    assert_eq!(taken_apart, 4);
}

#[test]
fn i3_published_tokens_with_unsupported_algorithms_are_refused() {
    for example in examples("refused") {
        let refused = decode(&SerdeJson, text(&example, "compact")).err();
        assert_eq!(refused, Some("its algorithm does not use a public key"), "{}", text(&example, "source"));
    }
}

#[test]
fn k4_the_thumbprint_of_the_published_key_is_the_published_one() {
    // RFC 7638 section 3.1.
    let key = serde_json::json!({
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    let thumbprint = PublicKey::read(&key).unwrap().thumbprint();
    assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
