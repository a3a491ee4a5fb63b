//! Exports from a server that is scripted step by step.

use super::backend::service;
use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::bulk::{Export, ExportProgress, ReadOptions, ReadProgress};
use crate::error::{Error, Failure};
use crate::fhir::export::{ExportManifest, ExportRequest};
use crate::fhir::resource_lines::LineProblem;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::platform::Clock;
use crate::protocol::http::{Method, Request};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

pub const JOB: &str = "https://ehr.example/jobs/1";

/// A server with a list of responses for a job's status, and one for each file's URL.
#[derive(Default)]
pub struct Jobs {
    pub kick_off: RefCell<Option<Reply>>,
    pub statuses: RefCell<VecDeque<Reply>>,
    /// The responses for each further page's URL, in order.
    pub pages: RefCell<Vec<(String, VecDeque<Reply>)>>,
    /// The responses for each file's URL. The last one is repeated.
    pub files: RefCell<Vec<(String, VecDeque<Reply>)>>,
}

impl Jobs {
    fn respond(&self, request: &Request) -> Option<Reply> {
        let url = request.url.as_str();
        if url.contains("$export") {
            let accepted = Reply { status: 202, ..Reply::default() }.header("Content-Location", JOB);
            return Some(self.kick_off.borrow_mut().take().unwrap_or(accepted));
        }
        if url == JOB {
            return self.statuses.borrow_mut().pop_front().or(Some(Reply { status: 202, ..Reply::default() }));
        }
        let mut pages = self.pages.borrow_mut();
        if let Some((_, replies)) = pages.iter_mut().find(|(address, _)| address == url) {
            return replies.pop_front();
        }
        let mut files = self.files.borrow_mut();
        let (_, replies) = files.iter_mut().find(|(address, _)| address == url)?;
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    }

    pub fn file(&self, url: &str, replies: impl IntoIterator<Item = Reply>) {
        self.files.borrow_mut().push((url.to_owned(), replies.into_iter().collect()));
    }

    pub fn page(&self, url: &str, replies: impl IntoIterator<Item = Reply>) {
        self.pages.borrow_mut().push((url.to_owned(), replies.into_iter().collect()));
    }

    pub fn done(&self, manifest: &Value) {
        self.statuses.borrow_mut().push_back(Reply::json(200, manifest));
    }
}

pub fn jobs() -> (Rc<Server>, Rc<Jobs>, World, MemoryPlatform) {
    let (server, world, tab) = stage();
    let jobs = Rc::new(Jobs::default());
    let (answering, script) = (server.clone(), jobs.clone());
    world.respond_with(move |request| script.respond(request).unwrap_or_else(|| answering.respond(request)));
    (server, jobs, world, tab)
}

pub fn start(world: &World, tab: &MemoryPlatform) -> Result<Export<MemoryPlatform>, Failure> {
    let service = service(tab);
    world.run(async move { service.start_export(&ExportRequest::default(), &AbortSignal::never()).await }).unwrap()
}

pub fn wait(world: &World, export: &Export<MemoryPlatform>) -> (Result<ExportManifest, Failure>, Vec<ExportProgress>) {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let (export, log) = (export.clone(), reports.clone());
    let manifest = world.run(async move {
        export.wait(&AbortSignal::never(), &|progress| log.borrow_mut().push(progress.clone())).await
    });
    (manifest.unwrap(), reports.take())
}

pub struct Outcome {
    pub ids: Vec<String>,
    pub progress: ReadProgress,
    pub end: Result<(), Failure>,
}

/// Reads all files of a manifest to their end, or to the first error.
pub fn read_all(
    world: &World,
    export: &Export<MemoryPlatform>,
    manifest: &ExportManifest,
    options: ReadOptions,
) -> Outcome {
    let mut reader = export.read_files(manifest, &manifest.output, options).unwrap();
    world
        .run(async move {
            let mut ids = Vec::new();
            let end = loop {
                match reader.next().await {
                    Ok(Some(batch)) => {
                        ids.extend(
                            batch.resources.into_iter().map(|resource| resource["id"].as_str().unwrap().to_owned()),
                        );
                    }
                    Ok(None) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            };
            Outcome { ids, progress: reader.progress(), end }
        })
        .unwrap()
}

pub fn manifest(files: &[(&str, Option<u32>)]) -> ExportManifest {
    let file = |(url, count): &(&str, Option<u32>)| json!({"type": "Patient", "url": url, "count": count});
    let output: Vec<Value> = files.iter().map(file).collect();
    ExportManifest::read(&json!({"requiresAccessToken": true, "output": output})).unwrap()
}

pub fn lines(ids: std::ops::Range<u32>) -> String {
    ids.map(|id| format!("{{\"resourceType\":\"Patient\",\"id\":\"p{id}\"}}\n")).collect()
}

pub fn export_of(tab: &MemoryPlatform) -> Export<MemoryPlatform> {
    service(tab).export_at(JOB).unwrap()
}

pub const FILE: &str = "https://ehr.example/files/1";

pub fn bad_line(line: u64, problem: LineProblem) -> Failure {
    Error::BadLine { file: FILE.into(), line, problem }.into()
}

#[test]
fn b2_a_kick_off_starts_an_export_and_a_response_without_one_is_an_error() {
    let (_, jobs, world, tab) = jobs();
    let export = start(&world, &tab).unwrap();
    assert_eq!(export.status_url(), JOB);
    let sent = world.requests();
    let kick_off = sent.last().unwrap();
    assert_eq!(kick_off.url.as_str(), "https://ehr.example/fhir/Patient/$export");
    assert!(kick_off.authorization().is_some());

    let outcome = json!({"resourceType": "OperationOutcome", "issue": [{"diagnostics": "no such group"}]});
    for (reply, code) in [
        (Reply::json(200, &json!({})), "export_failed"),
        (Reply { status: 202, ..Reply::default() }, "export_failed"),
        (Reply::json(404, &outcome), "not_found"),
    ] {
        *jobs.kick_off.borrow_mut() = Some(reply);
        assert_eq!(start(&world, &tab).err().unwrap().code(), code);
    }
    *jobs.kick_off.borrow_mut() = Some(Reply { status: 202, ..Reply::default() });
    assert!(start(&world, &tab).err().unwrap().message().contains("Content-Location"));
}

#[test]
fn b3_polling_follows_retry_after_else_backs_off_and_reports_progress() {
    let (_, jobs, world, tab) = jobs();
    let export = start(&world, &tab).unwrap();
    let running = || Reply { status: 202, ..Reply::default() };
    let detailed = running().header("Retry-After", "20").header("X-Progress", "40% done");
    jobs.statuses.borrow_mut().extend([running(), running(), detailed, running()]);
    jobs.done(&json!({"output": []}));
    let began = tab.now();
    let (manifest, reports) = wait(&world, &export);
    assert!(manifest.unwrap().output.is_empty());
    assert_eq!(reports[2].text.as_deref(), Some("40% done"));
    assert_eq!(reports[2].pause, 20.0);
    assert!(reports[0].pause < reports[1].pause && reports[1].pause < reports[3].pause, "{reports:?}");
    let waited: f64 = reports.iter().map(|progress| progress.pause).sum();
    assert!((tab.now() - began - waited).abs() < 0.1, "{} and {waited}", tab.now() - began);
}

#[test]
fn b3_a_pause_is_bounded_whatever_the_server_says() {
    let (_, jobs, world, tab) = jobs();
    let export = start(&world, &tab).unwrap();
    for retry_after in ["0", "86400", "soon"] {
        jobs.statuses
            .borrow_mut()
            .push_back(Reply { status: 202, ..Reply::default() }.header("Retry-After", retry_after));
    }
    jobs.done(&json!({"output": []}));
    let (_, reports) = wait(&world, &export);
    assert!(reports.iter().all(|progress| (1.0..=3600.0).contains(&progress.pause)), "{reports:?}");
}

#[test]
fn b3_transient_errors_are_retried_and_others_are_returned() {
    let (_, jobs, world, tab) = jobs();
    let export = start(&world, &tab).unwrap();
    let busy = Reply::json(503, &json!({})).header("Retry-After", "5");
    jobs.statuses.borrow_mut().extend([busy, Reply::offline(), Reply::text(502, "bad gateway")]);
    jobs.done(&json!({"output": []}));
    assert!(wait(&world, &export).0.is_ok());

    let failed =
        json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": "disk full"}]});
    for status in [400, 404, 500] {
        jobs.statuses.borrow_mut().push_back(Reply::json(status, &failed));
        let failure = wait(&world, &export).0.unwrap_err();
        assert_eq!(failure.status(), Some(status));
        assert!(failure.message().contains("disk full"), "{}", failure.message());
    }
    jobs.statuses.borrow_mut().extend(std::iter::repeat_n(Reply::offline(), 20));
    assert_eq!(wait(&world, &export).0.unwrap_err().code(), "network", "it does not try for ever");
}

#[test]
fn b1_b3_an_outage_of_the_token_endpoint_in_the_middle_of_a_job_is_waited_out() {
    let (server, jobs, world, tab) = jobs();
    let export = start(&world, &tab).unwrap();
    let dead = world.requests().last().unwrap().authorization().unwrap().to_owned();
    server.token_replies.borrow_mut().extend([Reply::text(503, "out of order"), Reply::offline()]);
    let unauthorized = Reply::text(401, "");
    jobs.statuses.borrow_mut().extend([unauthorized.clone(), unauthorized]);
    jobs.done(&json!({"output": []}));
    let (manifest, _) = wait(&world, &export);
    assert!(manifest.unwrap().output.is_empty());
    assert_ne!(world.requests().last().unwrap().authorization().unwrap(), dead);
}

#[test]
fn b4_a_token_is_only_sent_to_files_that_require_it_at_an_allowed_location() {
    let (_, jobs, world, tab) = jobs();
    let storage = "https://storage.example/1";
    jobs.file(FILE, [Reply::text(200, &lines(0..2))]);
    jobs.file(storage, [Reply::text(200, &lines(2..3))]);
    let export = export_of(&tab);
    let read = |manifest: &ExportManifest| read_all(&world, &export, manifest, ReadOptions::default()).end;
    let authorization = |url: &str| {
        let sent = world.requests();
        sent.iter().rev().find(|request| request.url.as_str() == url).map(|request| request.authorization().is_some())
    };

    read(&manifest(&[(FILE, Some(2))])).unwrap();
    assert_eq!(authorization(FILE), Some(true));
    assert_eq!(read(&manifest(&[(storage, None)])).unwrap_err().code(), "foreign_url");
    assert_eq!(authorization(storage), None, "nothing was sent there");

    let open = ExportManifest { requires_access_token: false, ..manifest(&[(FILE, None), (storage, None)]) };
    read(&open).unwrap();
    assert_eq!((authorization(FILE), authorization(storage)), (Some(false), Some(false)));
}

#[test]
fn b4_a_configured_origin_gets_the_token() {
    use crate::client::bulk::{BackendClient, BackendConfig};
    use crate::protocol::client_auth::ClientAuthentication;

    let (_, jobs, world, tab) = jobs();
    jobs.file("https://storage.example/1", [Reply::text(200, &lines(0..1))]);
    let mut config = BackendConfig::new(BASE, "service", ClientAuthentication::None, "system/*.rs");
    config.file_origins = vec!["https://storage.example".into()];
    let export = BackendClient::new(tab.clone(), config).unwrap().export_at(JOB).unwrap();
    let named = manifest(&[("https://storage.example/1", Some(1))]);
    assert_eq!(read_all(&world, &export, &named, ReadOptions::default()).end, Ok(()));
    assert!(world.requests().last().unwrap().authorization().is_some());
}

#[test]
fn b4_the_number_of_concurrent_files_is_limited() {
    let (_, jobs, world, tab) = jobs();
    let files: Vec<String> = (0..10).map(|file| format!("https://ehr.example/files/{file}")).collect();
    for file in &files {
        jobs.file(file, [Reply::text(200, &lines(0..1)).after(1_000)]);
    }
    let named: Vec<_> = files.iter().map(|file| (file.as_str(), Some(1))).collect();
    let export = export_of(&tab);
    let options = ReadOptions { parallel: 3, ..ReadOptions::default() };
    let mut reader = export.read_files(&manifest(&named), &manifest(&named).output, options).unwrap();
    let began = tab.now();
    let (progress, asked_at_once) = {
        let counting = world.clone();
        world
            .run(async move {
                let mut most = 0;
                let mut given = 0;
                while reader.next().await.unwrap().is_some() {
                    given += 1;
                    let requested =
                        counting.requests().iter().filter(|request| request.url.path().starts_with("/files")).count();
                    most = most.max(requested - (given - 1));
                }
                (reader.progress(), most)
            })
            .unwrap()
    };
    assert_eq!((progress.files, progress.total_files, progress.resources), (10, 10, 10));
    assert!(asked_at_once <= 3, "{asked_at_once}");
    assert!((4.0..10.0).contains(&(tab.now() - began)), "{} s", tab.now() - began);
}

#[test]
fn b6_a_cancelled_export_is_deleted_and_a_missing_one_is_not_an_error() {
    let (_, jobs, world, tab) = jobs();
    let cancel = || {
        let export = export_of(&tab);
        world.run(async move { export.cancel(&AbortSignal::never()).await }).unwrap()
    };
    for (status, outcome) in [(202, Ok(())), (404, Ok(())), (403, Err("forbidden"))] {
        jobs.statuses.borrow_mut().push_back(Reply { status, ..Reply::default() });
        assert_eq!(cancel().map_err(|failure| failure.code()), outcome);
        let sent = world.requests();
        assert_eq!((sent.last().unwrap().method, sent.last().unwrap().url.as_str()), (Method::Delete, JOB));
    }
}

#[test]
fn b6_an_export_is_resumed_by_its_status_url_and_never_at_another_server() {
    let (_, jobs, world, tab) = jobs();
    jobs.done(&json!({"output": [{"type": "Patient", "url": FILE}]}));
    assert_eq!(wait(&world, &export_of(&tab)).0.unwrap().output.len(), 1);
    let foreign = service(&tab).export_at("https://evil.example/jobs/1").unwrap();
    assert_eq!(wait(&world, &foreign).0.unwrap_err().code(), "foreign_url");
    assert!(world.requests().iter().all(|request| request.url.host() == "ehr.example"));
}

#[test]
fn f7_a_signal_aborts_waiting_and_reading() {
    let (_, jobs, world, tab) = jobs();
    jobs.file(FILE, [Reply::text(200, &lines(0..100)).in_pieces_of(100)]);
    let abort = AbortHandle::new();
    let export = export_of(&tab);
    let options = ReadOptions { abort: abort.signal(), ..ReadOptions::default() };
    let mut reader = export.read_files(&manifest(&[(FILE, None)]), &manifest(&[(FILE, None)]).output, options).unwrap();
    let stopping = abort.clone();
    let end = world.run(async move {
        reader.next().await.unwrap().unwrap();
        stopping.abort();
        reader.next().await.err()
    });
    assert_eq!(end.unwrap().unwrap().code(), "aborted");
    let sent = world.requests().len();
    let waiting = export.clone();
    let signal = abort.signal();
    let waited = world.run(async move { waiting.wait(&signal, &|_| {}).await.err() });
    assert_eq!(waited.unwrap().unwrap().code(), "aborted");
    assert_eq!(world.requests().len(), sent);
}
