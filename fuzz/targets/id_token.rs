//! ID tokens: the first line is the header, the rest the claims. What is taken names the issuer, the client and the nonce.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::memory::SerdeJson;
use smartrust::protocol::encoding::base64url;
use smartrust::protocol::id_token::{Expected, read};
use smartrust::protocol::secret::{AccessToken, IdToken};

fuzz_target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = IdToken::new([&base64url(header.as_bytes()), ".", &base64url(claims.as_bytes()), ".c2ln"].concat());
    let expected = Expected {
        issuer: Some("https://ehr.example"),
        client_id: "app",
        trusted_audiences: &[],
        nonce: Some("n1"),
        allow_missing_nonce: false,
        access_token: &AccessToken::new("a"),
        max_age: None,
        now: 1_700_000_000.0,
    };
    if read(&SerdeJson, &token, &expected).is_ok() {
        let claims: Value = serde_json::from_str(claims).unwrap();
        assert_eq!((claims["iss"].as_str(), claims["nonce"].as_str()), (Some("https://ehr.example"), Some("n1")));
        assert!(claims["aud"] == "app" || claims["aud"].as_array().unwrap().iter().all(|audience| audience == "app"));
    }
});
