//! Keys, grants and errors that are wrong in a way that a test orders.

mod support;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use support::{BASE, Browser, ORIGIN, STANDALONE_SCOPE, claims, exchange, text};

fn controlled() -> Browser {
    Browser::with(|mut config| {
        config.control = true;
        config
    })
}

async fn order(browser: &mut Browser, deviations: &[&str]) {
    let order = json!({ "deviations": deviations });
    let request = Request::post(format!("{ORIGIN}/control/protocol")).header(CONTENT_TYPE, "application/json");
    let response = browser.send(request.body(Body::from(order.to_string())).unwrap()).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
}

async fn keys(browser: &mut Browser) -> Vec<Value> {
    browser.get(&format!("{BASE}/jwks/")).await.json()["keys"].as_array().unwrap().clone()
}

async fn tokens(browser: &mut Browser) -> Value {
    let code = browser.elsewhere().standalone_code(STANDALONE_SCOPE, &[]).await;
    browser.exchange(&exchange(&code)).await.json()
}

#[tokio::test]
async fn a_key_set_is_wrong_once() {
    let mut browser = controlled();
    let honest = keys(&mut browser).await;
    let [own] = &honest[..] else { panic!("{honest:?}") };
    for (deviation, names, expected) in [
        ("keys-not-for-verifying", "key_ops", json!(["encrypt", "wrapKey"])),
        ("keys-unimportable", "e", json!("AA")),
        ("keys-stale", "kty", json!("EC")),
    ] {
        order(&mut browser, &[deviation]).await;
        let wrong = keys(&mut browser).await;
        assert_eq!(wrong[0][names], expected, "{deviation}");
        assert_eq!(wrong.last() == Some(own), deviation == "keys-unimportable");
        assert_eq!(keys(&mut browser).await, honest, "{deviation}");
    }
}

#[tokio::test]
async fn a_key_of_1024_bits_signs_and_is_published() {
    let mut browser = controlled();
    order(&mut browser, &["id-token-short-key", "keys-short"]).await;
    let token = text(&tokens(&mut browser).await, "id_token").to_owned();
    let set = keys(&mut browser).await;
    let key = jsonwebtoken::DecodingKey::from_rsa_components(text(&set[1], "n"), text(&set[1], "e")).unwrap();
    // 128 bytes in base64url.
    assert_eq!(text(&set[1], "n").len(), 171);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let holds = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, jsonwebtoken::Algorithm::RS256);
    assert!(holds.unwrap());
}

#[tokio::test]
async fn a_token_response_is_wrong_in_one_member() {
    let mut browser = controlled();
    for (deviation, member, expected) in [
        ("id-token-empty", "id_token", json!("")),
        ("scope-unknown", "scope", json!("https://ehr.example/scopes/clinical.read")),
        ("patient-no-id", "patient", json!("../Observation")),
        ("lifetime-forever", "expires_in", json!(1e18)),
    ] {
        order(&mut browser, &[deviation]).await;
        assert_eq!(tokens(&mut browser).await[member], expected, "{deviation}");
        assert_ne!(tokens(&mut browser).await[member], expected, "{deviation}");
    }
    order(&mut browser, &["access-token-line-break"]).await;
    assert!(text(&tokens(&mut browser).await, "access_token").contains("\r\n"));
    order(&mut browser, &["scope-with-dots"]).await;
    let scope = text(&tokens(&mut browser).await, "scope").to_owned();
    assert!(scope.contains("patient.Observation.rs") && scope.contains("launch/patient"), "{scope}");
    order(&mut browser, &["id-token-not-yet-valid"]).await;
    let token = text(&tokens(&mut browser).await, "id_token").to_owned();
    assert!(claims(&token)["nbf"].as_u64() > claims(&token)["iat"].as_u64());
}

#[tokio::test]
async fn an_error_repeats_what_was_sent() {
    let mut browser = controlled();
    let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
    order(&mut browser, &["token-error-repeats"]).await;
    let refused = browser.exchange(&exchange(&code)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(text(&refused.json(), "error_description").contains(&code));
    let tokens = browser.exchange(&exchange(&code)).await.json();
    let token = text(&tokens, "access_token");
    order(&mut browser, &["fhir-error-repeats"]).await;
    let refused = browser.fhir(token, "Patient/1").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains(token));
    assert_eq!(browser.fhir(token, "Patient/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_openid_configuration_is_of_another_issuer() {
    let mut browser = controlled();
    let issuer = async |browser: &mut Browser| {
        let document = browser.get(&format!("{BASE}/.well-known/openid-configuration")).await.json();
        document["issuer"].clone()
    };
    order(&mut browser, &["openid-other-issuer"]).await;
    assert_eq!(issuer(&mut browser).await, "https://another.example");
    assert_eq!(issuer(&mut browser).await, BASE);
}
