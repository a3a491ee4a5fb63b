//! Exports as from other servers: in pages, by patient, with transient errors, wrong counts, and incomplete files.

#[path = "../../examples/sandbox-ehr/tests/support/keys.rs"]
mod keys;
#[path = "support/mod.rs"]
mod services;

use serde_json::{Value, json};
use services::{begin, clinic, exported, read, references, service, wait};
use smartrust::Error;
use smartrust::client::bulk::ReadOptions;
use smartrust::fhir::export::ExportRequest;
// The keys of the sandbox's own tests look for it by this name.
use smartrust_tests::browser as support;

const SCOPE: &str = "system/*.rs";

fn of_types(types: &[&str]) -> ExportRequest {
    ExportRequest::default().types(types.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

#[test]
fn b7_an_export_in_pages_is_the_same_export() {
    let kinds = ["Patient", "Condition", "Encounter"];
    let clinic = clinic(|config| config.bulk.has_errors = true);
    let service = service(&clinic, SCOPE);
    let whole = exported(&clinic, &service, of_types(&kinds));
    let request = of_types(&kinds).allow_partial_manifests(true);
    let job = begin(&clinic, &service, request.clone()).unwrap();
    let (manifest, _) = wait(&clinic, &job).unwrap();
    assert!(manifest.documents.len() > 2, "{} pages", manifest.documents.len());
    assert_eq!(manifest.error.len(), 1);
    assert_eq!(references(&exported(&clinic, &service, request)), references(&whole));
    let posted = of_types(&kinds).allow_partial_manifests(true).by_post(true);
    assert_eq!(references(&exported(&clinic, &service, posted)), references(&whole));
}

#[test]
fn b7_a_page_at_another_server_ends_the_export_and_nothing_is_sent_there() {
    let mut clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(&["Patient"])).unwrap();
    clinic.order_deviations(&json!({ "deviations": ["export-next-elsewhere"], "to": "https://evil.example" }));
    assert_eq!(wait(&clinic, &job).unwrap_err().code(), "foreign_url");
    assert!(clinic.world.requests().iter().all(|request| request.url.host() != "evil.example"));
}

#[test]
fn b8_a_status_with_a_transient_error_is_requested_again() {
    let mut clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(&["Patient"])).unwrap();
    clinic.order_deviations(&json!({ "deviations": ["export-transient"], "count": 3 }));
    assert!(!wait(&clinic, &job).unwrap().0.output.is_empty());
    clinic.order_deviations(&json!({ "deviations": ["export-transient"], "count": 50 }));
    assert_eq!(wait(&clinic, &job).unwrap_err().status(), Some(500));
}

#[test]
fn b9_files_by_patient_have_the_same_resources_below_their_patients() {
    let clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let kinds = ["Patient", "Condition", "Practitioner"];
    let whole = exported(&clinic, &service, of_types(&kinds));
    let request = of_types(&kinds).organize_output_by("Patient");
    assert_eq!(references(&exported(&clinic, &service, request.clone())), references(&whole));

    let job = begin(&clinic, &service, request).unwrap();
    let (manifest, _) = wait(&clinic, &job).unwrap();
    assert_eq!(manifest.organized_by.as_deref(), Some("Patient"));
    let mut reader = job.read_files(&manifest, &manifest.output, ReadOptions::default()).unwrap();
    let rows: Vec<(Option<Value>, Value)> = clinic
        .world
        .run(async move {
            let mut rows = Vec::new();
            while let Some(batch) = reader.next().await.unwrap() {
                let header = batch.header;
                rows.extend(batch.resources.into_iter().map(|resource| (header.clone(), resource)));
            }
            rows
        })
        .unwrap();
    for (header, resource) in rows {
        let patient = header.map(|header| header["parameter"][0]["valueReference"]["reference"].clone());
        let expected = match resource["resourceType"].as_str() {
            Some("Patient") => Some(format!("Patient/{}", resource["id"].as_str().unwrap()).into()),
            Some("Condition") => Some(resource["subject"]["reference"].clone()),
            _ => None,
        };
        assert_eq!(patient, expected);
    }
}

#[test]
fn b9_an_incorrect_count_is_an_error_or_ignored() {
    let mut clinic = clinic(|_| {});
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(&["Patient"])).unwrap();
    clinic.order_deviations(&json!({ "deviations": ["export-miscounted"] }));
    let (manifest, _) = wait(&clinic, &job).unwrap();
    let strict = read(&clinic, &job, &manifest, &manifest.output, ReadOptions::default());
    assert_eq!(strict.outcome.unwrap_err().code(), "count_mismatch");
    let options = ReadOptions::default().check_counts(false);
    let lenient = read(&clinic, &job, &manifest, &manifest.output, options);
    assert_eq!((lenient.resources.len(), lenient.outcome), (6, Ok(())));
}

#[test]
fn b9_a_file_that_the_server_ended_with_an_outcome_is_an_error() {
    let mut clinic = clinic(|config| config.bulk.files_per_type = 1);
    let service = service(&clinic, SCOPE);
    let job = begin(&clinic, &service, of_types(&["Patient"])).unwrap();
    let (manifest, _) = wait(&clinic, &job).unwrap();
    clinic.order_deviations(&json!({ "deviations": ["export-file-outcome"] }));
    let broken = read(&clinic, &job, &manifest, &manifest.output, ReadOptions::default());
    let failure = broken.outcome.unwrap_err();
    let Error::FileOutcome { line: 2, outcome, .. } = &*failure else { panic!("{failure:?}") };
    assert_eq!(outcome.first_text(), Some("The file could not be written to its end."));
    assert_eq!(broken.resources.len(), 1);
}
