//! Signed tokens and keys.

use proptest::prelude::*;
use serde_json::{Value, json};
use smartrust::memory::SerdeJson;
use smartrust::protocol::encoding::base64url;
use smartrust::protocol::jwk::{Algorithm, PublicKey, candidates};
use smartrust::protocol::jwt::decode;

use crate::generated::{cases, json, object, text};

const ALGORITHMS: &[&str] = &["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];
const KEY: &[&str] = &["kty", "use", "alg", "kid", "crv", "n", "e", "x", "y", "k", "key_ops", "ext", "d"];
const KEY_VALUES: &[&str] = &[
    r#""RSA""#,
    r#""EC""#,
    r#""oct""#,
    r#""OKP""#,
    r#""sig""#,
    r#""enc""#,
    r#""RS256""#,
    r#""ES384""#,
    r#""P-256""#,
    r#""P-384""#,
    r#""P-521""#,
    r#""AQAB""#,
    r#""k1""#,
    "[]",
    "null",
    r#"["verify"]"#,
];

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(ALGORITHMS).prop_map(|name| Algorithm::from_name(name).unwrap())
}

fn part(value: &Value) -> String {
    base64url(value.to_string().as_bytes())
}

fn key_set() -> impl Strategy<Value = Value> {
    let keys = prop::collection::vec(prop_oneof![4 => object(KEY, KEY_VALUES), 1 => json()], 0..5);
    prop_oneof![4 => keys.prop_map(|keys| json!({ "keys": keys })), 1 => json()]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_string_is_a_token_or_is_refused(
        token in prop_oneof![text(), "[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}"],
    ) {
        if let Ok(jwt) = decode(&SerdeJson, &token) {
            prop_assert!(token.as_bytes().starts_with(&jwt.signed));
        }
    }

    #[test]
    fn i3_a_token_is_split_into_its_parts(
        algorithm in algorithms(), kid in prop::option::of(text()), claims in json(), signature in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let header = part(&json!({"typ": "JWT", "alg": algorithm.name(), "kid": kid, "jku": "https://evil.example/jwks"}));
        let signed = [header, part(&claims)].join(".");
        let jwt = decode(&SerdeJson, &[signed.as_str(), &base64url(&signature)].join(".")).unwrap();
        prop_assert_eq!((jwt.algorithm, jwt.kid, jwt.claims), (algorithm, kid, claims));
        prop_assert_eq!((jwt.signed, jwt.signature), (signed.into_bytes(), signature));
    }

    #[test]
    fn i3_an_algorithm_without_a_public_key_is_refused(
        name in prop_oneof!["(none|None|HS(256|384|512)|EdDSA|ES256K|PS1|rs256|RS256 )", text()], claims in json(),
    ) {
        prop_assume!(!ALGORITHMS.contains(&name.as_str()));
        for header in [json!({"alg": name}), json!({"alg": [name, "RS256"]}), json!({"typ": "JWT"})] {
            prop_assert!(decode(&SerdeJson, &[&part(&header), ".", &part(&claims), ".c2ln"].concat()).is_err());
        }
    }

    #[test]
    fn i9_any_critical_extension_is_refused(crit in json(), algorithm in algorithms(), claims in json()) {
        let header = json!({"alg": algorithm.name(), "crit": crit});
        prop_assert!(decode(&SerdeJson, &[&part(&header), ".", &part(&claims), ".c2ln"].concat()).is_err());
    }

    #[test]
    fn i4_a_key_is_imported_with_its_required_members_only(set in key_set()) {
        for key in PublicKey::read_set(&set) {
            let bare: Value = serde_json::from_str(&key.bare_jwk()).unwrap();
            let names: Vec<&str> = bare.as_object().unwrap().keys().map(String::as_str).collect();
            let expected = if bare["kty"] == "RSA" { vec!["e", "kty", "n"] } else { vec!["crv", "kty", "x", "y"] };
            prop_assert_eq!(names, expected);
            prop_assert_eq!(PublicKey::read(&bare).unwrap().bare_jwk(), key.bare_jwk());
        }
    }

    #[test]
    fn i3_only_keys_of_the_right_type_and_kid_are_tried(set in key_set(), algorithm in algorithms(), kid in prop::option::of("k[12]")) {
        let keys = PublicKey::read_set(&set);
        for key in candidates(&keys, kid.as_deref(), algorithm) {
            let bare: Value = serde_json::from_str(&key.bare_jwk()).unwrap();
            let curve = match algorithm.name() { "ES256" => "P-256", "ES384" => "P-384", "ES512" => "P-521", _ => "" };
            prop_assert_eq!(bare["crv"].as_str().unwrap_or_default(), curve);
            prop_assert!(kid.is_none() || key.kid.is_none() || key.kid == kid);
        }
    }
}
