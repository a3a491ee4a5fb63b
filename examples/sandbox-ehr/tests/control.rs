//! Faults to order, requests to count, and a slow network.

mod support;

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use support::{BASE, Browser, FHIR, ORIGIN, Response, STANDALONE_SCOPE, text};
use tokio::time::Instant;

fn controlled() -> Browser {
    Browser::with(|mut config| {
        config.control = true;
        config
    })
}

async fn order(browser: &mut Browser, fault: &Value) -> Response {
    let request = Request::post(format!("{ORIGIN}/control/faults")).header(CONTENT_TYPE, "application/json");
    browser.send(request.body(Body::from(fault.to_string())).unwrap()).await
}

async fn ordered(browser: &mut Browser, fault: &Value) {
    let response = order(browser, fault).await;
    assert_eq!(response.status, StatusCode::CREATED, "{}", response.body);
}

async fn call(browser: &mut Browser, method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).uri(format!("{ORIGIN}{path}"));
    browser.send(request.body(Body::empty()).unwrap()).await
}

async fn requests(browser: &mut Browser) -> Vec<Value> {
    let response = browser.get(&format!("{ORIGIN}/control/requests")).await;
    response.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn without_the_option_there_is_no_control_api() {
    let mut browser = Browser::new();
    let response = order(&mut browser, &json!({ "path": "/", "status": 503 })).await;
    assert!(response.body.contains("Log in to WebChart"));
    assert_eq!(browser.get(&format!("{FHIR}/metadata")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_requested_status_is_returned_as_often_as_requested_with_headers_and_body() {
    let mut browser = controlled();
    let body = r#"{"resourceType":"OperationOutcome"}"#;
    let fault = json!({
        "path": "/webchart.cgi/fhir/metadata", "count": 2, "status": 503,
        "headers": { "Retry-After": "1", "Content-Type": "application/fhir+json" }, "body": body
    });
    ordered(&mut browser, &fault).await;
    assert_eq!(browser.get(&format!("{BASE}/jwks/")).await.status, StatusCode::OK);
    for _ in 0..2 {
        let request = Request::get(format!("{FHIR}/metadata")).header("origin", "https://anywhere.example");
        let response = browser.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.header("retry-after"), "1");
        assert_eq!(response.header("content-type"), "application/fhir+json");
        assert_eq!(response.header("access-control-allow-origin"), "*");
        assert_eq!(response.body, body);
    }
    assert_eq!(browser.get(&format!("{FHIR}/metadata")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_fault_can_be_for_a_method_a_page_or_the_token_endpoint() {
    let mut browser = controlled();
    ordered(&mut browser, &json!({ "path": "/webchart.cgi", "method": "post", "status": 500, "count": 9 })).await;
    assert_eq!(browser.get(BASE).await.status, StatusCode::OK);
    assert_eq!(browser.get(&format!("{BASE}/nowhere")).await.status, StatusCode::OK);
    for path in ["/oauth/token/", "/log-in"] {
        assert_eq!(browser.post(&format!("{BASE}{path}"), &[]).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert_eq!(call(&mut browser, Method::DELETE, "/control/faults").await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.post(&format!("{BASE}/oauth/token/"), &[]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn faults_happen_in_the_order_of_their_requests() {
    let mut browser = controlled();
    for status in [500, 429] {
        ordered(&mut browser, &json!({ "path": "/webchart.cgi/jwks", "status": status })).await;
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(browser.get(&format!("{BASE}/jwks/")).await.status.as_u16());
    }
    assert_eq!(seen, [500, 429, 200]);
}

#[tokio::test]
async fn a_malformed_body_is_a_truncated_response() {
    let mut browser = controlled();
    let whole = browser.get(&format!("{FHIR}/metadata")).await;
    ordered(&mut browser, &json!({ "path": "/webchart.cgi/fhir", "malformed": true })).await;
    let cut = browser.get(&format!("{FHIR}/metadata")).await;
    assert_eq!(cut.status, StatusCode::OK);
    assert!(whole.body.starts_with(&cut.body) && cut.body.len() < whole.body.len());
    assert!(serde_json::from_str::<Value>(&cut.body).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_the_response() {
    let mut browser = controlled();
    ordered(&mut browser, &json!({ "path": "/webchart.cgi/jwks", "delay": 1500 })).await;
    let before = Instant::now();
    assert_eq!(browser.get(&format!("{BASE}/jwks/")).await.status, StatusCode::OK);
    assert!(before.elapsed() >= Duration::from_millis(1500));
    let before = Instant::now();
    browser.get(&format!("{BASE}/jwks/")).await;
    assert!(before.elapsed() < Duration::from_millis(1500));
}

#[tokio::test(start_paused = true)]
async fn latency_delays_every_response_including_preflights() {
    let mut browser = Browser::with(|mut config| {
        config.latency = Duration::from_millis(250);
        config
    });
    for (method, path) in [(Method::GET, "/webchart.cgi"), (Method::OPTIONS, "/webchart.cgi/fhir/Patient/1")] {
        let before = Instant::now();
        call(&mut browser, method, path).await;
        assert!(before.elapsed() >= Duration::from_millis(250), "{path}");
    }
}

#[tokio::test]
async fn a_dropped_connection_has_no_bytes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = sandbox_ehr::Config::new(format!("http://{address}"));
    config.control = true;
    tokio::spawn(sandbox_ehr::serve(config, listener, std::future::pending()));
    let fault = r#"{"path":"/webchart.cgi/jwks","drop":true}"#;
    let order = format!(
        "POST /control/faults HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{fault}",
        fault.len()
    );
    let get = "GET /webchart.cgi/jwks/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut answers = Vec::new();
    for request in [&*order, get, get] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        answers.push(response);
    }
    assert!(answers[0].starts_with("HTTP/1.1 201"), "{}", answers[0]);
    assert_eq!(answers[1], "");
    assert!(answers[2].starts_with("HTTP/1.1 200"), "{}", answers[2]);
}

#[tokio::test]
async fn requests_are_listed_without_secrets() {
    let mut browser = controlled();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let secrets = ["access_token", "refresh_token"].map(|name| text(&tokens, name).to_owned());
    browser.log_in_as_provider().await;
    let launch = browser.launch_value(1, 0).await;
    browser.authorize(&support::from_chart("launch openid", &launch)).await;
    let log = browser.get(&format!("{ORIGIN}/control/requests")).await.body;
    assert!(secrets.iter().chain([&launch]).all(|secret| !log.contains(secret.as_str())));
    assert!(log.contains("launch=[redacted]"));

    assert_eq!(call(&mut browser, Method::DELETE, "/control/requests").await.status, StatusCode::NO_CONTENT);
    browser.fhir(&secrets[0], "Observation?patient=1&_count=3").await;
    call(&mut browser, Method::OPTIONS, "/webchart.cgi/fhir/Patient/1").await;
    assert_eq!(
        requests(&mut browser).await,
        [
            json!({ "method": "GET", "path": "/webchart.cgi/fhir/Observation?patient=1&_count=3", "authorization": true }),
            json!({ "method": "OPTIONS", "path": "/webchart.cgi/fhir/Patient/1", "authorization": false }),
        ]
    );
}

#[tokio::test]
async fn an_invalid_fault_is_refused_with_a_reason() {
    let mut browser = controlled();
    for wrong in [
        json!({ "path": "/", "status": 99 }),
        json!({ "path": "/", "status": 1000 }),
        json!({ "path": "webchart.cgi", "status": 503 }),
        json!({ "path": "/", "status": 503, "count": 0 }),
        json!({ "path": "/", "status": 503, "method": "G T" }),
        json!({ "path": "/", "status": 503, "headers": { "a b": "c" } }),
        json!({ "path": "/", "headers": { "Retry-After": "1" } }),
        json!({ "path": "/" }),
        json!({ "status": 503 }),
        json!({ "path": "/", "colour": "blue" }),
        json!("nonsense"),
    ] {
        let response = order(&mut browser, &wrong).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(!text(&response.json(), "error").is_empty());
    }
    assert_eq!(browser.get(BASE).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_response_of_the_ehr_has_the_added_headers() {
    let mut browser = controlled();
    let added = json!({ "Last-Modified": "Sun, 01 Jan 2023 00:00:00 GMT" });
    ordered(&mut browser, &json!({ "path": "/webchart.cgi/fhir/metadata", "add": added })).await;
    let response = browser.get(&format!("{FHIR}/metadata")).await;
    assert_eq!((response.status, response.header("last-modified")), (StatusCode::OK, "Sun, 01 Jan 2023 00:00:00 GMT"));
    assert_eq!(response.json()["resourceType"], "CapabilityStatement");
    assert_eq!(browser.get(&format!("{FHIR}/metadata")).await.header("last-modified"), "");
}

#[tokio::test]
async fn a_changed_resource_is_read_and_found_with_its_changes() {
    let mut browser = controlled();
    let tokens = browser.elsewhere().standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let token = text(&tokens, "access_token").to_owned();
    let active = browser.search(&token, "MedicationRequest?patient=1&status=active").await;
    let id = text(&active[0], "id").to_owned();
    let change = |members: Value| json!({ "resource": format!("MedicationRequest/{id}"), "members": members });
    let post = async |browser: &mut Browser, change: Value| {
        let request = Request::post(format!("{ORIGIN}/control/changes")).header(CONTENT_TYPE, "application/json");
        browser.send(request.body(Body::from(change.to_string())).unwrap()).await.status
    };
    assert_eq!(post(&mut browser, json!({ "resource": "x", "members": {} })).await, StatusCode::BAD_REQUEST);
    let members = json!({ "status": "stopped", "authoredOn": null });
    assert_eq!(post(&mut browser, change(members)).await, StatusCode::CREATED);
    let read = browser.fhir(&token, &format!("MedicationRequest/{id}")).await.json();
    assert_eq!((&read["status"], &read["authoredOn"]), (&json!("stopped"), &Value::Null));
    let still = browser.search(&token, "MedicationRequest?patient=1&status=active").await;
    assert_eq!(still.len(), active.len() - 1);
    call(&mut browser, Method::DELETE, "/control/changes").await;
    assert_eq!(browser.search(&token, "MedicationRequest?patient=1&status=active").await, active);
}

#[tokio::test]
async fn the_clock_is_advanced_and_reset() {
    let mut browser = controlled();
    let tokens = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let access = text(&tokens, "access_token");
    let advance = async |body: &Value| {
        let request = Request::post(format!("{ORIGIN}/control/clock")).header(CONTENT_TYPE, "application/json");
        browser.elsewhere().send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    for wrong in [json!({}), json!({ "advance": -1 }), json!({ "advance": 1, "to": 2 })] {
        let response = advance(&wrong).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert!(!text(&response.json(), "error").is_empty());
    }
    for seconds in [3000, 600] {
        assert_eq!(advance(&json!({ "advance": seconds })).await.status, StatusCode::CREATED);
    }
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&mut browser, Method::DELETE, "/control/clock").await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.fhir(access, "Patient/1").await.status, StatusCode::OK);
}
