//! ID tokens: the claims of every accepted token.

use proptest::prelude::*;
use serde_json::{Value, json};
use smartrust::memory::SerdeJson;
use smartrust::protocol::encoding::base64url;
use smartrust::protocol::id_token::{Expected, read, read_renewed};
use smartrust::protocol::secret::{AccessToken, IdToken};

use crate::generated::{cases, object};

const NOW: f64 = 1_700_000_000.0;

fn changes() -> impl Strategy<Value = Value> {
    object(
        &["iss", "aud", "azp", "sub", "exp", "iat", "nonce", "at_hash", "fhirUser"],
        &[
            r#""https://ehr.example""#,
            r#""https://ehr.example/""#,
            r#""app""#,
            r#""other""#,
            r#"["app"]"#,
            r#"["app", "other"]"#,
            r#"["app", 7]"#,
            r#""n1""#,
            r#""""#,
            "null",
            "1699999939",
            "1699999941",
            "1800000000",
            r#""1800000000""#,
        ],
    )
}

fn token(changes: &Value) -> (Value, IdToken) {
    let mut claims = json!({
        "iss": "https://ehr.example", "aud": "app", "sub": "u1", "iat": 1_699_999_999, "exp": 1_700_000_300, "nonce": "n1",
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let text = [&part(&json!({"alg": "RS256"})), ".", &part(&claims), ".c2ln"].concat();
    (claims, IdToken::new(text))
}

fn expected<'a>(access_token: &'a AccessToken, nonce: Option<&'a str>) -> Expected<'a> {
    Expected {
        issuer: Some("https://ehr.example"),
        client_id: "app",
        trusted_audiences: &[],
        nonce,
        allow_missing_nonce: false,
        access_token,
        max_age: None,
        now: NOW,
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn i1_i2_i6_accepted_claims_are_valid(changes in changes()) {
        let (claims, token) = token(&changes);
        let Ok((identity, _)) = read(&SerdeJson, &token, &expected(&AccessToken::new("a"), Some("n1"))) else { return Ok(()) };
        prop_assert_eq!(&claims["iss"], "https://ehr.example");
        prop_assert!(claims["aud"] == "app" || claims["aud"] == json!(["app"]), "{}", claims["aud"]);
        prop_assert!(claims["azp"].is_null() || claims["azp"] == "app");
        prop_assert_eq!(claims["sub"].as_str(), Some(identity.subject.as_str()));
        prop_assert!(claims["exp"].as_f64().unwrap() > NOW - 60.0);
        prop_assert!(claims["iat"].is_number());
        prop_assert_eq!(&claims["nonce"], "n1");
        prop_assert!(claims["at_hash"].is_null());
        prop_assert!(identity.issuer_checked && identity.nonce_checked && !identity.access_token_hash_checked);
    }

    #[test]
    fn r7_a_renewed_identity_is_the_same_users(changes in changes()) {
        let access_token = AccessToken::new("a");
        let (_, launched) = token(&json!({}));
        let (launched, _) = read(&SerdeJson, &launched, &expected(&access_token, Some("n1"))).unwrap();
        let (claims, renewed) = token(&changes);
        if let Ok(Some(renewed)) = read_renewed(&SerdeJson, &renewed, &expected(&access_token, None), &launched) {
            prop_assert_eq!((&renewed.issuer, &renewed.subject), (&launched.issuer, &launched.subject));
            prop_assert!(claims["aud"] == "app" || claims["aud"] == json!(["app"]), "{}", claims["aud"]);
            prop_assert_eq!(&claims["nonce"], "n1");
        }
    }
}
