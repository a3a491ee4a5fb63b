//! Departures from the protocol that a test orders.

mod support;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use support::{BASE, Browser, ORIGIN, Response, STANDALONE_SCOPE, claims, exchange, standalone, text, without};

fn controlled() -> Browser {
    Browser::with(|mut config| {
        config.control = true;
        config
    })
}

async fn send_order(browser: &mut Browser, order: &Value) -> Response {
    let request = Request::post(format!("{ORIGIN}/control/protocol")).header(CONTENT_TYPE, "application/json");
    browser.send(request.body(Body::from(order.to_string())).unwrap()).await
}

async fn order(browser: &mut Browser, deviation: &str) {
    let order = json!({ "deviations": [deviation], "to": "https://evil.example" });
    let response = send_order(browser, &order).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
}

async fn id_token(browser: &mut Browser) -> String {
    let code = browser.elsewhere().standalone_code("openid fhirUser launch/patient", &[]).await;
    let response = browser.exchange(&exchange(&code)).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    text(&response.json(), "id_token").to_owned()
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

async fn key(browser: &mut Browser) -> Value {
    browser.get(&format!("{BASE}/jwks/")).await.json()["keys"][0].clone()
}

/// Whether the published key made the signature, whatever the claims say.
async fn holds(browser: &mut Browser, token: &str) -> bool {
    let key = key(browser).await;
    let key = DecodingKey::from_rsa_components(text(&key, "n"), text(&key, "e")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
}

#[tokio::test]
async fn claims_are_wrong_one_at_a_time_and_well_signed() {
    let mut browser = controlled();
    let now = browser.hands.now();
    for (deviation, name, wrong) in [
        ("id-token-wrong-nonce", "nonce", json!("of-another-log-in")),
        ("id-token-no-nonce", "nonce", Value::Null),
        ("id-token-wrong-issuer", "iss", json!("https://another.example")),
        ("id-token-wrong-audience", "aud", json!("another-client")),
        ("id-token-extra-audience", "aud", json!(["MIE-localhost", "another-client"])),
        ("id-token-no-subject", "sub", Value::Null),
        ("id-token-expired", "exp", json!(now - 3600)),
    ] {
        order(&mut browser, deviation).await;
        let forged = id_token(&mut browser).await;
        assert_eq!(claims(&forged)[name], wrong, "{deviation}");
        assert!(holds(&mut browser, &forged).await, "{deviation}");
        let mut honest = claims(&id_token(&mut browser).await);
        assert_ne!(honest[name], wrong, "{deviation}");
        honest[name] = wrong;
        honest["at_hash"] = claims(&forged)["at_hash"].clone();
        if honest[name].is_null() {
            honest.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(honest, claims(&forged), "{deviation}");
    }
}

#[tokio::test]
async fn signatures_are_invalid() {
    let mut browser = controlled();
    for (deviation, alg) in [
        ("id-token-alg-none", "none"),
        ("id-token-hmac", "HS256"),
        ("id-token-bad-signature", "RS256"),
        ("id-token-own-key", "RS256"),
    ] {
        order(&mut browser, deviation).await;
        let forged = id_token(&mut browser).await;
        assert_eq!(header(&forged)["alg"], alg, "{deviation}");
        assert!(!holds(&mut browser, &forged).await, "{deviation}");
        let honest = id_token(&mut browser).await;
        assert!(holds(&mut browser, &honest).await, "{deviation}");
    }
}

#[tokio::test]
async fn a_header_has_its_own_key_or_an_unknown_critical_extension() {
    let mut browser = controlled();
    order(&mut browser, "id-token-own-key").await;
    let forged = id_token(&mut browser).await;
    let brought = header(&forged);
    assert_eq!(brought["jku"], "https://evil.example/jwks");
    let own = DecodingKey::from_rsa_components(text(&brought["jwk"], "n"), text(&brought["jwk"], "e")).unwrap();
    let (message, signature) = forged.rsplit_once('.').unwrap();
    assert!(jsonwebtoken::crypto::verify(signature, message.as_bytes(), &own, Algorithm::RS256).unwrap());
    order(&mut browser, "id-token-unknown-crit").await;
    let critical = header(&id_token(&mut browser).await);
    assert_eq!(critical["crit"], json!(["sandbox"]));
    assert_eq!(critical["sandbox"], true);
}

#[tokio::test]
async fn rotated_keys_sign_and_are_published() {
    let mut browser = controlled();
    let before = key(&mut browser).await;
    order(&mut browser, "keys-rotated").await;
    let token = id_token(&mut browser).await;
    let after = key(&mut browser).await;
    assert_ne!(before["kid"], after["kid"]);
    assert_eq!(header(&token)["kid"], after["kid"]);
    assert!(holds(&mut browser, &token).await);
    assert_eq!(header(&id_token(&mut browser).await)["kid"], after["kid"]);
}

#[tokio::test]
async fn the_token_endpoint_redirects_one_request() {
    let mut browser = controlled();
    for (deviation, status) in [("token-redirect-307", 307), ("token-redirect-308", 308)] {
        order(&mut browser, deviation).await;
        let response = browser.exchange(&exchange("any")).await;
        assert_eq!(response.status.as_u16(), status);
        assert_eq!(response.location(), "https://evil.example/token");
        assert_eq!(browser.exchange(&exchange("any")).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_code_is_accepted_twice_or_refused() {
    let mut browser = controlled();
    let code = browser.standalone_code(STANDALONE_SCOPE, &[]).await;
    order(&mut browser, "code-refused").await;
    assert_eq!(browser.exchange(&exchange(&code)).await.json()["error"], "invalid_grant");
    assert_eq!(browser.exchange(&exchange(&code)).await.status, StatusCode::OK);
    order(&mut browser, "code-accepted-twice").await;
    assert_eq!(browser.exchange(&exchange(&code)).await.status, StatusCode::OK);
    assert_eq!(browser.exchange(&exchange(&code)).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refresh_returns_another_user() {
    let mut browser = controlled();
    for deviation in ["refresh-other-patient", "refresh-other-subject"] {
        order(&mut browser, deviation).await;
        let first = browser.elsewhere().standalone_tokens(STANDALONE_SCOPE, &[]).await;
        assert_eq!(first["patient"], "1");
        let second = browser.refresh(text(&first, "refresh_token"), None).await.json();
        let third = browser.refresh(text(&second, "refresh_token"), None).await.json();
        let is_other = |tokens: &Value| {
            let subject = claims(text(tokens, "id_token"))["sub"].clone();
            (tokens["patient"] != "1", subject != claims(text(&first, "id_token"))["sub"])
        };
        let expected = (deviation == "refresh-other-patient", deviation == "refresh-other-subject");
        assert_eq!(is_other(&second), expected);
        assert_eq!(is_other(&third), (false, false));
    }
}

#[tokio::test]
async fn the_next_page_is_elsewhere() {
    let mut browser = controlled();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    order(&mut browser, "next-elsewhere").await;
    for starts in ["https://evil.example/webchart.cgi/fhir", BASE] {
        let page = browser.fhir(text(&tokens, "access_token"), "Observation?patient=1&_count=1").await.json();
        let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").unwrap();
        assert!(text(next, "url").starts_with(starts), "{next}");
    }
}

#[tokio::test]
async fn the_description_of_a_refused_authorization_has_html() {
    let mut browser = controlled();
    let wrong = without(&standalone("openid"), "aud");
    order(&mut browser, "error-markup").await;
    let said = browser.authorize(&wrong).await.redirected("error_description").unwrap();
    assert!(said.contains("<img src=x onerror="), "{said}");
    let said = browser.authorize(&wrong).await.redirected("error_description").unwrap();
    assert!(!said.contains('<'), "{said}");
}

#[tokio::test]
async fn the_redirect_has_the_right_issuer_or_another() {
    let mut browser = controlled();
    let wrong = without(&standalone("openid"), "aud");
    assert_eq!(browser.authorize(&wrong).await.redirected("iss"), None);
    for (deviation, issuer) in [("issuer-on-redirect", BASE), ("wrong-issuer-on-redirect", "https://another.example")] {
        order(&mut browser, deviation).await;
        assert_eq!(browser.authorize(&wrong).await.redirected("iss").as_deref(), Some(issuer));
    }
}

#[tokio::test]
async fn an_impossible_deviation_is_refused() {
    let mut browser = controlled();
    for wrong in [
        json!({ "deviations": [] }),
        json!({ "deviations": ["nonsense"] }),
        json!({ "deviations": ["keys-rotated"], "count": 0 }),
        json!({ "deviations": ["next-elsewhere"] }),
        json!({ "deviations": ["keys-rotated"], "colour": "blue" }),
        json!({}),
    ] {
        let response = send_order(&mut browser, &wrong).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(!text(&response.json(), "error").is_empty());
    }
    let order = json!({ "deviations": ["id-token-alg-none", "id-token-no-subject"], "count": 9 });
    assert_eq!(send_order(&mut browser, &order).await.status, StatusCode::CREATED);
    let forged = id_token(&mut browser).await;
    assert_eq!(header(&forged)["alg"], "none");
    assert!(claims(&forged).get("sub").is_none());
    let request = Request::delete(format!("{ORIGIN}/control/protocol")).body(Body::empty()).unwrap();
    assert_eq!(browser.send(request).await.status, StatusCode::NO_CONTENT);
    let honest = id_token(&mut browser).await;
    assert!(holds(&mut browser, &honest).await && claims(&honest).get("sub").is_some());
}

#[tokio::test]
async fn without_the_control_api_there_are_no_deviations() {
    let mut browser = Browser::new();
    let order = json!({ "deviations": ["id-token-alg-none"] });
    assert!(send_order(&mut browser, &order).await.body.contains("Log in to WebChart"));
    let honest = id_token(&mut browser).await;
    assert!(holds(&mut browser, &honest).await);
}

/// The Observations of the patient of a token, page by page, as far as two pages.
async fn two_pages(browser: &mut Browser, token: &str, deviation: &str) -> [Value; 2] {
    let first = browser.fhir(token, "Observation?patient=1&_count=5").await.json();
    let next = first["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").unwrap();
    let address = text(next, "url").to_owned();
    order(browser, deviation).await;
    let second = browser.fhir(token, &address).await.json();
    [first, second]
}

#[tokio::test]
async fn a_page_repeats_a_result_or_has_a_remark_or_is_an_outcome() {
    let mut browser = controlled();
    let tokens = browser.elsewhere().standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let token = text(&tokens, "access_token").to_owned();
    let [first, second] = two_pages(&mut browser, &token, "result-repeated").await;
    let ids = |page: &Value| -> Vec<String> {
        page["entry"].as_array().unwrap().iter().map(|entry| text(&entry["resource"], "id").to_owned()).collect()
    };
    assert_eq!((ids(&first).last(), ids(&second).len()), (ids(&second).first(), 6));
    for (deviation, mode) in [("search-remark", json!("outcome")), ("search-remark-without-mode", Value::Null)] {
        let [_, second] = two_pages(&mut browser, &token, deviation).await;
        let last = second["entry"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["resource"]["resourceType"], &last["search"]["mode"]), (&json!("OperationOutcome"), &mode));
    }
    let [_, outcome] = two_pages(&mut browser, &token, "outcome-200").await;
    assert_eq!(outcome["resourceType"], "OperationOutcome");
}
