//! The files of an export: their lines, their counts, and broken connections.

use super::export::*;
use crate::abort::AbortSignal;
use crate::client::bulk::ReadOptions;
use crate::error::Error;
use crate::fhir::export::ExportManifest;
use crate::fhir::resource_lines::LineProblem;
use crate::memory::Reply;
use serde_json::{Value, json};

fn outcome_line(severity: &str, text: &str) -> String {
    let issue = json!({"severity": severity, "code": "exception", "diagnostics": text});
    format!("{}\n", json!({"resourceType": "OperationOutcome", "id": text, "issue": [issue]}))
}

fn header_line(patient: u32) -> String {
    let reference = json!({"name": "header", "valueReference": {"reference": format!("Patient/p{patient}")}});
    format!("{}\n", json!({"resourceType": "Parameters", "parameter": [reference]}))
}

fn skipping() -> ReadOptions {
    ReadOptions { skips_bad_lines: true, ..ReadOptions::default() }
}

#[test]
fn b9_a_server_that_counts_incorrectly_can_be_read() {
    let (_, jobs, world, tab) = jobs();
    jobs.file(FILE, [Reply::text(200, &lines(0..3))]);
    let (export, miscounted) = (export_of(&tab), manifest(&[(FILE, Some(7))]));
    let strict = read_all(&world, &export, &miscounted, ReadOptions::default());
    let failure = strict.end.unwrap_err();
    assert_eq!(*failure, Error::Count { file: FILE.into(), expected: 7, found: 3 });
    assert!(failure.message().contains("checkCounts"), "{}", failure.message());
    let lenient = read_all(&world, &export, &miscounted, ReadOptions { check_counts: false, ..ReadOptions::default() });
    assert_eq!((lenient.ids.len(), lenient.end), (3, Ok(())));
}

#[test]
fn b9_a_file_of_errors_is_read_whatever_its_count_says() {
    let (_, jobs, world, tab) = jobs();
    jobs.file(FILE, [Reply::text(200, &outcome_line("error", "one"))]);
    for file in [json!({"type": "OperationOutcome", "url": FILE, "count": 40}), json!({"url": FILE, "count": 40})] {
        let manifest = ExportManifest::read(&json!({"output": [], "error": [file]})).unwrap();
        let read = ExportManifest { output: manifest.error.clone(), ..manifest };
        let outcome = read_all(&world, &export_of(&tab), &read, ReadOptions::default());
        assert_eq!((outcome.ids, outcome.end), (vec!["one".into()], Ok(())));
    }
}

#[test]
fn b9_an_operation_outcome_among_resources_is_an_error_of_its_file() {
    let (_, jobs, world, tab) = jobs();
    for severity in ["error", "warning"] {
        let body = lines(0..2) + &outcome_line(severity, "the rest is lost") + &lines(2..3);
        jobs.files.borrow_mut().clear();
        jobs.file(FILE, [Reply::text(200, &body)]);
        let strict = read_all(&world, &export_of(&tab), &manifest(&[(FILE, None)]), ReadOptions::default());
        assert_eq!(strict.ids, ["p0", "p1"], "what came before it is given");
        let failure = strict.end.unwrap_err();
        let Error::FileOutcome { file, line: 3, outcome } = &*failure else { panic!("{failure:?}") };
        assert_eq!((&**file, outcome.first_text()), (FILE, Some("the rest is lost")));
        assert!(failure.message().contains("the rest is lost"), "{}", failure.message());
        assert_eq!(failure.code(), "file_failed");

        let lenient = read_all(&world, &export_of(&tab), &manifest(&[(FILE, Some(4))]), skipping());
        assert_eq!((lenient.ids.len(), lenient.progress.skipped, lenient.end), (3, 1, Ok(())));
    }
}

#[test]
fn b9_header_rows_precede_their_resources_and_count_or_do_not() {
    let (_, jobs, world, tab) = jobs();
    let body = header_line(1) + &lines(10..12) + &header_line(2) + &lines(20..21) + &header_line(3) + &lines(30..31);
    let reply = Reply::text(200, &body).in_pieces_of(50);
    let broken = Reply::text(200, &body[..body.len() - 30]).in_pieces_of(50).interrupted();
    jobs.file(FILE, [broken, reply]);
    for count in [4, 7] {
        let named = manifest(&[(FILE, Some(count))]);
        let mut reader = export_of(&tab).read_files(&named, &named.output, ReadOptions::default()).unwrap();
        let found = world
            .run(async move {
                let mut found: Vec<(String, String)> = Vec::new();
                while let Some(batch) = reader.next().await.unwrap() {
                    let header: Value = batch.header.unwrap();
                    let patient = header["parameter"][0]["valueReference"]["reference"].as_str().unwrap().to_owned();
                    let ids = batch.resources.into_iter().map(|resource| resource["id"].as_str().unwrap().to_owned());
                    found.extend(ids.map(|id| (patient.clone(), id)));
                }
                assert_eq!(reader.progress().resources, 4);
                found
            })
            .unwrap();
        let found: Vec<_> = found.iter().map(|(patient, id)| (patient.as_str(), id.as_str())).collect();
        let expected = [("Patient/p1", "p10"), ("Patient/p1", "p11"), ("Patient/p2", "p20"), ("Patient/p3", "p30")];
        assert_eq!(found, expected, "counted as {count}");
    }
}

#[test]
fn b11_a_line_that_is_too_long_is_a_bad_line() {
    let (_, jobs, world, tab) = jobs();
    let long = format!("{{\"resourceType\":\"Binary\",\"data\":\"{}\"}}\n", "A".repeat(5_000));
    let body = lines(0..2) + &long + &lines(2..3);
    jobs.file(FILE, [Reply::text(200, &body).in_pieces_of(700)]);
    let bounded = |options| ReadOptions { max_line_bytes: 1_000, ..options };
    let strict = read_all(&world, &export_of(&tab), &manifest(&[(FILE, None)]), bounded(ReadOptions::default()));
    assert_eq!(strict.ids, ["p0", "p1"]);
    let failure = strict.end.unwrap_err();
    assert_eq!(failure, bad_line(3, LineProblem::TooLong { max_line_bytes: 1_000 }));
    assert!(failure.message().contains("longer than 1000 bytes"), "{}", failure.message());

    let lenient = read_all(&world, &export_of(&tab), &manifest(&[(FILE, Some(4))]), bounded(skipping()));
    assert_eq!(
        (lenient.ids, lenient.progress.skipped, lenient.end),
        (vec!["p0".into(), "p1".into(), "p2".into()], 1, Ok(()))
    );
}

#[test]
fn b11_a_line_with_json_that_is_not_an_object_is_a_bad_line() {
    let (_, jobs, world, tab) = jobs();
    for line in ["null", "[]", "7", "\"text\""] {
        jobs.files.borrow_mut().clear();
        jobs.file(FILE, [Reply::text(200, &format!("{}{line}\n", lines(0..1)))]);
        let outcome = read_all(&world, &export_of(&tab), &manifest(&[(FILE, None)]), ReadOptions::default());
        assert_eq!(outcome.end, Err(bad_line(2, LineProblem::NotJson)), "{line}");
    }
}

#[test]
fn b5_a_bad_line_is_an_error_with_its_number_after_the_lines_before_it_or_is_skipped() {
    let (_, jobs, world, tab) = jobs();
    jobs.file(FILE, [Reply::text(200, &(lines(0..2) + "\n{broken\n" + &lines(2..4)))]);
    let export = export_of(&tab);
    let strict = read_all(&world, &export, &manifest(&[(FILE, None)]), ReadOptions::default());
    assert_eq!(strict.ids, ["p0", "p1"]);
    assert_eq!(strict.end, Err(bad_line(4, LineProblem::NotJson)));

    let options = || ReadOptions { skips_bad_lines: true, ..ReadOptions::default() };
    let lenient = read_all(&world, &export, &manifest(&[(FILE, Some(5))]), options());
    assert_eq!((lenient.ids.len(), lenient.progress.skipped, lenient.end), (4, 1, Ok(())));
}

#[test]
fn b5_after_a_broken_connection_no_line_is_repeated_or_lost() {
    let (_, jobs, world, tab) = jobs();
    let whole = lines(0..10);
    let cut = |bytes: usize| Reply::text(200, &whole[..bytes]).in_pieces_of(16).interrupted();
    jobs.file(
        FILE,
        [cut(100), cut(30), Reply::offline(), Reply::text(503, "busy"), cut(250), Reply::text(200, &whole)],
    );
    let outcome = read_all(&world, &export_of(&tab), &manifest(&[(FILE, Some(10))]), ReadOptions::default());
    assert_eq!(outcome.end, Ok(()));
    assert_eq!(outcome.ids, (0..10).map(|id| format!("p{id}")).collect::<Vec<_>>());
}

#[test]
fn b6_the_number_of_resources_is_compared_with_the_manifest() {
    let (_, jobs, world, tab) = jobs();
    jobs.file(FILE, [Reply::text(200, &lines(0..3))]);
    let outcome = read_all(&world, &export_of(&tab), &manifest(&[(FILE, Some(4))]), ReadOptions::default());
    assert_eq!(outcome.end, Err(Error::Count { file: FILE.into(), expected: 4, found: 3 }.into()));
    let outcome = read_all(&world, &export_of(&tab), &manifest(&[(FILE, Some(3))]), ReadOptions::default());
    assert_eq!((outcome.end, outcome.progress.total_resources), (Ok(()), Some(3.0)));
}

#[test]
fn a_file_is_saved_byte_for_byte_over_broken_connections() {
    let (_, jobs, world, tab) = jobs();
    let whole = "line one\nline two\nno end";
    let cut = |bytes: usize| Reply::text(200, &whole[..bytes]).in_pieces_of(5).interrupted();
    jobs.file(FILE, [cut(12), cut(3), Reply::text(200, whole).in_pieces_of(7)]);
    let named = manifest(&[(FILE, None)]);
    let mut download = export_of(&tab).download(&named, &named.output[0], &AbortSignal::never()).unwrap();
    let saved = world.run(async move {
        let mut saved = Vec::new();
        while let Some(bytes) = download.next().await.unwrap() {
            saved.extend(bytes);
        }
        assert_eq!(download.next().await, Ok(None), "an end is an end");
        saved
    });
    assert_eq!(saved.unwrap(), whole.as_bytes());
}
