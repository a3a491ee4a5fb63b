//! Discovery documents, keys, cross-origin access, and addresses that do not exist.

mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use support::{BASE, Browser, FHIR, Response};

const APP: &str = "http://localhost:8080";

async fn preflight(browser: &mut Browser, address: &str, origin: &str, headers: &str) -> Response {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(address)
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", headers);
    browser.send(request.body(Body::empty()).unwrap()).await
}

async fn from_origin(browser: &mut Browser, address: &str, origin: &str) -> Response {
    browser.send(Request::get(address).header("origin", origin).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn both_documents_exist_below_both_bases() {
    let mut browser = Browser::new();
    for document in ["smart-configuration", "openid-configuration"] {
        let under_base = browser.get(&format!("{BASE}/.well-known/{document}")).await;
        let under_fhir = browser.get(&format!("{FHIR}/.well-known/{document}")).await;
        assert_eq!(under_base.status, StatusCode::OK);
        assert_eq!(under_base.header("content-type"), "application/json");
        assert_eq!(under_base.json(), under_fhir.json());
    }
}

#[tokio::test]
async fn the_documents_have_the_deviations_of_webchart() {
    let mut browser = Browser::new();
    let smart = browser.get(&format!("{FHIR}/.well-known/smart-configuration")).await.json();
    assert_eq!(smart["issuer"], "");
    assert_eq!(smart["authorization_endpoint"], format!("{BASE}/oauth/authenticate/"));
    assert_eq!(smart["response_types_supported"], "token");
    assert_eq!(smart["grant_types_supported"], json!(["authorization_code"]));
    assert_eq!(smart["revocation_endpoint"], format!("{BASE}?f=admin&s=jwt&opp=revoke"));
    let openid = browser.get(&format!("{FHIR}/.well-known/openid-configuration")).await.json();
    assert_eq!(openid["issuer"], BASE);
    assert_eq!(openid["authorization_endpoint"], format!("{BASE}/oauth/authorization/"));
    assert_eq!(openid["response_types_supported"], "code");
    assert_eq!(openid["revocation_endpoint"], format!("{BASE}?f=jwt&opp=manage"));
    assert_eq!(openid["token_endpoint"], smart["token_endpoint"]);
}

#[tokio::test]
async fn an_unknown_url_returns_the_log_in_page() {
    let mut browser = Browser::new();
    for path in ["/register", "/.well-known/udap", "/oauth/nothing/", "?f=jwt&opp=manage"] {
        let response = browser.get(&format!("{BASE}{path}")).await;
        assert_eq!(response.status, StatusCode::OK, "{path}");
        assert!(response.header("content-type").starts_with("text/html"), "{path}");
        assert!(response.body.contains("Log in to WebChart"), "{path}");
    }
}

#[tokio::test]
async fn the_key_is_published_without_its_private_part() {
    let keys = Browser::new().get(&format!("{BASE}/jwks/")).await.json();
    let key = keys["keys"][0].as_object().unwrap();
    assert_eq!(key["kty"], "RSA");
    assert_eq!(key["alg"], "RS256");
    assert_eq!(key["use"], "sig");
    let mut names: Vec<&String> = key.keys().collect();
    names.sort();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
}

#[tokio::test]
async fn the_capability_statement_names_the_endpoints_and_needs_no_token() {
    let response = Browser::new().get(&format!("{FHIR}/metadata")).await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.header("content-type"), "application/fhir+json");
    let statement = response.json();
    assert_eq!(statement["fhirVersion"], "4.0.1");
    let uris = &statement["rest"][0]["security"]["extension"][0];
    assert_eq!(uris["url"], "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris");
    let uri = |name: &str| {
        uris["extension"].as_array().unwrap().iter().find(|item| item["url"] == name).unwrap()["valueUri"].clone()
    };
    assert_eq!(uri("authorize"), format!("{BASE}/oauth/authorization/"));
    assert_eq!(uri("token"), format!("{BASE}/oauth/token/"));
    assert_eq!(uri("introspect"), format!("{BASE}/oauth/introspect/"));
    let condition =
        statement["rest"][0]["resource"].as_array().unwrap().iter().find(|item| item["type"] == "Condition").unwrap();
    let names: Vec<&Value> =
        condition["searchParam"].as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(names, ["_id", "patient", "code", "clinical-status", "onset-date", "category"]);
}

#[tokio::test]
async fn documents_without_a_secret_can_be_read_by_every_origin() {
    let mut browser = Browser::new();
    for path in [
        "/.well-known/smart-configuration",
        "/fhir/.well-known/openid-configuration",
        "/jwks/",
        "/fhir/metadata",
        "/smart-style.json",
    ] {
        let response = from_origin(&mut browser, &format!("{BASE}{path}"), "https://anywhere.example").await;
        assert_eq!(response.header("access-control-allow-origin"), "*", "{path}");
    }
}

#[tokio::test]
async fn a_registered_origin_can_send_requests_with_a_token() {
    let mut browser = Browser::new();
    for path in ["/oauth/token/", "/oauth/introspect/", "/fhir/Patient/1", "/fhir/Nonsense", "/fhir/a/b/c"] {
        let response = preflight(&mut browser, &format!("{BASE}{path}"), APP, "authorization,content-type").await;
        assert_eq!(response.status, StatusCode::OK, "{path}");
        assert_eq!(response.header("access-control-allow-origin"), APP, "{path}");
        let allowed = response.header("access-control-allow-headers");
        assert!(allowed.contains("authorization") && allowed.contains("content-type") && !allowed.contains('*'));
    }
}

#[tokio::test]
async fn errors_can_be_read_by_the_app_too() {
    let response = from_origin(&mut Browser::new(), &format!("{FHIR}/Nonsense/1"), APP).await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(response.header("access-control-allow-origin"), APP);
    let exposed = response.header("access-control-expose-headers");
    for name in ["etag", "location", "content-location", "retry-after", "x-progress"] {
        assert!(exposed.contains(name), "{name}");
    }
}

#[tokio::test]
async fn another_origin_has_no_access() {
    let mut browser = Browser::new();
    for path in ["/oauth/token/", "/fhir/Patient/1"] {
        let response = preflight(&mut browser, &format!("{BASE}{path}"), "https://evil.example", "authorization").await;
        assert_eq!(response.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn pages_have_no_cross_origin_access() {
    let mut browser = Browser::new();
    for path in ["", "/portal", "/oauth/authenticate/", "/nothing"] {
        let response = from_origin(&mut browser, &format!("{BASE}{path}"), APP).await;
        assert_eq!(response.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn e7_e20_the_lists_of_providers_are_readable_from_every_origin() {
    let mut browser = Browser::new();
    let smart = browser.get(&format!("{FHIR}/.well-known/smart-configuration")).await.json();
    assert_eq!(smart["user_access_brand_bundle"], format!("{BASE}/brands.json"));
    let response = from_origin(&mut browser, &format!("{BASE}/brands.json"), "https://elsewhere.example").await;
    assert_eq!(response.header("access-control-allow-origin"), "*");
    let brands = response.json();
    let entries = brands["entry"].as_array().unwrap();
    let own =
        entries.iter().filter(|entry| entry["resource"]["identifier"][0] == smart["user_access_brand_identifier"]);
    assert_eq!(own.count(), 1);
    assert!(entries.iter().any(|entry| entry["resource"]["address"] == FHIR));
    let endpoints = browser.get(&format!("{BASE}/endpoints.json")).await.json();
    assert!(endpoints["entry"].as_array().unwrap().iter().all(|entry| entry["resource"]["resourceType"] == "Endpoint"));
}
