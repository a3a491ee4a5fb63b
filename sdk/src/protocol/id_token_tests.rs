use super::*;
use crate::memory::SerdeJson;
use serde_json::{Value, json};

const NOW: f64 = 1_700_000_000.0;

/// The access token and ID token of OpenID Connect Core's example of `at_hash` in appendix A.3.
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const AT_HASH: &str = "77QmUPtjPfzWtF2AnpK9RQ";

fn claims() -> Value {
    json!({"iss": "https://ehr.example", "aud": "app", "sub": "u1", "iat": NOW, "exp": NOW + 300.0, "nonce": "n"})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn token(header: Value, claims: &Value) -> IdToken {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    IdToken::new(format!("{}.{}.c2ln", part(&header), part(claims)))
}

fn check_with(claims: &Value, adjust: impl Fn(&mut Expected<'_>)) -> Result<Identity, Error> {
    check_signed("RS256", claims, adjust)
}

fn check_signed(algorithm: &str, claims: &Value, adjust: impl Fn(&mut Expected<'_>)) -> Result<Identity, Error> {
    let mut expected = Expected {
        issuer: Some("https://ehr.example"),
        client_id: "app",
        trusted_audiences: &["partner".to_owned()],
        nonce: Some("n"),
        allow_missing_nonce: false,
        access_token: &AccessToken::new(ACCESS_TOKEN),
        max_age: None,
        now: NOW,
    };
    adjust(&mut expected);
    read(&SerdeJson, &token(json!({"alg": algorithm}), claims), &expected)
        .map(|(identity, _)| identity)
        .map_err(Error::from)
}

fn failed_check(claims: &Value) -> Option<&'static str> {
    match check_with(claims, |_| {}) {
        Ok(_) => None,
        Err(Error::IdToken(failed)) => Some(failed.check),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn i1_wrong_or_missing_claims_are_refused() {
    for (claims, check) in [
        (with("iss", json!("https://other.example")), Some("iss")),
        (with("iss", Value::Null), Some("iss")),
        (with("aud", json!("other")), Some("aud")),
        (with("aud", Value::Null), Some("aud")),
        (with("aud", json!([])), Some("aud")),
        (with("aud", json!(["app", "stranger"])), Some("aud")),
        (with("sub", Value::Null), Some("sub")),
        (with("iat", Value::Null), Some("iat")),
        (with("exp", Value::Null), Some("exp")),
        (with("exp", json!(NOW - 61.0)), Some("exp")),
        (with("exp", json!("2030")), Some("exp")),
        (with("aud", json!(["app", 7])), Some("aud")),
        (with("azp", json!("other")), Some("azp")),
        (with("azp", json!(["app"])), Some("azp")),
        (with("aud", json!(["app", "partner"])), Some("azp")),
        (with("exp", json!(NOW - 59.0)), None),
        (with("aud", json!(["app"])), None),
        (with("azp", json!("app")), None),
        (claims(), None),
    ] {
        assert_eq!(failed_check(&claims), check, "{claims}");
    }
}

#[test]
fn i12_a_token_that_is_not_valid_yet_is_refused_within_the_clocks_tolerance() {
    for (nbf, check) in [
        (json!(NOW + 61.0), Some("nbf")),
        (json!(1e308), Some("nbf")),
        (json!((NOW - 1.0).to_string()), Some("nbf")),
        (json!(NOW + 60.0), None),
        (json!(NOW - 300.0), None),
        (Value::Null, None),
    ] {
        assert_eq!(failed_check(&with("nbf", nbf.clone())), check, "{nbf}");
    }
}

#[test]
fn i1_an_additional_trusted_audience_is_accepted_with_an_azp() {
    let mut claims = with("aud", json!(["app", "partner"]));
    claims["azp"] = json!("app");
    assert_eq!(failed_check(&claims), None);
}

#[test]
fn i2_the_nonce_must_be_returned() {
    assert_eq!(failed_check(&with("nonce", json!("other"))), Some("nonce"));
    assert_eq!(failed_check(&with("nonce", Value::Null)), Some("nonce"));
    let allowed = check_with(&with("nonce", Value::Null), |expected| expected.allow_missing_nonce = true).unwrap();
    assert!(!allowed.nonce_checked);
    assert!(check_with(&with("nonce", json!("other")), |expected| expected.allow_missing_nonce = true).is_err());
    assert!(check_with(&claims(), |_| {}).unwrap().nonce_checked);
}

#[test]
fn i3_none_and_hmac_are_refused() {
    let expected = Expected {
        issuer: None,
        client_id: "app",
        trusted_audiences: &[],
        nonce: None,
        allow_missing_nonce: false,
        access_token: &AccessToken::new(ACCESS_TOKEN),
        max_age: None,
        now: NOW,
    };
    for header in [json!({"alg": "none"}), json!({"alg": "HS256"}), json!({}), json!({"alg": 1})] {
        let error = read(&SerdeJson, &token(header, &claims()), &expected).unwrap_err();
        assert_eq!(error.code(), "invalid_id_token");
    }
}

#[test]
fn i6_at_hash_binds_the_access_token() {
    let identity = check_with(&with("at_hash", json!(AT_HASH)), |_| {}).unwrap();
    assert!(identity.access_token_hash_checked);
    let other = AccessToken::new("another");
    let refused = read(
        &SerdeJson,
        &token(json!({"alg": "RS256"}), &with("at_hash", json!(AT_HASH))),
        &Expected {
            issuer: None,
            client_id: "app",
            trusted_audiences: &[],
            nonce: None,
            allow_missing_nonce: false,
            access_token: &other,
            max_age: None,
            now: NOW,
        },
    );
    assert!(
        matches!(refused, Err(failure) if matches!(&*failure, Error::IdToken(failed) if failed.check == "at_hash"))
    );
    assert_eq!(failed_check(&with("at_hash", json!([]))), Some("at_hash"));
    assert!(!check_with(&claims(), |_| {}).unwrap().access_token_hash_checked);
}

#[test]
fn i6_at_hash_uses_the_hash_of_the_signature() {
    // The left halves of the access token's digests, by `sha256sum`, `sha384sum` and `sha512sum`.
    let hashes = [
        ("256", AT_HASH),
        ("384", "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs"),
        ("512", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
    ];
    for (bits, _) in hashes {
        for family in ["RS", "ES", "PS"] {
            for (made_by, at_hash) in hashes {
                let checked = check_signed(&format!("{family}{bits}"), &with("at_hash", json!(at_hash)), |_| {});
                match checked {
                    Ok(identity) => assert!(made_by == bits && identity.access_token_hash_checked),
                    Err(Error::IdToken(failed)) => assert!(made_by != bits && failed.check == "at_hash"),
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    }
}

#[test]
fn i8_without_an_issuer_the_issuer_is_reported_as_not_checked() {
    assert!(check_with(&claims(), |_| {}).unwrap().issuer_checked);
    assert!(!check_with(&claims(), |expected| expected.issuer = None).unwrap().issuer_checked);
}

#[test]
fn i9_critical_extensions_are_refused() {
    for crit in [json!(["b64"]), json!([]), Value::Null] {
        let decoded = decode(&SerdeJson, token(json!({"alg": "RS256", "crit": crit}), &claims()).expose());
        assert_eq!(decoded.unwrap_err(), "its header has critical extensions");
    }
}

#[test]
fn a_string_that_is_not_a_token_is_refused() {
    for text in ["", "a.b", "a.b.c.d", "!.!.!", "e30.e30.!", "e30=.e30.e30", "bnVsbA.bnVsbA.bnVsbA"] {
        assert!(decode(&SerdeJson, text).is_err(), "{text}");
    }
}

#[test]
fn a6_i1_a_sign_in_older_than_max_age_is_refused() {
    let check = |auth_time: Value, max_age: f64| match check_with(&with("auth_time", auth_time), |expected| {
        expected.max_age = Some(max_age)
    }) {
        Ok(_) => None,
        Err(Error::IdToken(failed)) => Some(failed.check),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(check(json!(NOW - 300.0), 300.0), None);
    assert_eq!(check(json!(NOW), 0.0), None);
    // A minute of tolerance for the clocks, and no more.
    assert_eq!(check(json!(NOW - 360.0), 300.0), None);
    assert_eq!(check(json!(NOW - 361.0), 300.0), Some("auth_time"));
    assert_eq!(check(Value::Null, 300.0), Some("auth_time"));
    assert_eq!(check(json!(NOW.to_string()), 300.0), Some("auth_time"));
    assert!(check_with(&with("auth_time", json!(0)), |_| {}).is_ok());
}
