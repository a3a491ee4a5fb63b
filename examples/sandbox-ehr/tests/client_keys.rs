//! Clients that authenticate with a key, and those that act by themselves with one.

#[path = "support/keys.rs"]
mod keys;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use keys::{ASSERTION_TYPE, ClientKey, KEYS, right_claims, with_keys};
use sandbox_ehr::{ClientKeys, KEY_CLIENT_ID};
use serde_json::{Value, json};
use support::{BASE, Browser, CODE_URI, Response, VERIFIER, changed, claims, scopes, standalone, text};

const BACKEND_SCOPE: &str = "system/*.rs";

async fn post(browser: &mut Browser, assertion: &str, form: &[(&str, &str)]) -> Response {
    let mut form = form.to_vec();
    form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]);
    browser.post(&format!("{BASE}/oauth/token/"), &form).await
}

async fn backend(browser: &mut Browser, assertion: &str, scope: &str) -> Response {
    post(browser, assertion, &[("grant_type", "client_credentials"), ("scope", scope)]).await
}

fn assertion(browser: &Browser, jti: &str) -> String {
    KEYS.sign("RS384", "rsa", &right_claims(browser.hands.now(), jti))
}

fn assert_unauthorized(response: &Response, about: &str) {
    assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{}", response.body);
    let body = response.json();
    assert_eq!(body["error"], "invalid_client");
    assert!(text(&body, "error_description").contains(about), "{body}");
}

#[tokio::test]
async fn every_algorithm_of_the_guide_is_verified() {
    let mut browser = Browser::with(with_keys);
    for (alg, kid) in
        [("RS256", "rsa"), ("RS384", "rsa"), ("RS512", "rsa"), ("ES256", "p256"), ("ES384", "p384"), ("ES512", "p521")]
    {
        let right = KEYS.sign(alg, kid, &right_claims(browser.hands.now(), alg));
        let response = backend(&mut browser, &right, BACKEND_SCOPE).await;
        assert_eq!(response.status, StatusCode::OK, "{alg}: {}", response.body);
        let forged = ClientKey::generate().sign(alg, kid, &right_claims(browser.hands.now(), "forged"));
        assert_unauthorized(&backend(&mut browser, &forged, BACKEND_SCOPE).await, "signature");
    }
}

#[tokio::test]
async fn a_key_is_only_used_for_its_own_algorithm() {
    let mut browser = Browser::with(with_keys);
    let now = browser.hands.now();
    for (alg, kid) in [("RS384", "p384"), ("ES256", "p384"), ("ES384", "p256"), ("none", "rsa"), ("HS256", "rsa")] {
        let wrong = KEYS.sign(alg, kid, &right_claims(now, kid));
        assert_unauthorized(&backend(&mut browser, &wrong, BACKEND_SCOPE).await, "signature");
    }
    let unknown = KEYS.sign("RS384", "another", &right_claims(now, "another"));
    assert_unauthorized(&backend(&mut browser, &unknown, BACKEND_SCOPE).await, "kid");
    let mut keys = KEYS.jwks.clone();
    keys["keys"][0]["alg"] = "RS384".into();
    let mut strict = Browser::with(|mut config| {
        config.set_client_keys(ClientKeys::Set(keys));
        config
    });
    let other = KEYS.sign("RS256", "rsa", &right_claims(now, "other"));
    assert_unauthorized(&backend(&mut strict, &other, BACKEND_SCOPE).await, "signature");
}

#[tokio::test]
async fn wrong_claims_are_refused() {
    let mut browser = Browser::with(with_keys);
    let now = browser.hands.now();
    for (name, value, about) in [
        ("sub", json!("somebody"), "sub"),
        ("iss", json!("somebody"), "not registered"),
        ("aud", json!(BASE), "aud"),
        ("aud", json!([BASE]), "aud"),
        ("aud", json!(7), "aud"),
        ("exp", json!(now), "expired"),
        ("exp", json!(now + 301), "five minutes"),
        ("exp", json!("soon"), "not a JWT"),
        ("jti", json!(""), "jti"),
        ("jti", Value::Null, "not a JWT"),
    ] {
        let mut wrong = right_claims(now, "wrong");
        wrong[name] = value;
        let response = backend(&mut browser, &KEYS.sign("RS384", "rsa", &wrong), BACKEND_SCOPE).await;
        assert_unauthorized(&response, about);
    }
    for nonsense in ["nonsense", "a.b.c", "..", "e30.e30.e30"] {
        assert_unauthorized(&backend(&mut browser, nonsense, BACKEND_SCOPE).await, "not a JWT");
    }
    let mut listed = right_claims(now, "listed");
    listed["aud"] = json!(["https://elsewhere.example", format!("{BASE}/oauth/token/")]);
    let response = backend(&mut browser, &KEYS.sign("RS384", "rsa", &listed), BACKEND_SCOPE).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
}

#[tokio::test]
async fn an_assertion_is_valid_once() {
    let mut browser = Browser::with(with_keys);
    let once = assertion(&browser, "once");
    assert_eq!(backend(&mut browser, &once, BACKEND_SCOPE).await.status, StatusCode::OK);
    assert_unauthorized(&backend(&mut browser, &once, BACKEND_SCOPE).await, "used before");
    let fresh = assertion(&browser, "fresh");
    assert_eq!(backend(&mut browser, &fresh, BACKEND_SCOPE).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_with_a_key_cannot_authenticate_in_another_way() {
    let mut browser = Browser::with(with_keys);
    let form = [("grant_type", "client_credentials"), ("scope", BACKEND_SCOPE), ("client_id", KEY_CLIENT_ID)];
    let address = format!("{BASE}/oauth/token/");
    assert_unauthorized(&browser.post(&address, &form).await, "key");
    let by_two = [("grant_type", "client_credentials"), ("scope", BACKEND_SCOPE), ("client_secret", "x")];
    let two = assertion(&browser, "two");
    assert_eq!(post(&mut browser, &two, &by_two).await.json()["error"], "invalid_request");
    let as_another = [("grant_type", "client_credentials"), ("scope", BACKEND_SCOPE), ("client_id", "MIE-localhost")];
    assert_eq!(post(&mut browser, &two, &as_another).await.json()["error"], "invalid_request");
    let mut of_public = right_claims(browser.hands.now(), "public");
    (of_public["iss"], of_public["sub"]) = (json!("MIE-localhost"), json!("MIE-localhost"));
    let of_public = KEYS.sign("RS384", "rsa", &of_public);
    assert_unauthorized(&backend(&mut browser, &of_public, BACKEND_SCOPE).await, "no key");
}

#[tokio::test]
async fn a_client_with_a_key_exchanges_a_code_and_refreshes() {
    let mut browser = Browser::with(with_keys);
    let request = changed(&standalone("launch/patient openid offline_access patient/*.rs"), "client_id", KEY_CLIENT_ID);
    let page = browser.authorize(&request).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let code = browser.decide(&confirmation, "allow", &[]).await.redirected("code").unwrap();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CODE_URI),
        ("code_verifier", VERIFIER),
    ];
    let first = assertion(&browser, "first");
    let response = post(&mut browser, &first, &exchange).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    let tokens = response.json();
    assert_eq!(claims(text(&tokens, "id_token"))["aud"], KEY_CLIENT_ID);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let second = assertion(&browser, "second");
    let response = post(&mut browser, &second, &refresh).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    assert_ne!(response.json()["access_token"], tokens["access_token"]);
}

#[tokio::test]
async fn a_backend_gets_a_short_token_for_all_patients_and_no_other() {
    let mut browser = Browser::with(with_keys);
    let proof = assertion(&browser, "backend");
    let tokens = backend(&mut browser, &proof, "system/*.read patient/*.rs openid offline_access").await.json();
    assert_eq!(scopes(&tokens), ["system/*.read"]);
    assert_eq!(tokens["expires_in"], 300);
    for member in ["refresh_token", "id_token", "patient", "need_patient_banner"] {
        assert!(tokens.get(member).is_none(), "{member}");
    }
    let access_token = text(&tokens, "access_token").to_owned();
    for path in ["Patient/1", "Patient/2", "Observation?patient=3&_count=1", "Group"] {
        assert_eq!(browser.fhir(&access_token, path).await.status, StatusCode::OK, "{path}");
    }
    browser.hands.turn(300);
    assert_eq!(browser.fhir(&access_token, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_backend_reads_only_the_types_of_its_scopes() {
    let mut browser = Browser::with(with_keys);
    let proof = assertion(&browser, "narrow");
    let tokens = backend(&mut browser, &proof, "system/Patient.r").await.json();
    let access_token = text(&tokens, "access_token");
    assert_eq!(browser.fhir(access_token, "Patient/2").await.status, StatusCode::OK);
    for path in ["Patient", "Observation?patient=2"] {
        assert_eq!(browser.fhir(access_token, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn only_a_client_with_a_key_and_system_scopes_gets_a_token_without_a_user() {
    let mut browser = Browser::with(with_keys);
    for scope in ["", "patient/*.rs", "user/*.rs", "system/*.cud", "openid"] {
        let proof = assertion(&browser, &format!("scope {scope}"));
        assert_eq!(backend(&mut browser, &proof, scope).await.json()["error"], "invalid_scope", "{scope}");
    }
    let form = [("grant_type", "client_credentials"), ("scope", BACKEND_SCOPE), ("client_id", "MIE-localhost")];
    let response = browser.post(&format!("{BASE}/oauth/token/"), &form).await;
    assert_eq!(response.json()["error"], "unauthorized_client");
}

#[tokio::test]
async fn a_user_cannot_grant_system_scopes() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens("launch/patient patient/Patient.rs system/*.rs", &[]).await;
    assert_eq!(scopes(&tokens), ["launch/patient", "patient/Patient.rs"]);
    let tokens = browser.ehr_tokens(1, "launch patient/Patient.rs system/*.rs").await;
    assert_eq!(scopes(&tokens), ["launch", "patient/Patient.rs"]);
}

#[tokio::test]
async fn keys_are_fetched_from_the_clients_url() {
    let fetched = Arc::new(AtomicUsize::new(0));
    let counter = fetched.clone();
    let keys = Router::new().route(
        "/keys",
        get(async move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Json(KEYS.jwks.clone())
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, keys).await });
    for (path, status) in [("keys", StatusCode::OK), ("nothing", StatusCode::UNAUTHORIZED)] {
        let mut browser = Browser::with(|mut config| {
            config.set_client_keys(format!("http://{address}/{path}").parse().unwrap());
            config
        });
        let proof = assertion(&browser, path);
        assert_eq!(backend(&mut browser, &proof, BACKEND_SCOPE).await.status, status, "{path}");
    }
    assert_eq!(fetched.load(Ordering::Relaxed), 1);
}

#[test]
fn a_source_without_a_key_set_is_an_error() {
    let wrong = |place: &str| place.parse::<ClientKeys>().unwrap_err();
    assert!(wrong("https://app.example/jwks.json").contains("plain http"));
    assert!(wrong("/nowhere/jwks.json").contains("cannot be read"));
    assert!(wrong(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).contains("not JSON"));
}
