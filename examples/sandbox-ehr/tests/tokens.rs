//! The token endpoint: codes, PKCE, refresh, and the ID token.

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{BASE, Browser, FHIR, Response, STANDALONE_SCOPE, changed, claims, exchange, scopes, text, without};

fn assert_refused(response: &Response, status: StatusCode, error: &str) {
    assert_eq!(response.status, status, "{}", response.body);
    assert_eq!(response.json()["error"], error);
    assert_eq!(response.header("cache-control"), "no-store");
    assert_eq!(response.header("content-type"), "application/json");
    assert!(response.json().get("access_token").is_none());
}

#[tokio::test]
async fn a_code_is_exchanged_for_tokens_with_the_launch_context() {
    let mut browser = Browser::new();
    let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
    let response = browser.exchange(&exchange(&code)).await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.header("cache-control"), "no-store");
    let tokens = response.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["patient"], "1");
    assert_eq!(tokens["need_patient_banner"], true);
    assert_ne!(text(&tokens, "access_token"), text(&tokens, "refresh_token"));
}

#[tokio::test]
async fn a_code_is_valid_once_and_its_reuse_revokes_its_tokens() {
    let mut browser = Browser::new();
    let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
    let tokens = browser.exchange(&exchange(&code)).await.json();
    let access_token = text(&tokens, "access_token");
    assert_eq!(browser.fhir(access_token, "Patient/1").await.status, StatusCode::OK);
    assert_refused(&browser.exchange(&exchange(&code)).await, StatusCode::BAD_REQUEST, "invalid_grant");
    assert_eq!(browser.fhir(access_token, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    let refreshed = browser.refresh(text(&tokens, "refresh_token"), None).await;
    assert_refused(&refreshed, StatusCode::BAD_REQUEST, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_valid_for_a_minute() {
    let mut browser = Browser::new();
    let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
    browser.hands.turn(60);
    assert_refused(&browser.exchange(&exchange(&code)).await, StatusCode::BAD_REQUEST, "invalid_grant");
    let code = browser.elsewhere().standalone_code(STANDALONE_SCOPE, &[]).await;
    browser.hands.turn(59);
    assert_eq!(browser.exchange(&exchange(&code)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_is_bound_to_its_client_redirect_uri_and_verifier() {
    for (name, value) in [
        ("client_id", "MIE-localhost-launch"),
        ("redirect_uri", "http://localhost:8080/code/"),
        ("code_verifier", "another-verifier-that-is-long-enough-for-rfc-7636-too"),
        ("code", "guessed"),
    ] {
        let mut browser = Browser::new();
        let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
        let right = exchange(&code);
        let refused = browser.exchange(&changed(&right, name, value)).await;
        assert_refused(&refused, StatusCode::BAD_REQUEST, "invalid_grant");
        // A failed attempt uses the code up, except one that did not name it.
        let again = browser.exchange(&right).await;
        let expected = if name == "code" { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        assert_eq!(again.status, expected, "{name}");
    }
}

#[tokio::test]
async fn a_malformed_token_request_says_what_is_wrong() {
    let mut browser = Browser::new();
    let right = exchange("any");
    for name in ["grant_type", "code", "redirect_uri", "client_id", "code_verifier"] {
        let response = browser.exchange(&without(&right, name)).await;
        assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_request");
    }
    let short = browser.exchange(&changed(&right, "code_verifier", "short")).await;
    assert_refused(&short, StatusCode::BAD_REQUEST, "invalid_request");
    let mut repeated = right.clone();
    repeated.push(("code".to_owned(), "other".to_owned()));
    assert_refused(&browser.exchange(&repeated).await, StatusCode::BAD_REQUEST, "invalid_request");
    let other = browser.exchange(&changed(&right, "grant_type", "password")).await;
    assert_refused(&other, StatusCode::BAD_REQUEST, "unsupported_grant_type");
    let json = Request::post(format!("{BASE}/oauth/token/")).header("content-type", "application/json");
    let json = browser.send(json.body(Body::from("{}")).unwrap()).await;
    assert_refused(&json, StatusCode::BAD_REQUEST, "invalid_request");
}

#[tokio::test]
async fn an_unknown_client_and_a_public_one_with_a_secret_are_refused() {
    let mut browser = Browser::new();
    let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
    let right = exchange(&code);
    let unknown = browser.exchange(&changed(&right, "client_id", "someone-else")).await;
    assert_refused(&unknown, StatusCode::UNAUTHORIZED, "invalid_client");
    let mut with_secret = right.clone();
    with_secret.push(("client_secret".to_owned(), "guessed".to_owned()));
    assert_refused(&browser.exchange(&with_secret).await, StatusCode::UNAUTHORIZED, "invalid_client");
    assert_eq!(browser.exchange(&right).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_access_token_expires_at_the_stated_time() {
    let mut browser = Browser::with(|mut config| {
        config.token_ttl = std::time::Duration::from_secs(90);
        config
    });
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    assert_eq!(tokens["expires_in"], 90);
    browser.hands.turn(89);
    assert_eq!(browser.fhir(text(&tokens, "access_token"), "Patient/1").await.status, StatusCode::OK);
    browser.hands.turn(1);
    let dead = browser.fhir(text(&tokens, "access_token"), "Patient/1").await;
    assert_eq!(dead.status, StatusCode::UNAUTHORIZED);
    assert!(dead.header("www-authenticate").contains("invalid_token"));
}

#[tokio::test]
async fn a_refresh_token_is_replaced_at_each_use() {
    let mut browser = Browser::new();
    let first = browser.standalone_tokens(STANDALONE_SCOPE, &["Encounter"]).await;
    let response = browser.refresh(text(&first, "refresh_token"), None).await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.header("cache-control"), "no-store");
    let second = response.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    assert_eq!(second["scope"], first["scope"]);
    assert_eq!(second["patient"], "1");
    assert_eq!(browser.fhir(text(&second, "access_token"), "Patient/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn reuse_of_a_refresh_token_revokes_the_family() {
    let mut browser = Browser::new();
    let first = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let second = browser.refresh(text(&first, "refresh_token"), None).await.json();
    let reused = browser.refresh(text(&first, "refresh_token"), None).await;
    assert_refused(&reused, StatusCode::BAD_REQUEST, "invalid_grant");
    let newest = browser.refresh(text(&second, "refresh_token"), None).await;
    assert_refused(&newest, StatusCode::BAD_REQUEST, "invalid_grant");
    for tokens in [&first, &second] {
        let response = browser.fhir(text(tokens, "access_token"), "Patient/1").await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_but_not_broaden_it() {
    let mut browser = Browser::new();
    let first = browser.standalone_tokens(STANDALONE_SCOPE, &["Encounter"]).await;
    let refresh_token = text(&first, "refresh_token");
    let broader = browser.refresh(refresh_token, Some("patient/Observation.rs patient/Encounter.rs")).await;
    assert_refused(&broader, StatusCode::BAD_REQUEST, "invalid_scope");
    let narrowed = browser.refresh(refresh_token, Some("patient/Observation.rs")).await.json();
    assert_eq!(scopes(&narrowed), ["patient/Observation.rs"]);
    let access_token = text(&narrowed, "access_token");
    assert_eq!(browser.fhir(access_token, "Observation?patient=1").await.status, StatusCode::OK);
    assert_eq!(browser.fhir(access_token, "Condition?patient=1").await.status, StatusCode::FORBIDDEN);
    let restored = browser.refresh(text(&narrowed, "refresh_token"), None).await.json();
    assert_eq!(restored["scope"], first["scope"]);
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_client() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "plain-html"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    let response = browser.post(&format!("{BASE}/oauth/token/"), &form).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_grant");
}

#[tokio::test]
async fn no_refresh_token_without_offline_access() {
    let tokens = Browser::new().standalone_tokens("launch/patient patient/Observation.rs", &[]).await;
    assert!(tokens.get("refresh_token").is_none());
    assert!(tokens.get("id_token").is_none());
}

#[tokio::test]
async fn the_id_token_is_signed_with_the_published_key_and_names_the_user() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let jwk = browser.get(&format!("{BASE}/jwks/")).await.json()["keys"][0].clone();
    let key = DecodingKey::from_rsa_components(text(&jwk, "n"), text(&jwk, "e")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.set_audience(&["MIE-localhost"]);
    validation.set_issuer(&[BASE]);
    let token = jsonwebtoken::decode::<Value>(text(&tokens, "id_token"), &key, &validation).unwrap();
    assert_eq!(token.header.kid.as_deref(), jwk["kid"].as_str());
    assert_eq!(token.claims["nonce"], "a nonce");
    assert_eq!(token.claims["fhirUser"], format!("{FHIR}/Patient/1"));
    assert_eq!(token.claims["iat"], browser.hands.now());
    assert!(token.claims["exp"].as_u64() > Some(browser.hands.now()));
    assert!(!text(&token.claims, "sub").is_empty());
    let hash = Sha256::digest(text(&tokens, "access_token"));
    assert_eq!(token.claims["at_hash"], URL_SAFE_NO_PAD.encode(hash.split_at(16).0));
}

#[tokio::test]
async fn a_refresh_returns_a_new_id_token_of_the_same_user_without_a_nonce() {
    let mut browser = Browser::new();
    let first = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    browser.hands.turn(600);
    let second = browser.refresh(text(&first, "refresh_token"), None).await.json();
    let (old, new) = (claims(text(&first, "id_token")), claims(text(&second, "id_token")));
    for name in ["iss", "sub", "aud", "fhirUser"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_eq!(new["iat"], browser.hands.now());
    assert!(new.get("nonce").is_none());
    let hash = Sha256::digest(text(&second, "access_token"));
    assert_eq!(new["at_hash"], URL_SAFE_NO_PAD.encode(hash.split_at(16).0));
    let narrowed = browser.refresh(text(&second, "refresh_token"), Some("patient/Observation.rs")).await.json();
    assert!(narrowed.get("id_token").is_none());
}
