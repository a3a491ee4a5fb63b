//! The status of an export until its manifest: pages, transient errors, a cancellation.

use super::export::*;
use crate::abort::AbortSignal;
use crate::client::bulk::{ExportStatus, ReadOptions};
use crate::error::Error;
use crate::fhir::export::ExportManifest;
use crate::memory::Reply;
use crate::platform::{Clock as _, Timer as _};
use crate::protocol::http::Method;
use serde_json::{Value, json};

const SECOND: &str = "https://ehr.example/jobs/1/pages/2";
const THIRD: &str = "https://ehr.example/jobs/1/pages/3";

fn page(file: u32, next: Option<&str>) -> Value {
    let links: Vec<Value> = next.iter().map(|url| json!({"relation": "next", "url": url})).collect();
    let url = format!("https://ehr.example/files/{file}");
    json!({
        "transactionTime": "2026-01-01T00:00:00Z", "requiresAccessToken": true,
        "output": [{"type": "Patient", "url": url, "count": 1}], "link": links
    })
}

fn running() -> Reply {
    Reply { status: 202, ..Reply::default() }
}

fn outcome(code: &str) -> Value {
    json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": "not now"}]})
}

fn urls(manifest: &ExportManifest) -> Vec<&str> {
    manifest.output.iter().map(|file| file.url.rsplit('/').next().unwrap()).collect()
}

#[test]
fn b7_a_manifest_of_several_pages_is_read_to_its_end() {
    let (_, jobs, world, tab) = jobs();
    jobs.done(&page(1, Some("1/pages/2")));
    // The second page is not ready immediately, and the server fails once.
    let later = running().header("Retry-After", "7").header("X-Progress", "page 2");
    jobs.page(SECOND, [later, Reply::json(503, &json!({})), Reply::json(200, &page(2, Some(THIRD)))]);
    jobs.page(THIRD, [Reply::json(200, &page(3, None))]);
    let export = export_of(&tab);
    let (manifest, reports) = wait(&world, &export);
    let manifest = manifest.unwrap();
    assert_eq!(urls(&manifest), ["1", "2", "3"]);
    assert_eq!((manifest.next.clone(), manifest.documents.len()), (None, 3));
    assert_eq!(
        reports.iter().map(|progress| (progress.text.as_deref(), progress.pause)).collect::<Vec<_>>(),
        [(Some("page 2"), 7.0)]
    );
    let sent = world.requests();
    assert_eq!(sent.iter().filter(|request| request.url.as_str() == JOB).count(), 1, "what was read stays read");

    for file in 1..=3 {
        jobs.file(&format!("https://ehr.example/files/{file}"), [Reply::text(200, &lines(file..file + 1))]);
    }
    let outcome = read_all(&world, &export, &manifest, ReadOptions::default());
    assert_eq!((outcome.ids.len(), outcome.end), (3, Ok(())));
}

#[test]
fn b7_a_status_with_a_page_that_is_not_ready_is_not_done() {
    let (_, jobs, world, tab) = jobs();
    let ask = || {
        let export = export_of(&tab);
        world.run(async move { export.status(&AbortSignal::never()).await }).unwrap().unwrap()
    };
    jobs.done(&page(1, Some(SECOND)));
    jobs.page(SECOND, [running(), Reply::json(200, &page(2, None))]);
    assert!(matches!(ask(), ExportStatus::Running { .. }));
    jobs.done(&page(1, Some(SECOND)));
    let ExportStatus::Done(manifest) = ask() else { panic!("it is there") };
    assert_eq!(urls(&manifest), ["1", "2"]);
}

#[test]
fn b7_pages_that_link_in_a_cycle_or_to_another_server_are_an_error() {
    for (next, code) in [
        (JOB, "page_cycle"),
        (SECOND, "page_cycle"),
        ("https://evil.example/pages/2", "foreign_url"),
        ("http://ehr.example/jobs/1/pages/3", "foreign_url"),
        ("javascript:alert(1)", "invalid_url"),
    ] {
        let (_, jobs, world, tab) = jobs();
        jobs.done(&page(1, Some(SECOND)));
        jobs.page(SECOND, [Reply::json(200, &page(2, Some(next)))]);
        assert_eq!(wait(&world, &export_of(&tab)).0.unwrap_err().code(), code, "{next}");
        let sent = world.requests();
        assert!(sent.iter().all(|request| request.url.host() == "ehr.example"), "{next}");
        assert!(sent.iter().all(|request| request.url.as_str().starts_with("https:")), "{next}");
    }
}

#[test]
fn b7_one_page_of_several_is_never_read_as_the_whole_manifest() {
    let (_, _, _, tab) = jobs();
    let first = ExportManifest::read(&page(1, Some(SECOND))).unwrap();
    let refused = export_of(&tab).read_files(&first, &first.output, ReadOptions::default()).err().unwrap();
    assert_eq!(refused.code(), "export_failed");
}

#[test]
fn b3_a_long_retry_after_is_followed_up_to_an_hour() {
    for (retry_after, pause) in [("900", 900.0), ("3600", 3600.0), ("86400", 3600.0)] {
        for first in [running(), Reply::json(503, &json!({}))] {
            let (_, jobs, world, tab) = jobs();
            jobs.statuses.borrow_mut().push_back(first.header("Retry-After", retry_after));
            jobs.done(&json!({"output": []}));
            let began = tab.now();
            assert!(wait(&world, &export_of(&tab)).0.is_ok());
            let waited = tab.now() - began;
            assert!((pause..pause + 1.0).contains(&waited), "{retry_after}: {waited}");
        }
    }
}

#[test]
fn b8_an_error_with_the_code_transient_is_retried() {
    let (_, jobs, world, tab) = jobs();
    for (status, code) in
        [(500, "transient"), (500, "timeout"), (503, "throttled"), (500, "lock-error"), (500, "no-store"), (408, "x")]
    {
        jobs.statuses.borrow_mut().push_back(Reply::json(status, &outcome(code)).header("Retry-After", "30"));
        jobs.done(&json!({"output": []}));
        let began = tab.now();
        assert!(wait(&world, &export_of(&tab)).0.is_ok(), "{status} {code}");
        assert!((30.0..31.0).contains(&(tab.now() - began)), "it waits as long as the server says");
    }
}

#[test]
fn b8_another_error_ends_the_export_and_transient_errors_end_it_eventually() {
    let (_, jobs, world, tab) = jobs();
    let export = export_of(&tab);
    let mixed = json!({"resourceType": "OperationOutcome", "issue": [{"code": "transient"}, {"code": "not-found"}]});
    let remark = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "transient"}]});
    for body in [outcome("exception"), outcome("processing"), mixed, remark, json!({})] {
        jobs.statuses.borrow_mut().push_back(Reply::json(500, &body));
        assert_eq!(wait(&world, &export).0.unwrap_err().status(), Some(500), "{body}");
    }
    jobs.statuses.borrow_mut().extend(std::iter::repeat_n(Reply::json(500, &outcome("transient")), 20));
    let sent = world.requests().len();
    assert_eq!(wait(&world, &export).0.unwrap_err().status(), Some(500));
    assert_eq!(world.requests().len() - sent, 7, "the first try and six more");
}

#[test]
fn b8_a_file_with_a_transient_error_is_requested_again() {
    let (_, jobs, world, tab) = jobs();
    jobs.file(FILE, [Reply::json(500, &outcome("transient")), Reply::text(200, &lines(0..2))]);
    let outcome = read_all(&world, &export_of(&tab), &manifest(&[(FILE, Some(2))]), ReadOptions::default());
    assert_eq!(outcome.end, Ok(()));
}

#[test]
fn b10_a_cancellation_ends_a_running_wait() {
    let (_, jobs, world, tab) = jobs();
    // Once during the pause between two status requests, and once during a request.
    for reply in [running().header("Retry-After", "60"), running().after(60_000)] {
        jobs.statuses.borrow_mut().push_back(reply);
        let (export, platform) = (export_of(&tab), tab.clone());
        let (waiting, cancelling) = (export.clone(), export.clone());
        let began = tab.now();
        let (waited, cancelled) = world
            .run(async move {
                let cancel = async {
                    platform.sleep(5_000).await;
                    cancelling.cancel(&AbortSignal::never()).await
                };
                let never = AbortSignal::never();
                futures_util::future::join(waiting.wait(&never, &|_| {}), cancel).await
            })
            .unwrap();
        assert_eq!((waited, cancelled), (Err(Error::ExportCancelled.into()), Ok(())));
        assert!(tab.now() - began < 6.0);
        let sent = world.requests();
        assert_eq!(sent.last().unwrap().method, Method::Delete, "no request follows it");
        world.advance(600.0);
        world.settle();
        assert_eq!(world.requests().len(), sent.len());

        // A later wait gets the job's status from the server.
        jobs.statuses.borrow_mut().push_back(Reply { status: 404, ..Reply::default() });
        assert_eq!(wait(&world, &export).0.unwrap_err().code(), "not_found");
    }
}
