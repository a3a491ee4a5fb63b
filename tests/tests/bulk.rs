//! A service exports from the sandbox, with a real key.

#[path = "../../examples/sandbox-ehr/tests/support/keys.rs"]
mod keys;
#[path = "support/mod.rs"]
mod services;

use std::time::Duration;

use sandbox_ehr::FileAccess;
use serde_json::{Value, json};
use services::{begin, clinic, exported, read, references, service, wait};
use smartrust::Error;
use smartrust::abort::AbortSignal;
use smartrust::client::bulk::ReadOptions;
use smartrust::fhir::export::{ExportLevel, ExportRequest};
use smartrust::platform::Clock as _;
use smartrust_tests::Clinic;
// The keys of the sandbox's own tests look for it by this name.
use smartrust_tests::browser as support;

const SCOPE: &str = "system/*.rs";
const FILES: &str = "/webchart.cgi/bulk/";

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn of_types(level: ExportLevel, types: &[&str]) -> ExportRequest {
    ExportRequest::default().level(level).types(strings(types))
}

/// The results of single searches with a service's token.
fn searched(clinic: &mut Clinic, kinds: &[&str], patients: &[&str]) -> Vec<Value> {
    let sent = clinic.world.requests();
    let header = sent.iter().rev().find_map(|request| request.authorization()).unwrap();
    let token = header.strip_prefix("Bearer ").unwrap().to_owned();
    clinic.do_in_browser(async |person| {
        let mut found = Vec::new();
        for kind in kinds {
            for patient in patients {
                let name = if *kind == "Patient" { "_id" } else { "patient" };
                found.extend(person.search(&token, &format!("{kind}?{name}={patient}&_count=200")).await);
            }
        }
        found
    })
}

#[test]
fn b1_b2_an_exported_group_has_the_results_of_single_searches() {
    let mut clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let kinds = ["Patient", "Condition", "Observation", "Encounter"];
    let found = exported(&clinic, &service, of_types(ExportLevel::Group("all".into()), &kinds));
    let expected = searched(&mut clinic, &kinds, &["1", "2", "3", "4", "5", "6"]);
    assert!(expected.len() > 100);
    assert_eq!(references(&found), references(&expected));
    let sent = clinic.world.requests();
    let token_requests: Vec<_> = sent.iter().filter(|request| request.body.is_some()).collect();
    assert_eq!(token_requests.len(), 1);
    let form = token_requests[0].body.as_deref().unwrap();
    assert!(form.contains("client_credentials") && form.contains("client_assertion=") && !form.contains("client_id="));
}

#[test]
fn b2_types_filters_and_named_patients_narrow_each_level() {
    let mut clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let request = of_types(ExportLevel::System, &["Observation", "Group"])
        .type_filters(strings(&["Observation?code=72166-2,29463-7"]));
    let found = exported(&clinic, &service, request);
    let expected = searched(&mut clinic, &["Observation"], &["1", "2", "3", "4", "5", "6"]);
    let fits = |one: &&Value| {
        let code = &one["code"]["coding"][0]["code"];
        code == "72166-2" || code == "29463-7"
    };
    let expected = expected.iter().filter(fits).count();
    assert!(expected > 0);
    assert_eq!(found.iter().filter(|one| one["resourceType"] == "Group").count(), 3);
    assert_eq!(found.len(), expected + 3);

    let request = of_types(ExportLevel::Patient, &["Patient"])
        .patients(strings(&["2", "5"]))
        .elements(strings(&["Patient.birthDate"]));
    let found = exported(&clinic, &service, request);
    assert_eq!(references(&found), ["Patient/2", "Patient/5"]);
    assert!(found.iter().all(|one| one["birthDate"].is_string() && one["name"].is_null()));

    let refused = begin(&clinic, &service, of_types(ExportLevel::Group("none".into()), &[])).err().unwrap();
    let Error::Fhir(refused) = &*refused else { panic!("{refused:?}") };
    assert_eq!((refused.status, refused.operation_outcome.is_some()), (404, true));
}

#[test]
fn b3_polling_follows_the_server_and_continues_after_an_outage() {
    let mut clinic = clinic(|config| {
        config.bulk.polls = 3;
        config.bulk.retry_after = Duration::from_secs(20);
    });
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(ExportLevel::Patient, &["Patient"])).unwrap();
    clinic.order(&json!({ "path": FILES, "status": 503, "headers": { "Retry-After": "9" } }));
    clinic.order(&json!({ "path": FILES, "drop": true }));
    let before = clinic.world.tab("http://localhost:8080/").now();
    let (manifest, reports) = wait(&clinic, &job).unwrap();
    let waited = clinic.world.tab("http://localhost:8080/").now() - before;
    assert_eq!(reports.iter().map(|progress| progress.pause).collect::<Vec<_>>(), [20.0; 3]);
    assert!(reports.iter().all(|progress| progress.text.as_deref().is_some_and(|text| text.contains("of 6 patients"))));
    assert!((69.0..80.0).contains(&waited), "{waited}");
    assert_eq!(manifest.output.iter().filter_map(|file| file.count).sum::<f64>(), 6.0);

    clinic.order(&json!({ "path": FILES, "status": 500, "body": r#"{"resourceType":"OperationOutcome","issue":[]}"# }));
    let failed = wait(&clinic, &job).unwrap_err();
    assert_eq!(failed.status(), Some(500));
}

#[test]
fn b4_files_that_require_no_token_get_none_whether_as_a_boolean_or_a_string() {
    for access in [FileAccess::Token, FileAccess::Open, FileAccess::OpenAsText] {
        let clinic = clinic(|config| config.bulk.file_access = access);
        let service = service(&clinic, SCOPE);
        let found = exported(&clinic, &service, of_types(ExportLevel::Patient, &["Patient"]));
        assert_eq!(found.len(), 6, "{access:?}");
        let sent = clinic.world.requests();
        let files: Vec<_> = sent.iter().filter(|request| request.url.path().ends_with(".ndjson")).collect();
        assert!(!files.is_empty());
        assert!(files.iter().all(|file| file.authorization().is_some() == (access == FileAccess::Token)), "{access:?}");
    }
}

#[test]
fn b4_deletions_and_errors_are_read_like_other_files() {
    let clinic = clinic(|config| config.bulk.has_errors = true);
    let service = service(&clinic, SCOPE);
    let request = of_types(ExportLevel::Patient, &["Observation"]).since("2000-01-01T00:00:00Z");
    let job = begin(&clinic, &service, request).unwrap();
    let (manifest, _) = wait(&clinic, &job).unwrap();
    let deleted = read(&clinic, &job, &manifest, &manifest.deleted, ReadOptions::default()).resources;
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["entry"][0]["request"]["method"], "DELETE");
    let errors = read(&clinic, &job, &manifest, &manifest.error, ReadOptions::default()).resources;
    assert_eq!(errors[0]["resourceType"], "OperationOutcome");
    assert!(errors[0].to_string().contains("Patient/1"));
}

#[test]
fn b5_b6_a_broken_download_is_resumed_and_a_short_or_damaged_file_is_reported() {
    let mut clinic = clinic(|config| config.bulk.files_per_type = 1);
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(ExportLevel::Patient, &["Encounter"])).unwrap();
    let (manifest, _) = wait(&clinic, &job).unwrap();
    let mut reading = |fault: Value, options: ReadOptions| {
        clinic.order(&fault);
        read(&clinic, &job, &manifest, &manifest.output, options)
    };
    let file = &manifest.output[0];
    let count = file.count.unwrap() as usize;
    assert!(count > 10);

    let whole = reading(json!({ "path": FILES, "drop": true, "after": 3000 }), ReadOptions::default());
    whole.outcome.unwrap();
    let mut ids = references(&whole.resources);
    ids.dedup();
    assert_eq!(ids.len(), count);

    let short = reading(json!({ "path": FILES, "lines": 4 }), ReadOptions::default());
    let Err(failure) = short.outcome else { panic!("a short file passed") };
    assert!(matches!(&*failure, Error::Count { found: 4, expected, .. } if *expected as usize == count), "{failure:?}");
    assert_eq!(short.resources.len(), 4);

    let cut = json!({ "path": FILES, "malformed": true, "after": 3000 });
    let damaged = reading(cut.clone(), ReadOptions::default());
    let Err(failure) = damaged.outcome else { panic!("a damaged file passed") };
    let Error::BadLine { file: named, line, .. } = &*failure else { panic!("{failure:?}") };
    assert_eq!((&**named, *line as usize), (file.url.as_str(), damaged.resources.len() + 1));
    let skipping = reading(cut, ReadOptions::default().skips_bad_lines(true));
    assert_eq!(skipping.progress.skipped, 1);
    assert_eq!(skipping.outcome.unwrap_err().code(), "count_mismatch");
}

#[test]
fn b6_a_cancelled_export_is_gone_at_the_server() {
    let clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(ExportLevel::Patient, &["Patient"])).unwrap();
    for _ in 0..2 {
        let given_up = job.clone();
        clinic.world.run(async move { given_up.cancel(&AbortSignal::never()).await }).unwrap().unwrap();
    }
    assert_eq!(wait(&clinic, &job).unwrap_err().code(), "not_found");
}

#[test]
fn b6_an_export_is_resumed_by_its_status_url() {
    let clinic = clinic(|_| {});
    let first = service(&clinic, SCOPE);
    let address = begin(&clinic, &first, of_types(ExportLevel::Patient, &["Patient"])).unwrap().status_url().to_owned();
    drop(first);
    clinic.wait(30);
    let second = service(&clinic, SCOPE);
    let job = second.export_at(&address).unwrap();
    let (manifest, _) = wait(&clinic, &job).unwrap();
    let reading = read(&clinic, &job, &manifest, &manifest.output, ReadOptions::default());
    assert_eq!(reading.resources.len(), 6);
}

#[test]
fn b1_a_token_that_is_refused_during_an_export_is_replaced() {
    let clinic = clinic(|config| config.bulk.files_per_type = 6);
    let service = service(&clinic, SCOPE);
    let tokens = || clinic.world.requests().iter().filter(|request| request.body.is_some()).count();
    let job = begin(&clinic, &service, of_types(ExportLevel::Patient, &["Patient"])).unwrap();
    // The five minutes of the sandbox's tokens have passed on both clocks.
    clinic.wait(301);
    let (manifest, _) = wait(&clinic, &job).unwrap();
    assert_eq!(tokens(), 2);
    // Only on the server's clock: the client gets a 401.
    clinic.person.hands.turn(301);
    let options = ReadOptions::default().parallel(3);
    let reading = read(&clinic, &job, &manifest, &manifest.output, options);
    reading.outcome.unwrap();
    assert_eq!((reading.resources.len(), reading.progress.files), (6, 6));
    assert_eq!(tokens(), 3);
}
