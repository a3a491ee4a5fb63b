//! Bodies that fail on their way: short ones, and streamed files.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/services.rs"]
mod services;
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use services::{clinic, files, kick_off, manifest, send, token};
use support::{Browser, FHIR, ORIGIN, Response};
use tokio::time::Instant;

/// A file of Observations of several pieces, by its address, with the token for it and what it holds when nothing is wrong.
async fn file() -> (Browser, String, String, String) {
    let mut browser = clinic(|config| {
        config.control = true;
        config.bulk.files_per_type = 1;
    });
    let token = token(&mut browser, "system/*.rs").await;
    let begun = kick_off(&mut browser, &token, "Patient/$export?_type=Observation").await;
    let address = files(&manifest(&mut browser, &token, &begun).await, "output")[0].1.clone();
    let whole = send(&mut browser, Method::GET, &address, &token, &[], "").await;
    assert!(whole.body.len() > 3 * 64 * 1024 && !whole.is_broken);
    (browser, address, token, whole.body)
}

async fn order(browser: &mut Browser, fault: Value) -> Response {
    let headers = [("Content-Type", "application/json")];
    send(browser, Method::POST, &format!("{ORIGIN}/control/faults"), "", &headers, &fault.to_string()).await
}

#[tokio::test]
async fn a_file_is_cut_ends_early_or_lacks_lines_on_request() {
    let (mut browser, address, token, whole) = file().await;
    let line = whole.find('\n').unwrap() + 1;
    for after in [0, 1, 100_000] {
        for (how, is_broken) in [("drop", true), ("malformed", false)] {
            let fault = json!({ "path": "/webchart.cgi/bulk/", how: true, "after": after });
            assert_eq!(order(&mut browser, fault).await.status, StatusCode::CREATED);
            let response = send(&mut browser, Method::GET, &address, &token, &[], "").await;
            assert_eq!((response.status, response.is_broken), (StatusCode::OK, is_broken), "{how} after {after}");
            assert!(response.body == whole[..after], "{how} after {after}");
        }
    }
    for lines in [0, 1, 300] {
        order(&mut browser, json!({ "path": "/webchart.cgi/bulk/", "lines": lines })).await;
        let response = send(&mut browser, Method::GET, &address, &token, &[], "").await;
        assert_eq!((response.body.lines().count(), response.is_broken), (lines, false));
        assert!(whole.starts_with(&response.body) && (lines == 0 || response.body.ends_with('\n')));
        assert!(lines != 1 || response.body.len() == line);
    }
    order(&mut browser, json!({ "path": "/webchart.cgi/bulk/", "lines": 1_000_000 })).await;
    assert!(send(&mut browser, Method::GET, &address, &token, &[], "").await.body == whole);
}

#[tokio::test(start_paused = true)]
async fn a_body_can_be_slow() {
    let mut browser = clinic(|config| config.control = true);
    let whole = browser.get(&format!("{FHIR}/metadata")).await;
    order(&mut browser, json!({ "path": "/webchart.cgi/fhir/metadata", "pause": 10_000 })).await;
    let before = Instant::now();
    let response = browser.get(&format!("{FHIR}/metadata")).await;
    assert!(response.body == whole.body && !response.is_broken);
    assert!(before.elapsed() >= Duration::from_secs(10), "{:?}", before.elapsed());
}

#[tokio::test]
async fn contradictory_faults_for_a_body_are_refused() {
    let mut browser = clinic(|config| config.control = true);
    for wrong in [
        json!({ "path": "/", "after": 5 }),
        json!({ "path": "/", "after": 5, "drop": true, "malformed": true }),
        json!({ "path": "/", "after": 5, "drop": true, "lines": 2 }),
        json!({ "path": "/", "lines": 2, "drop": true }),
        json!({ "path": "/", "after": -1, "drop": true }),
    ] {
        assert_eq!(order(&mut browser, wrong.clone()).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}
