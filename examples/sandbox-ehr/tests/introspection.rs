//! What a token stands for, and who is told.

mod support;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox_ehr::{ClientSecret, SECRET_CLIENT_ID};
use serde_json::{Value, json};
use support::{
    BASE, Browser, CODE_URI, FHIR, Response, STANDALONE_SCOPE, changed, exchange, standalone, text, without,
};

const SECRET: &str = "a secret: with + and % in it";

fn with_secret() -> Browser {
    Browser::with(|mut config| {
        config.set_client_secret(ClientSecret::new(SECRET));
        config
    })
}

fn encoded(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

async fn post(browser: &mut Browser, path: &str, authorization: Option<&str>, form: &[(&str, &str)]) -> Response {
    let mut request = Request::post(format!("{BASE}{path}")).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    browser.send(request.body(Body::from(encoded(form))).unwrap()).await
}

async fn introspect(browser: &mut Browser, authorization: Option<&str>, token: &str) -> Response {
    post(browser, "/oauth/introspect/", authorization, &[("token", token)]).await
}

/// A code for the client with a secret.
async fn code(browser: &mut Browser) -> String {
    let request = changed(&standalone(STANDALONE_SCOPE), "client_id", SECRET_CLIENT_ID);
    let request = without(&without(&request, "code_challenge"), "code_challenge_method");
    let page = browser.authorize(&request).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    browser.decide(&confirmation, "allow", &[]).await.redirected("code").unwrap()
}

/// Tokens for the client with a secret.
async fn tokens(browser: &mut Browser) -> Value {
    let code = code(browser).await;
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CODE_URI)];
    let response = post(browser, "/oauth/token/", Some(&basic(SECRET_CLIENT_ID, SECRET)), &form).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    response.json()
}

#[tokio::test]
async fn the_holder_of_a_token_can_introspect_it() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &["Observation"]).await;
    let token = text(&tokens, "access_token");
    let response = introspect(&mut browser, Some(&format!("Bearer {token}")), token).await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.header("cache-control"), "no-store");
    let told = response.json();
    assert_eq!(told["active"], true);
    assert_eq!(told["scope"], tokens["scope"]);
    assert_eq!(told["client_id"], "MIE-localhost");
    assert_eq!(told["exp"], browser.hands.now() + 3600);
    assert_eq!(told["patient"], "1");
    assert_eq!(told["iss"], BASE);
    assert_eq!(told["sub"], support::claims(text(&tokens, "id_token"))["sub"]);
    assert_eq!(told["fhirUser"], format!("{FHIR}/Patient/1"));
}

#[tokio::test]
async fn an_expired_or_unknown_token_is_inactive_without_further_data() {
    let mut browser = Browser::new();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let token = text(&tokens, "access_token");
    browser.hands.turn(3600);
    for token in [token, "guessed"] {
        let response = introspect(&mut browser, Some(&format!("Bearer {token}")), token).await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.json(), json!({ "active": false }));
    }
}

#[tokio::test]
async fn a_client_cannot_introspect_anothers_token() {
    let mut browser = with_secret();
    let one = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let other = browser.elsewhere().standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let bearer = format!("Bearer {}", text(&one, "access_token"));
    let response = introspect(&mut browser, Some(&bearer), text(&other, "access_token")).await;
    assert_eq!(response.json(), json!({ "active": false }));
    let by_client = basic(SECRET_CLIENT_ID, SECRET);
    let response = introspect(&mut browser, Some(&by_client), text(&one, "access_token")).await;
    assert_eq!(response.json(), json!({ "active": false }));
    for nobody in [None, Some(basic("MIE-localhost", "x")), Some(basic(SECRET_CLIENT_ID, "wrong"))] {
        let response = introspect(&mut browser, nobody.as_deref(), text(&one, "access_token")).await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED);
        assert!(!response.header("www-authenticate").is_empty());
    }
}

#[tokio::test]
async fn a_client_with_a_secret_gets_tokens_and_may_introspect_them() {
    let mut browser = with_secret();
    let tokens = tokens(&mut browser).await;
    let by_client = basic(SECRET_CLIENT_ID, SECRET);
    let access = introspect(&mut browser, Some(&by_client), text(&tokens, "access_token")).await.json();
    assert_eq!((&access["active"], &access["token_type"]), (&json!(true), &json!("Bearer")));
    let refresh = introspect(&mut browser, Some(&by_client), text(&tokens, "refresh_token")).await.json();
    assert_eq!((&refresh["active"], refresh.get("token_type")), (&json!(true), None));
    let in_body =
        [("token", text(&tokens, "access_token")), ("client_id", SECRET_CLIENT_ID), ("client_secret", SECRET)];
    assert_eq!(post(&mut browser, "/oauth/introspect/", None, &in_body).await.json(), access);
}

#[tokio::test]
async fn both_ways_to_send_a_secret_work_for_every_grant() {
    let mut browser = with_secret();
    let tokens = tokens(&mut browser).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let by_basic = basic(SECRET_CLIENT_ID, SECRET);
    let refreshed = post(&mut browser, "/oauth/token/", Some(&by_basic), &form).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    let refreshed = refreshed.json();
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", text(&refreshed, "refresh_token"))];
    form.extend([("client_id", SECRET_CLIENT_ID), ("client_secret", SECRET)]);
    assert_eq!(post(&mut browser, "/oauth/token/", None, &form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_its_secret_the_client_gets_nothing() {
    let mut browser = with_secret();
    for (authorization, extra) in [
        (None, vec![("client_id", SECRET_CLIENT_ID)]),
        (None, vec![("client_id", SECRET_CLIENT_ID), ("client_secret", "wrong")]),
        (Some(basic(SECRET_CLIENT_ID, "wrong")), vec![]),
        (Some(basic("MIE-localhost", SECRET)), vec![]),
        (Some("Basic nonsense".to_owned()), vec![]),
    ] {
        let code = code(&mut browser.elsewhere()).await;
        let mut form = vec![("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CODE_URI)];
        form.extend(extra);
        let response = post(&mut browser, "/oauth/token/", authorization.as_deref(), &form).await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{}", response.body);
        assert_eq!(response.json()["error"], "invalid_client");
        assert!(response.header("www-authenticate").starts_with("Basic"));
    }
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let mut browser = with_secret();
    let code = code(&mut browser).await;
    let form = changed(&exchange(&code), "client_id", SECRET_CLIENT_ID);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
    let form = [form, vec![("client_secret", SECRET)]].concat();
    let response = post(&mut browser, "/oauth/token/", None, &form).await;
    assert_eq!(response.json()["error"], "invalid_grant");
}

#[test]
fn a_secret_is_made_at_the_start_and_not_in_debug_output() {
    let (one, other) = (sandbox_ehr::Config::new(support::ORIGIN), sandbox_ehr::Config::new(support::ORIGIN));
    let secret = one.client_secret().unwrap();
    assert!(secret.reveal().len() >= 43);
    assert_ne!(secret, other.client_secret().unwrap());
    assert!(!format!("{one:?}").contains(secret.reveal()));
}
