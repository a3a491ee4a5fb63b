//! The status of an export, and who may call it.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use sandbox_ehr::Dialect;
use serde_json::json;

use crate::SCOPE;
use crate::services::{self, clinic, files, kick_off, manifest, send, token};
use crate::support::{self, Browser, FHIR, STANDALONE_SCOPE, text};

#[tokio::test]
async fn the_status_is_pending_for_the_configured_number_of_polls() {
    let mut browser = clinic(|config| {
        config.bulk.polls = 3;
        config.bulk.retry_after = Duration::from_secs(7);
    });
    let token = token(&mut browser, SCOPE).await;
    let began = browser.hands.now();
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
    let address = begun.header("content-location").to_owned();
    assert!(address.starts_with(support::BASE));
    for _ in 0..3 {
        let response = send(&mut browser, Method::GET, &address, &token, &[], "").await;
        assert_eq!((response.status, response.header("retry-after")), (StatusCode::ACCEPTED, "7"));
        assert!(response.header("x-progress").ends_with("of 12 patients"), "{}", response.header("x-progress"));
        assert_eq!(response.body, "");
    }
    let response = send(&mut browser, Method::GET, &address, &token, &[], "").await;
    assert_eq!((response.status, response.header("content-type")), (StatusCode::OK, "application/json"));
    let manifest = response.json();
    assert_eq!(manifest["request"], format!("{FHIR}/Patient/$export?_type=Patient"));
    assert_eq!(manifest["requiresAccessToken"], true);
    // 1790000000 by `date -u -d @1790000000`.
    assert_eq!(began, 1_790_000_000);
    assert_eq!(manifest["transactionTime"], "2026-09-21T14:13:20Z");
    assert_eq!(response.header("expires"), "Mon, 21 Sep 2026 15:13:20 GMT");
    let files = files(&manifest, "output");
    assert_eq!(files.len(), 4);
    assert_eq!(files.iter().map(|(.., count)| count).sum::<u64>(), 12);

    browser.hands.turn(3_600);
    let token = services::token(&mut browser, SCOPE).await;
    for address in [&address, &files[0].1] {
        let response = send(&mut browser, Method::GET, address, &token, &[], "").await;
        assert_eq!(response.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_deleted_export_is_gone_with_its_files_and_belongs_to_one_client() {
    let mut browser = clinic(|config| config.bulk.polls = 0);
    let token = token(&mut browser, SCOPE).await;
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Patient").await;
    let address = begun.header("content-location").to_owned();
    let file = files(&manifest(&mut browser, &token, &begun).await, "output")[0].1.clone();
    let person = browser.standalone_tokens(STANDALONE_SCOPE, &[]).await;
    let person = text(&person, "access_token").to_owned();
    for method in [Method::GET, Method::DELETE] {
        let response = send(&mut browser, method, &address, &person, &[], "").await;
        assert_eq!(response.status, StatusCode::FORBIDDEN);
    }
    let mut statuses = Vec::new();
    for method in [Method::DELETE, Method::GET, Method::DELETE] {
        statuses.push(send(&mut browser, method, &address, &token, &[], "").await.status.as_u16());
    }
    statuses.push(send(&mut browser, Method::GET, &file, &token, &[], "").await.status.as_u16());
    assert_eq!(statuses, [202, 404, 404, 404]);
}

#[tokio::test]
async fn every_dialect_exports_also_for_pages_of_the_app() {
    for dialect in [Dialect::Webchart, Dialect::Webchart2026, Dialect::Epic, Dialect::Hiebus] {
        let mut browser = Browser::with(|mut config| {
            config.dialect = dialect;
            config.patients = 1;
            config
        });
        let response = kick_off(&mut browser, "", "Group/all/$export").await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{dialect:?}");
        let statement = browser.get(&format!("{FHIR}/metadata")).await.json();
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        let group = resources.iter().find(|resource| resource["type"] == "Group").unwrap();
        let definition = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export";
        assert_eq!(group["operation"], json!([{ "name": "export", "definition": definition }]), "{dialect:?}");
    }
    let mut browser = clinic(|_| {});
    let origin = ("Origin", "http://localhost:8080");
    for (method, path) in [("GET", "fhir/Group/all/$export"), ("DELETE", "bulk/x"), ("GET", "bulk/x/Patient-1.ndjson")]
    {
        let headers = [
            origin,
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "authorization,prefer"),
        ];
        let address = format!("{}/{path}", support::BASE);
        let response = send(&mut browser, Method::OPTIONS, &address, "", &headers, "").await;
        assert_eq!(response.header("access-control-allow-origin"), origin.1, "{path}");
        assert!(response.header("access-control-allow-methods").contains(method), "{path}");
        assert!(response.header("access-control-allow-headers").contains("prefer"), "{path}");
    }
    let token = token(&mut browser, SCOPE).await;
    let headers = [origin, ("Prefer", "respond-async")];
    let begun = send(&mut browser, Method::GET, &format!("{FHIR}/Patient/$export"), &token, &headers, "").await;
    let exposed = begun.header("access-control-expose-headers").to_owned();
    for name in ["content-location", "retry-after", "x-progress", "expires"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}
