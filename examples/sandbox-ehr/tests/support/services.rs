//! A service that exports from the sandbox.

#![allow(dead_code, reason = "each test file uses its own part of this support")]

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use sandbox_ehr::Config;
use serde_json::{Value, json};

use crate::keys::{ASSERTION_TYPE, KEYS, right_claims, with_keys};
use crate::support::{BASE, Browser, FHIR, Response, text};

/// A sandbox with few patients, whose service has its key.
pub fn clinic(change: impl FnOnce(&mut Config)) -> Browser {
    Browser::with(|config| {
        let mut config = with_keys(config);
        config.patients = 12;
        change(&mut config);
        config
    })
}

pub async fn token(browser: &mut Browser, scope: &str) -> String {
    let now = browser.hands.now();
    let assertion = KEYS.sign("ES384", "p384", &right_claims(now, &format!("{scope} {now} {:p}", &scope)));
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &assertion),
    ];
    let response = browser.post(&format!("{BASE}/oauth/token/"), &form).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.body);
    text(&response.json(), "access_token").to_owned()
}

/// A request with a token, and with these headers.
pub async fn send(
    browser: &mut Browser,
    method: Method,
    address: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut request = Request::builder().method(method).uri(address);
    if !token.is_empty() {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

pub async fn kick_off(browser: &mut Browser, token: &str, path: &str) -> Response {
    send(browser, Method::GET, &format!("{FHIR}/{path}"), token, &[("Prefer", "respond-async")], "").await
}

/// A kick-off by POST, with parameters of a name, the kind of their value, and that value.
pub async fn kick_off_by_post(
    browser: &mut Browser,
    token: &str,
    path: &str,
    parameters: &[(&str, &str, Value)],
) -> Response {
    let parameters: Vec<Value> =
        parameters.iter().map(|(name, kind, value)| json!({ "name": name, *kind: value })).collect();
    let body = json!({ "resourceType": "Parameters", "parameter": parameters }).to_string();
    let headers = [("Prefer", "respond-async"), (CONTENT_TYPE.as_str(), "application/fhir+json")];
    send(browser, Method::POST, &format!("{FHIR}/{path}"), token, &headers, &body).await
}

/// The manifest of an export that was begun.
pub async fn manifest(browser: &mut Browser, token: &str, begun: &Response) -> Value {
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.body);
    let address = begun.header("content-location").to_owned();
    loop {
        let response = send(browser, Method::GET, &address, token, &[], "").await;
        match response.status {
            StatusCode::ACCEPTED => {}
            StatusCode::OK => return response.json(),
            status => panic!("{status}: {}", response.body),
        }
    }
}

/// The files of a part of a manifest: type, address, count.
pub fn files(manifest: &Value, part: &str) -> Vec<(String, String, u64)> {
    let files = manifest[part].as_array().unwrap();
    let file =
        |file: &Value| (text(file, "type").to_owned(), text(file, "url").to_owned(), file["count"].as_u64().unwrap());
    files.iter().map(file).collect()
}

/// The lines of a file.
pub async fn lines(browser: &mut Browser, token: &str, address: &str) -> Vec<Value> {
    let response = send(browser, Method::GET, address, token, &[], "").await;
    assert_eq!(response.status, StatusCode::OK, "{address}: {}", response.body);
    assert_eq!(response.header("content-type"), "application/fhir+ndjson");
    assert!(response.body.is_empty() || response.body.ends_with('\n'));
    response.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All resources of an export that was begun, each count checked against its file.
pub async fn exported(browser: &mut Browser, token: &str, begun: &Response) -> Vec<Value> {
    let manifest = manifest(browser, token, begun).await;
    let mut all = Vec::new();
    for (kind, address, count) in files(&manifest, "output") {
        let found = lines(browser, token, &address).await;
        assert_eq!(found.len() as u64, count, "{address}");
        assert!(found.iter().all(|resource| resource["resourceType"] == kind.as_str()), "{address}");
        all.extend(found);
    }
    all
}

/// `Patient/1` and the like, sorted.
pub fn references(resources: &[Value]) -> Vec<String> {
    let mut references: Vec<String> =
        resources.iter().map(|one| format!("{}/{}", text(one, "resourceType"), text(one, "id"))).collect();
    references.sort();
    references
}
