//! The manifest of an export (Bulk Data Access 2.0, "Bulk Data Output Manifest"), and the names of its files.

use axum::body::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::jobs::Job;
use super::selection::{Counts, FileOf, Selection};
use super::settings::{BulkExport, FileAccess};
use crate::fhir::ResourceType;

const DELETED: &str = "deleted.ndjson";
const ERRORS: &str = "errors.ndjson";

/// The contents of a file of an export.
pub enum Content {
    Resources(FileOf),
    Deleted,
    /// These lines.
    Errors(Bytes),
}

/// A page of the manifest of a job whose resources were counted. Pages are numbered from 0; `None` if there is no such page. Files that
/// are not of resources are on the last page.
pub fn manifest(job: &Job, counts: &Counts, settings: &BulkExport, address: &str, page: usize) -> Option<Value> {
    let file = |kind: Option<&str>, name: &str, count: u64| {
        let mut file = json!({ "url": format!("{address}/{name}") });
        if let Some(kind) = kind {
            file["type"] = kind.into();
        }
        if settings.has_counts {
            file["count"] = count.into();
        }
        file
    };
    let kind = |of: &FileOf| of.kind.map(|kind| job.selection.types[kind].resource.name());
    let size = if job.files_per_page == 0 { counts.len().max(1) } else { job.files_per_page };
    let last = counts.len().div_ceil(size).max(1) - 1;
    let on_page = counts.iter().skip(page.checked_mul(size).filter(|_| page <= last)?).take(size);
    let output: Vec<Value> = on_page.map(|(of, count)| file(kind(of), &name(&job.selection, *of), *count)).collect();
    let deleted = job.selection.deleted().count() as u64;
    let errors = errors(job, settings).len() as u64;
    let one = |kind: &str, name: &str, count: u64| -> Vec<Value> {
        (count > 0 && page == last).then(|| file(Some(kind), name, count)).into_iter().collect()
    };
    let mut manifest = json!({
        "transactionTime": instant(job.began),
        "request": job.request,
        "requiresAccessToken": match settings.file_access {
            FileAccess::Token => json!(true),
            FileAccess::Open => json!(false),
            FileAccess::OpenAsText => json!("false"),
        },
        "output": output,
        "deleted": one("Bundle", DELETED, deleted),
        "error": one("OperationOutcome", ERRORS, errors)
    });
    if job.selection.by_patient {
        manifest["outputOrganizedBy"] = "Patient".into();
    }
    if page < last {
        manifest["link"] = json!([{ "relation": "next", "url": format!("{address}?page={}", page + 1) }]);
    }
    Some(manifest)
}

/// `Observation-2.ndjson`
fn name(selection: &Selection, file: FileOf) -> String {
    let kind = file.kind.map_or("by-patient", |kind| selection.types[kind].resource.name());
    format!("{kind}-{}.ndjson", file.part + 1)
}

/// A line that a server writes into a file of resources that it cannot complete.
pub fn broken_off() -> Bytes {
    let issue =
        json!({ "severity": "fatal", "code": "exception", "diagnostics": "The file could not be written to its end." });
    format!("{}\n", json!({ "resourceType": "OperationOutcome", "issue": [issue] })).into()
}

/// The contents of the file with this name, if the manifest has it.
pub fn content(job: &Job, settings: &BulkExport, file: &str) -> Option<Content> {
    if file == DELETED {
        return job.selection.deleted().next().map(|_| Content::Deleted);
    }
    if file == ERRORS {
        let lines: String = errors(job, settings).iter().map(|outcome| format!("{outcome}\n")).collect();
        return (!lines.is_empty()).then(|| Content::Errors(lines.into()));
    }
    let counts = job.counts()?;
    let found = counts.iter().map(|(of, _)| *of).find(|of| name(&job.selection, *of) == file)?;
    Some(Content::Resources(found))
}

/// The errors: parts of the request that were left out, and errors that the settings add.
fn errors(job: &Job, settings: &BulkExport) -> Vec<Value> {
    let outcome = |severity: &str, code: &str, diagnostics: String| {
        json!({
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": severity, "code": code, "diagnostics": diagnostics }]
        })
    };
    let ignored = job.ignored.iter().map(|problem| outcome("warning", "not-supported", problem.clone()));
    let first = job.selection.patients.first().filter(|_| settings.has_errors);
    let failed = first.map(|number| {
        let name = ResourceType::DocumentReference.name();
        outcome("error", "exception", format!("A scanned {name} of Patient/{number} cannot be read."))
    });
    ignored.chain(failed).collect()
}

/// Seconds since 1970 as an instant.
fn instant(seconds: u64) -> String {
    moment(seconds).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds since 1970 as an HTTP date (RFC 9110, 5.6.7).
pub fn http_date(seconds: u64) -> String {
    moment(seconds).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn moment(seconds: u64) -> DateTime<Utc> {
    i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default()
}
