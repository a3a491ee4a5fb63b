//! Sandboxes that behave as other servers.

#![allow(dead_code, reason = "each test file uses its own part of this support")]

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use sandbox_ehr::Dialect;
use serde_json::Value;

use crate::support::{BASE, Browser, Response, exchange, standalone};

/// A sandbox of this dialect.
pub fn speaking(dialect: Dialect) -> Browser {
    Browser::with(|mut config| {
        config.dialect = dialect;
        config
    })
}

/// The code that patient 1 gives to `MIE-localhost` at this authorization endpoint.
pub async fn code_at(browser: &mut Browser, authorize: &str, scope: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(standalone(scope)).finish();
    let page = browser.get(&format!("{BASE}{authorize}?{query}")).await;
    let confirmation = browser.log_in_as_patient(&page, 1).await;
    let response = browser.decide(&confirmation, "allow", &[]).await;
    response.redirected("code").unwrap_or_else(|| panic!("no code: {}", response.location()))
}

/// The token response for patient 1 by these endpoints.
pub async fn tokens_at(browser: &mut Browser, authorize: &str, token: &str, scope: &str) -> Value {
    let code = code_at(browser, authorize, scope).await;
    let form = exchange(&code);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let response = browser.post(&format!("{BASE}{token}"), &form).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    response.json()
}

/// A request with JSON, and a token where there is one.
pub async fn send_json(browser: &mut Browser, method: Method, address: &str, token: &str, body: &Value) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, format!("Bearer {token}"));
    browser.send(request.body(Body::from(body.to_string())).unwrap()).await
}
