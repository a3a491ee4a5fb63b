//! Clients that register themselves, and what becomes of a registration.

#[path = "support/dialects.rs"]
mod dialects;
#[path = "support/keys.rs"]
mod keys;
mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use dialects::{send_json, speaking};
use keys::{ASSERTION_TYPE, KEYS, right_claims};
use sandbox_ehr::Dialect;
use serde_json::{Value, json};
use support::{BASE, Browser, ORIGIN, Response, VERIFIER, changed, scopes, standalone, text};

const CALLBACK: &str = "http://localhost:5555/back";
const SCOPE: &str = "launch/patient patient/*.rs";
const OFFLINE_SCOPE: &str = "launch/patient offline_access patient/*.rs";

async fn register(browser: &mut Browser, metadata: &Value) -> Response {
    send_json(browser, Method::POST, &format!("{BASE}/register"), "", metadata).await
}

async fn registered(browser: &mut Browser, metadata: &Value) -> Value {
    let response = register(browser, metadata).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
    assert_eq!(response.header("cache-control"), "no-store");
    response.json()
}

fn public() -> Value {
    json!({ "client_name": "A new app", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "scope": "launch/patient patient/*.rs" })
}

/// The code that patient 1 gives to this client.
async fn code_for(browser: &mut Browser, client_id: &str, scope: &'static str) -> Response {
    let parameters: Vec<(&str, &str)> = changed(&standalone(scope), "redirect_uri", CALLBACK)
        .into_iter()
        .map(|(name, value)| (name, if name == "client_id" { client_id } else { value }))
        .collect();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let page = browser.get(&format!("{BASE}/authorize?{query}")).await;
    if page.status != StatusCode::OK {
        return page;
    }
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    assert!(confirmation.body.contains("A new app"));
    browser.decide(&confirmation, "allow", &[]).await
}

#[tokio::test]
async fn a_public_client_registers_and_signs_a_patient_in() {
    let mut browser = speaking(Dialect::Webchart2026);
    let mut asked = public();
    asked["client_id"] = "of-my-own-choice".into();
    asked["software_version"] = "7".into();
    let client = registered(&mut browser, &asked).await;
    let client_id = text(&client, "client_id");
    assert_ne!(client_id, "of-my-own-choice");
    assert!(client.get("client_secret").is_none());
    assert_eq!(client["software_version"], "7");
    assert_eq!(client["client_id_issued_at"], browser.hands.now());
    assert_eq!(client["registration_client_uri"], format!("{BASE}/register/{client_id}"));
    let code = code_for(&mut browser, client_id, SCOPE).await.redirected("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("client_id", client_id),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(browser.post(&format!("{BASE}/token"), &form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_origin_of_a_registered_client_has_access() {
    let mut browser = speaking(Dialect::Webchart2026);
    let mut allowed = async || {
        let request = Request::post(format!("{BASE}/token")).header("origin", "http://localhost:5555");
        let response = browser.send(request.body(Body::empty()).unwrap()).await;
        let is_allowed = response.header("access-control-allow-origin") == "http://localhost:5555";
        registered(&mut browser, &public()).await;
        is_allowed
    };
    assert!(!allowed().await);
    assert!(allowed().await);
}

#[tokio::test]
async fn a_confidential_client_gets_a_secret_that_works() {
    let mut browser = speaking(Dialect::Webchart2026);
    let mut metadata = public();
    metadata["token_endpoint_auth_method"] = "client_secret_post".into();
    let client = registered(&mut browser, &metadata).await;
    assert_eq!(client["client_secret_expires_at"], 0);
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    for (secret, status) in [(secret, StatusCode::BAD_REQUEST), ("wrong", StatusCode::UNAUTHORIZED)] {
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", id), ("client_secret", secret)];
        assert_eq!(browser.post(&format!("{BASE}/token"), &form).await.status, status);
    }
    metadata.as_object_mut().unwrap().remove("token_endpoint_auth_method");
    let client = registered(&mut browser, &metadata).await;
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
}

#[tokio::test]
async fn a_backend_registers_its_keys_and_gets_tokens() {
    let mut browser = speaking(Dialect::Webchart2026);
    let metadata = json!({ "client_name": "A backend", "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["client_credentials"], "jwks": KEYS.jwks, "scope": "system/*.rs" });
    let client = registered(&mut browser, &metadata).await;
    let client_id = text(&client, "client_id");
    let mut claims = right_claims(browser.hands.now(), "registered");
    (claims["iss"], claims["sub"], claims["aud"]) =
        (client_id.into(), client_id.into(), format!("{BASE}/token").into());
    let assertion = KEYS.sign("ES384", "p384", &claims);
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.rs"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &*assertion),
    ];
    let response = browser.post(&format!("{BASE}/token"), &form).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    assert_eq!(scopes(&response.json()), ["system/*.rs"]);
}

/// A client of a browser, with a key that the browser made.
fn with_own_key() -> Value {
    let mut metadata = public();
    metadata["token_endpoint_auth_method"] = "private_key_jwt".into();
    metadata["jwks"] = KEYS.jwks.clone();
    metadata
}

/// A request for tokens that a client proves by its key.
async fn by_key(browser: &mut Browser, client_id: &str, jti: &str, form: &[(&str, &str)]) -> Response {
    let mut claims = right_claims(browser.hands.now(), jti);
    (claims["iss"], claims["sub"], claims["aud"]) =
        (client_id.into(), client_id.into(), format!("{BASE}/token").into());
    let assertion = KEYS.sign("RS384", "rsa", &claims);
    let mut form = form.to_vec();
    form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &*assertion)]);
    browser.post(&format!("{BASE}/token"), &form).await
}

/// The token response of a launch of this client, which authenticates by its key.
async fn launched_by_key(browser: &mut Browser, client_id: &str) -> Value {
    let code = code_for(browser, client_id, OFFLINE_SCOPE).await.redirected("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let response = by_key(browser, client_id, &code, &form).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    response.json()
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_the_key_that_was_registered() {
    let mut browser = speaking(Dialect::Webchart2026);
    let client = registered(&mut browser, &with_own_key()).await;
    let client_id = text(&client, "client_id");
    assert!(client.get("client_secret").is_none());
    let tokens = launched_by_key(&mut browser, client_id).await;
    let refresh = text(&tokens, "refresh_token");

    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let mut bare = form.to_vec();
    bare.push(("client_id", client_id));
    let response = browser.post(&format!("{BASE}/token"), &bare).await;
    assert_eq!((response.status, &response.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    let other = registered(&mut browser, &with_own_key()).await;
    let response = by_key(&mut browser, text(&other, "client_id"), "other", &form).await;
    assert_eq!(response.json()["error"], "invalid_grant", "{}", response.body);

    browser.hands.turn(24 * 3600);
    let response = by_key(&mut browser, client_id, "own", &form).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    assert_eq!(response.json()["patient"], "1");
}

#[tokio::test]
async fn the_grants_of_a_client_end_with_its_registration() {
    let mut browser = speaking(Dialect::Webchart2026);
    let client = registered(&mut browser, &with_own_key()).await;
    let client_id = text(&client, "client_id");
    let tokens = launched_by_key(&mut browser, client_id).await;
    let access = text(&tokens, "access_token");
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::OK);
    let (place, token) = (text(&client, "registration_client_uri"), text(&client, "registration_access_token"));
    let response = send_json(&mut browser, Method::DELETE, place, token, &Value::Null).await;
    assert_eq!(response.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let response = by_key(&mut browser, client_id, "after", &form).await;
    assert_eq!(response.json()["error"], "invalid_client");
}

#[tokio::test]
async fn a_client_can_only_use_the_grants_that_it_registered() {
    let mut browser = speaking(Dialect::Webchart2026);
    let mut metadata = with_own_key();
    metadata["grant_types"] = json!(["authorization_code"]);
    let client = registered(&mut browser, &metadata).await;
    let client_id = text(&client, "client_id");
    let by_itself = [("grant_type", "client_credentials"), ("scope", "system/*.rs")];
    let response = by_key(&mut browser, client_id, "itself", &by_itself).await;
    assert_eq!(response.json()["error"], "unauthorized_client", "{}", response.body);
    let tokens = launched_by_key(&mut browser, client_id).await;
    assert!(tokens.get("refresh_token").is_none() && !scopes(&tokens).contains(&"offline_access"), "{tokens}");
}

#[tokio::test]
async fn the_owner_reads_changes_and_ends_a_registration() {
    let mut browser = speaking(Dialect::Webchart2026);
    let client = registered(&mut browser, &public()).await;
    let (place, token) = (text(&client, "registration_client_uri"), text(&client, "registration_access_token"));
    for wrong in ["", "nonsense"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let response = send_json(&mut browser, method, place, wrong, &public()).await;
            assert_eq!(response.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert_eq!(send_json(&mut browser, Method::GET, place, token, &Value::Null).await.json(), client);

    let mut changed = public();
    changed["client_uri"] = "https://app.example".into();
    let response = send_json(&mut browser, Method::PUT, place, token, &changed).await;
    assert_eq!(response.json()["client_uri"], "https://app.example");
    assert_eq!(response.json()["client_id"], client["client_id"]);
    let broken = json!({ "redirect_uris": [] });
    assert_eq!(send_json(&mut browser, Method::PUT, place, token, &broken).await.status, StatusCode::BAD_REQUEST);

    assert_eq!(
        send_json(&mut browser, Method::DELETE, place, token, &Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(send_json(&mut browser, Method::GET, place, token, &Value::Null).await.status, StatusCode::UNAUTHORIZED);
    let refused = code_for(&mut browser, text(&client, "client_id"), SCOPE).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn invalid_metadata_is_refused() {
    let mut browser = speaking(Dialect::Webchart2026);
    let with = |name: &str, value: Value| {
        let mut metadata = public();
        metadata[name] = value;
        metadata
    };
    let with_keys = |jwks: Value| {
        let mut metadata = with_own_key();
        metadata["jwks"] = jwks;
        metadata
    };
    for (error, metadata) in [
        ("invalid_client_metadata", json!([])),
        ("invalid_redirect_uri", with("redirect_uris", json!([]))),
        ("invalid_redirect_uri", with("redirect_uris", json!(["http://app.example/back"]))),
        ("invalid_redirect_uri", with("redirect_uris", json!(["http://localhost.evil.example/"]))),
        ("invalid_redirect_uri", with("redirect_uris", json!(["https://app.example/#fragment"]))),
        ("invalid_redirect_uri", with("redirect_uris", json!(["javascript:alert(1)"]))),
        ("invalid_client_metadata", with("redirect_uris", json!("https://app.example/"))),
        ("invalid_client_metadata", with("token_endpoint_auth_method", json!("tls_client_auth"))),
        ("invalid_client_metadata", with("token_endpoint_auth_method", json!("private_key_jwt"))),
        ("invalid_client_metadata", with_keys(json!({ "keys": [] }))),
        ("invalid_client_metadata", with_keys(json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }))),
        (
            "invalid_client_metadata",
            with_keys(json!({ "keys": [{ "kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB", "d": "AQAB" }] })),
        ),
        ("invalid_client_metadata", with("grant_types", json!(["password"]))),
        ("invalid_client_metadata", with("grant_types", json!(["client_credentials"]))),
    ] {
        let response = register(&mut browser, &metadata).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{metadata}");
        assert_eq!(response.json()["error"], error, "{metadata}");
    }
}

#[tokio::test]
async fn without_registration_the_log_in_page_is_returned() {
    let response = register(&mut Browser::new(), &public()).await;
    assert_eq!(response.status, StatusCode::OK);
    assert!(response.body.contains("Log in to WebChart"));
    assert!(Browser::new().get(ORIGIN).await.status.is_redirection());
}
