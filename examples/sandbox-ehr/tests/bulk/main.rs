//! Bulk exports: the requests, their progress, and the files.

#[path = "../support/keys.rs"]
mod keys;
#[path = "../support/services.rs"]
mod services;
#[path = "../support/mod.rs"]
mod support;

mod files;
mod progress;
mod requests;

use axum::http::StatusCode;
use support::{Response, text};

const SCOPE: &str = "system/*.rs";

fn assert_refused(response: &Response, status: StatusCode, about: &str) {
    assert_eq!(response.status, status, "{about}: {}", response.body);
    let outcome = response.json();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    let said = text(&outcome["issue"][0], "diagnostics");
    assert!(said.contains(about), "{said}");
}
