//! Epic's registration of a key for one device, and the access tokens that the key brings.

#[path = "support/dialects.rs"]
mod dialects;
#[path = "support/keys.rs"]
mod keys;
mod support;

use axum::http::{Method, StatusCode};
use dialects::{send_json, speaking};
use keys::{ASSERTION_TYPE, ClientKey, KEYS};
use sandbox_ehr::Dialect;
use serde_json::{Value, json};
use support::{BASE, Browser, ORIGIN, Response, changed, exchange, from_chart, scopes, standalone, text};

const REGISTER: &str = "system/DynamicClient.register";
const SCOPE: &str = "launch/patient openid fhirUser offline_access patient/*.rs system/DynamicClient.register";
const SOFTWARE_ID: &str = "MIE-localhost-software";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const DAY: u64 = 24 * 3600;

fn epic() -> Browser {
    speaking(Dialect::Epic)
}

/// The token response for patient 1, who denies these items.
async fn launched(browser: &mut Browser, denied: &[&str]) -> Value {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(standalone(SCOPE)).finish();
    let page = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let code = browser.decide(&confirmation, "allow", denied).await.redirected("code").unwrap();
    let form = exchange(&code);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(&format!("{BASE}/oauth2/token"), &form).await.json()
}

fn metadata() -> Value {
    json!({ "software_id": SOFTWARE_ID, "jwks": KEYS.jwks })
}

async fn register(browser: &mut Browser, token: &str, metadata: &Value) -> Response {
    send_json(browser, Method::POST, &format!("{BASE}/oauth2/register"), token, metadata).await
}

/// The client id of a device on which patient 1 keeps the app connected.
async fn kept(browser: &mut Browser) -> String {
    let tokens = launched(browser, &[]).await;
    let response = register(browser, text(&tokens, "access_token"), &metadata()).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
    text(&response.json(), "client_id").to_owned()
}

fn right(browser: &Browser, client_id: &str, jti: &str) -> Value {
    let exp = browser.hands.now() + 300;
    json!({ "iss": client_id, "sub": client_id, "aud": format!("{BASE}/oauth2/token"), "exp": exp, "jti": jti })
}

async fn by_claims(browser: &mut Browser, claims: &Value, more: &[(&str, &str)]) -> Response {
    let assertion = KEYS.sign("RS384", "rsa", claims);
    let mut form = vec![("grant_type", JWT_BEARER), ("assertion", &*assertion)];
    form.extend(more);
    browser.post(&format!("{BASE}/oauth2/token"), &form).await
}

async fn by_key(browser: &mut Browser, client_id: &str, jti: &str) -> Response {
    let claims = right(browser, client_id, jti);
    by_claims(browser, &claims, &[("client_id", client_id)]).await
}

#[track_caller]
fn assert_refused(response: &Response, status: StatusCode, error: &str, about: &str) {
    assert_eq!(response.status, status, "{}", response.body);
    let body = response.json();
    assert_eq!(body["error"], error, "{body}");
    assert!(text(&body, "error_description").contains(about), "{body}");
}

#[tokio::test]
async fn the_documents_name_the_endpoint_the_grant_and_the_scope() {
    let smart = epic().get(&format!("{BASE}/fhir/.well-known/smart-configuration")).await.json();
    assert_eq!(smart["registration_endpoint"], format!("{BASE}/oauth2/register"));
    let has = |name: &str, value: &str| smart[name].as_array().unwrap().iter().any(|item| item == value);
    assert!(has("grant_types_supported", JWT_BEARER) && has("scopes_supported", REGISTER));
}

#[tokio::test]
async fn a_device_registers_its_key_with_the_access_token_of_the_launch() {
    let mut browser = epic();
    let tokens = launched(&mut browser, &[]).await;
    assert!(scopes(&tokens).contains(&REGISTER), "{tokens}");
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    let initial = text(&tokens, "access_token");
    assert_eq!(browser.fhir(initial, "Patient/1").await.status, StatusCode::OK);

    let response = register(&mut browser, initial, &metadata()).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
    assert_eq!(response.header("cache-control"), "no-store");
    let registered = response.json();
    let client_id = text(&registered, "client_id").to_owned();
    assert_ne!(client_id, "MIE-localhost");
    assert_eq!(
        registered,
        json!({ "client_id": client_id, "client_id_issued_at": browser.hands.now(), "software_id": SOFTWARE_ID,
                "grant_types": [JWT_BEARER], "token_endpoint_auth_method": "none" })
    );

    assert_eq!(browser.fhir(initial, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    let again = register(&mut browser, initial, &metadata()).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(again.header("www-authenticate").contains("invalid_token"));

    let tokens = by_key(&mut browser, &client_id, "first").await;
    assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.body);
    let tokens = tokens.json();
    assert_eq!((&tokens["patient"], &tokens["expires_in"]), (&json!("1"), &json!(3600)));
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none(), "{tokens}");
    let granted = scopes(&tokens);
    assert!(granted.contains(&"patient/Observation.rs") && !granted.contains(&REGISTER), "{granted:?}");
    let access = text(&tokens, "access_token");
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::OK);
    assert_eq!(browser.fhir(access, "Patient/2").await.status, StatusCode::FORBIDDEN);
    assert_eq!(register(&mut browser, access, &metadata()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_key_works_for_ninety_days() {
    let mut browser = epic();
    let client_id = kept(&mut browser).await;
    browser.hands.turn(DAY);
    let next_day = by_key(&mut browser, &client_id, "next day").await;
    assert_eq!(next_day.status, StatusCode::OK, "{}", next_day.body);
    browser.hands.turn(89 * DAY - 60);
    let last = by_key(&mut browser, &client_id, "last").await.json();
    assert_eq!(last["expires_in"], 60);
    browser.hands.turn(60);
    let late = by_key(&mut browser, &client_id, "late").await;
    assert_refused(&late, StatusCode::BAD_REQUEST, "invalid_grant", "has expired");
    assert_eq!(browser.fhir(text(&last, "access_token"), "Patient/1").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_patient_can_deny_it_and_share_data_still() {
    let mut browser = epic();
    let tokens = launched(&mut browser, &[REGISTER]).await;
    assert!(!scopes(&tokens).contains(&REGISTER) && scopes(&tokens).contains(&"patient/Observation.rs"), "{tokens}");
    let access = text(&tokens, "access_token");
    let response = register(&mut browser, access, &metadata()).await;
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert_eq!(response.json()["error"], "insufficient_scope");
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_any_data_the_authorization_is_denied() {
    let mut browser = epic();
    let scope = format!("launch/patient patient/Observation.rs {REGISTER}");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(standalone(&scope)).finish();
    let page = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let response = browser.decide(&confirmation, "allow", &["Observation"]).await;
    assert_eq!(response.redirected("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn others_do_not_get_the_scope() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(SCOPE, &[]).await;
    assert!(!scopes(&tokens).contains(&REGISTER), "WebChart: {tokens}");

    let mut browser = epic();
    browser.log_in_as_provider().await;
    let launch = browser.launch_value(1, 0).await;
    let scope = format!("launch patient/*.rs {REGISTER}");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(from_chart(&scope, &launch)).finish();
    let code = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await.redirected("code").unwrap();
    let form: Vec<(String, String)> =
        changed(&changed(&exchange(&code), "client_id", "MIE-localhost-launch"), "redirect_uri", support::LAUNCH_URI);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let tokens = browser.post(&format!("{BASE}/oauth2/token"), &form).await.json();
    assert!(!scopes(&tokens).contains(&REGISTER), "from the chart: {tokens}");

    let parameters = changed(&standalone(SCOPE), "client_id", "MIE-localhost-secret");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let page = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    assert!(!confirmation.body.contains(REGISTER), "a client with a secret");
}

#[tokio::test]
async fn a_refused_registration_leaves_the_access_token_as_it_was() {
    let mut browser = epic();
    let tokens = launched(&mut browser, &[]).await;
    let access = text(&tokens, "access_token");
    let with = |name: &str, value: Value| {
        let mut metadata = metadata();
        metadata[name] = value;
        metadata
    };
    let mut private = KEYS.jwks.clone();
    private["keys"][0]["d"] = "AQAB".into();
    let mut unnamed = KEYS.jwks.clone();
    unnamed["keys"][0].as_object_mut().unwrap().remove("kid");
    for (wrong, about) in [
        (json!([]), "JSON object"),
        (with("software_id", json!("MIE-localhost")), "software_id"),
        (with("software_id", Value::Null), "software_id"),
        (with("jwks", Value::Null), "jwks"),
        (with("jwks", json!({ "keys": [] })), "jwks"),
        (with("jwks", json!({ "keys": [{ "kty": "oct", "kid": "1", "k": "AAAA" }] })), "jwks"),
        (with("jwks", unnamed), "kid"),
        (with("jwks", private), "private"),
    ] {
        let response = register(&mut browser, access, &wrong).await;
        assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_client_metadata", about);
    }
    for token in ["", "nonsense", text(&tokens, "id_token")] {
        let response = register(&mut browser, token, &metadata()).await;
        assert_eq!((response.status, &response.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));
    }
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::OK);
    assert_eq!(register(&mut browser, access, &metadata()).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_expired_access_token_cannot_register() {
    let mut browser = epic();
    let tokens = launched(&mut browser, &[]).await;
    browser.hands.turn(3600);
    let response = register(&mut browser, text(&tokens, "access_token"), &metadata()).await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assertion_must_be_right_and_new() {
    let mut browser = epic();
    let client_id = kept(&mut browser).await;
    let now = browser.hands.now();
    for (name, value, about) in [
        ("sub", json!("patient-1"), "sub"),
        ("aud", json!(format!("{BASE}/oauth2")), "aud"),
        ("exp", json!(now), "expired"),
        ("exp", json!(now + 301), "five minutes"),
        ("jti", json!(""), "jti"),
        ("jti", Value::Null, "not a JWT"),
    ] {
        let mut wrong = right(&browser, &client_id, "wrong");
        wrong[name] = value;
        let response = by_claims(&mut browser, &wrong, &[]).await;
        assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_grant", about);
    }
    let forged = ClientKey::generate().sign("RS384", "rsa", &right(&browser, &client_id, "forged"));
    let form = [("grant_type", JWT_BEARER), ("assertion", &*forged)];
    let response = browser.post(&format!("{BASE}/oauth2/token"), &form).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_grant", "signature");

    assert_eq!(by_key(&mut browser, &client_id, "once").await.status, StatusCode::OK);
    let twice = by_key(&mut browser, &client_id, "once").await;
    assert_refused(&twice, StatusCode::BAD_REQUEST, "invalid_grant", "used before");
    let unknown = by_key(&mut browser, "nobody", "unknown").await;
    assert_refused(&unknown, StatusCode::UNAUTHORIZED, "invalid_client", "not registered");
    let public = by_key(&mut browser, "MIE-localhost", "public").await;
    assert_refused(&public, StatusCode::BAD_REQUEST, "invalid_grant", "no key");
}

#[tokio::test]
async fn other_client_authentication_beside_the_assertion_is_refused() {
    let mut browser = epic();
    let client_id = kept(&mut browser).await;
    let claims = right(&browser, &client_id, "only");
    for more in [("client_secret", "secret"), ("client_assertion", "e30.e30.e30"), ("client_id", "MIE-localhost")] {
        let response = by_claims(&mut browser, &claims, &[more]).await;
        assert_refused(&response, StatusCode::BAD_REQUEST, "invalid_request", "");
    }
    let without = browser.post(&format!("{BASE}/oauth2/token"), &[("grant_type", JWT_BEARER)]).await;
    assert_refused(&without, StatusCode::BAD_REQUEST, "invalid_request", "assertion is missing");
    assert_eq!(by_claims(&mut browser, &claims, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_key_of_a_device_is_only_valid_for_this_grant() {
    let mut browser = epic();
    let client_id = kept(&mut browser).await;
    let assertion = KEYS.sign("RS384", "rsa", &right(&browser, &client_id, "elsewhere"));
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.rs"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &*assertion),
    ];
    let response = browser.post(&format!("{BASE}/oauth2/token"), &form).await;
    assert_refused(&response, StatusCode::BAD_REQUEST, "unauthorized_client", "grant");
    let parameters: Vec<(&str, &str)> = standalone("patient/*.rs")
        .into_iter()
        .map(|(name, value)| (name, if name == "client_id" { &*client_id } else { value }))
        .collect();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let page = browser.get(&format!("{BASE}/oauth2/authorize?{query}")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_may_narrow_the_scope_and_not_widen_it() {
    let mut browser = epic();
    let client_id = kept(&mut browser).await;
    let claims = right(&browser, &client_id, "narrow");
    let narrow = by_claims(&mut browser, &claims, &[("scope", "patient/Condition.rs")]).await.json();
    assert_eq!(scopes(&narrow), ["patient/Condition.rs"]);
    let claims = right(&browser, &client_id, "wide");
    let wide = by_claims(&mut browser, &claims, &[("scope", REGISTER)]).await;
    assert_refused(&wide, StatusCode::BAD_REQUEST, "invalid_scope", "more than was granted");
}

#[tokio::test]
async fn the_clinic_sees_the_connection_and_ends_it() {
    let mut browser = epic();
    let client_id = kept(&mut browser).await;
    let tokens = by_key(&mut browser, &client_id, "before").await.json();
    browser.hands.turn(DAY);
    browser.log_in_as_provider().await;
    let page = browser.get(&format!("{BASE}?f=layout&module=Login&name=OAuthCodes")).await;
    assert!(page.body.contains(&client_id) && page.body.contains("smartrust launcher, kept on a device"));
    let (form_token, grant) = (page.field("form_token"), page.field("grant"));
    browser.post(BASE, &[("form_token", &form_token), ("grant", &grant)]).await;
    assert_eq!(browser.fhir(text(&tokens, "access_token"), "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    let after = by_key(&mut browser, &client_id, "after").await;
    assert_refused(&after, StatusCode::BAD_REQUEST, "invalid_grant", "ended");
}

#[tokio::test]
async fn the_patient_sees_only_own_connections_and_ends_one() {
    let mut browser = epic();
    let (first, second) = (kept(&mut browser).await, kept(&mut browser.elsewhere()).await);
    let page = browser.get(&format!("{BASE}/portal")).await;
    assert_eq!(page.body.matches("smartrust launcher, kept on a device</strong>").count(), 2, "{}", page.body);
    let mut other = browser.elsewhere();
    let login = &sandbox_ehr::sample_logins().patients[1];
    let form = [("user_name", &*login.user_name), ("password", &login.password)];
    other.post(&format!("{BASE}/portal/log-in"), &form).await;
    let empty = other.get(&format!("{BASE}/portal")).await;
    assert!(empty.body.contains("No app can see your record."), "{}", empty.body);

    let (form_token, grant) = (page.field("form_token"), page.field("grant"));
    let foreign = browser.post(&format!("{BASE}/portal/disconnect"), &[("form_token", "x"), ("grant", &grant)]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let form = [("form_token", &*form_token), ("grant", &grant)];
    let response = browser.post(&format!("{BASE}/portal/disconnect"), &form).await;
    let page = browser.get(&format!("{ORIGIN}{}", response.location())).await;
    assert_eq!(page.body.matches("name=\"grant\"").count(), 1);
    let mut left = Vec::new();
    for client_id in [&first, &second] {
        left.push(by_key(&mut browser, client_id, "which").await.status);
    }
    left.sort();
    assert_eq!(left, [StatusCode::OK, StatusCode::BAD_REQUEST]);
}

#[tokio::test]
async fn a_new_client_can_be_refused_at_first_without_a_reason() {
    let mut browser = Browser::with(|mut config| {
        (config.dialect, config.control) = (Dialect::Epic, true);
        config
    });
    let early = kept(&mut browser).await;
    assert_eq!(by_key(&mut browser, &early, "early").await.status, StatusCode::OK);
    let order = json!({ "deviations": ["new-client-refused"], "count": 2 });
    let ordered = send_json(&mut browser, Method::POST, &format!("{ORIGIN}/control/protocol"), "", &order).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    let late = kept(&mut browser).await;
    assert_eq!(by_key(&mut browser, &early, "still").await.status, StatusCode::OK, "it had a token before");
    for jti in ["1", "2"] {
        let response = by_key(&mut browser, &late, jti).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert_eq!(response.json(), json!({ "error": "invalid_grant", "error_description": null }));
    }
    let tokens = by_key(&mut browser, &late, "3").await;
    assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.body);
}
