use std::cell::RefCell;
use std::rc::Rc;

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::record::{PartState, RecordPart, RecordProgress, RecordQuery};
use crate::client::session::Session;
use crate::error::Failure;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use serde_json::{Value, json};

type Parts = Vec<RecordPart<Value>>;

fn load(world: &World, session: &Session<MemoryPlatform>) -> (Result<Parts, Failure>, Vec<RecordProgress>) {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let (log, session) = (reports.clone(), session.clone());
    let parts = world.run(async move {
        session.load_whole_record(&AbortSignal::never(), &|progress| log.borrow_mut().push(*progress)).await
    });
    (parts.unwrap(), reports.take())
}

/// A capability statement with `$everything` or without, of types that can be searched.
fn statement(has_everything: bool, types: &[&str]) -> Reply {
    let search = json!([{"code": "search-type"}]);
    let mut resource: Vec<Value> = types.iter().map(|kind| json!({"type": kind, "interaction": search})).collect();
    if has_everything {
        resource.push(json!({"type": "Patient", "operation": [{"name": "everything"}]}));
    }
    Reply::json(200, &json!({"fhirVersion": "4.0.1", "rest": [{"mode": "server", "resource": resource}]}))
}

fn of(kind: &str, id: &str) -> Value {
    json!({"resourceType": kind, "id": id, "subject": {"reference": "Patient/p1"}})
}

fn bundle(resources: &[Value], next: Option<&str>, total: Option<u32>) -> Reply {
    let entries: Vec<Value> = resources.iter().map(|resource| json!({"resource": resource})).collect();
    let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
    Reply::json(200, &json!({"resourceType": "Bundle", "entry": entries, "link": links, "total": total}))
}

fn outline(parts: &Parts) -> Vec<(&str, Vec<&str>, bool)> {
    parts
        .iter()
        .map(|part| {
            let ids = part.resources.iter().filter_map(|found| found["id"].as_str()).collect();
            (part.query.resource_type.as_str(), ids, part.state == PartState::Complete)
        })
        .collect()
}

#[test]
fn f11_everything_is_requested_if_the_server_has_it_and_split_by_type() {
    let (world, session) = signed_in_to(|request| match request.url.as_str() {
        url if url.ends_with("/metadata") => statement(true, &["Patient", "Condition"]),
        url if url.ends_with("/Patient/p1/$everything") => {
            let next = "https://ehr.example/fhir/Patient/p1/$everything?page=2";
            bundle(&[json!({"resourceType": "Patient", "id": "p1"}), of("Condition", "c1")], Some(next), Some(3))
        }
        _ => bundle(&[of("Condition", "c2"), json!({"resourceType": "Patient", "id": "p2"})], None, Some(3)),
    });
    let (parts, progress) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(outline(&parts), [("Patient", vec!["p1"], true), ("Condition", vec!["c1", "c2"], true)]);
    assert_eq!(parts[0].others[0]["id"], "p2");
    let counts: Vec<_> = progress.iter().map(|report| (report.resources, report.total, report.parts)).collect();
    assert_eq!(counts, [(2, Some(3.0), None), (4, Some(3.0), None), (4, Some(3.0), Some(2))]);
}

/// A page with the second condition, of 107 bytes.
const PAGE: &str =
    r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"é","code":{"text":"x"}}}]}"#;

#[test]
fn f11_the_number_of_bytes_is_reported_with_everything_and_without() {
    let (world, session) = signed_in_to(|request| match request.url.as_str() {
        url if url.ends_with("/metadata") => statement(true, &[]),
        url if url.ends_with("/$everything") => {
            Reply::text(200, &PAGE.replace("}]}", "}],\"link\":[{\"relation\":\"next\",\"url\":\"?page=2\"}]}"))
        }
        _ => Reply::text(200, PAGE),
    });
    let (_, progress) = load(&world, &session);
    assert_eq!(progress.iter().map(|report| report.bytes).collect::<Vec<_>>(), [152, 259, 259]);

    let (world, session) = signed_in_to(|request| match request.url.path() {
        "/fhir/metadata" => statement(false, &["Condition", "Goal", "Immunization"]),
        "/fhir/Immunization" => Reply::text(500, "broken"),
        _ => Reply::text(200, PAGE),
    });
    let (parts, progress) = load(&world, &session);
    assert_eq!(progress.last().unwrap().bytes, 214);
    assert_eq!(parts.unwrap().iter().map(|part| part.bytes).collect::<Vec<_>>(), [107, 107, 0]);
}

#[test]
fn f11_everything_that_fails_midway_is_never_silently_short() {
    let (world, session) = signed_in_to(|request| match request.url.as_str() {
        url if url.ends_with("/metadata") => statement(true, &[]),
        url if url.ends_with("/$everything") => {
            bundle(&[of("Condition", "c1")], Some("https://ehr.example/fhir/Patient/p1/$everything?page=2"), None)
        }
        _ => Reply::text(500, "broken"),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(parts[0].resources.len(), 1);
    assert!(matches!(&parts[0].state, PartState::Failed(failure) if failure.status() == Some(500)));
}

#[test]
fn f11_if_everything_is_refused_each_type_is_searched() {
    for status in [400, 403, 404, 405, 501] {
        let (world, session) = signed_in_to(move |request| match request.url.path() {
            "/fhir/metadata" => statement(true, &["Patient", "Condition", "StructureMap"]),
            "/fhir/Patient/p1/$everything" => Reply::text(status, "no"),
            "/fhir/Patient" => bundle(&[json!({"resourceType": "Patient", "id": "p1"})], None, Some(1)),
            _ => bundle(&[of("Condition", "c1")], None, None),
        });
        let (parts, progress) = load(&world, &session);
        assert_eq!(outline(&parts.unwrap()), [("Patient", vec!["p1"], true), ("Condition", vec!["c1"], true)]);
        let end = progress.last().unwrap();
        assert_eq!((end.parts, end.done, end.resources, end.total), (Some(2), 2, 2, Some(2.0)));
        let lines = fhir_lines(&world);
        assert_eq!(lines[2..], ["GET /Patient?_id=p1", "GET /Condition?patient=p1"]);
    }
}

#[test]
fn f11_an_unavailable_server_is_not_treated_as_one_without_everything() {
    let (world, session) = signed_in_to(|request| match request.url.path() {
        "/fhir/metadata" => statement(true, &["Condition"]),
        _ => Reply::text(500, "broken"),
    });
    let (parts, _) = load(&world, &session);
    assert_eq!(parts.unwrap_err().status(), Some(500));
    assert_eq!(fhir_lines(&world), ["GET /metadata", "GET /Patient/p1/$everything"]);
}

#[test]
fn f11_without_a_statement_the_usual_types_are_searched_and_failures_reported() {
    let (world, session) = signed_in_to(|request| match request.url.path() {
        "/fhir/metadata" => Reply::text(404, "nothing"),
        "/fhir/Goal" => Reply::text(500, "broken"),
        _ => bundle(&[], None, None),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(parts.len(), RecordQuery::usual().len());
    for part in &parts {
        let failed = matches!(part.state, PartState::Failed(_));
        assert_eq!(failed, part.query.resource_type == "Goal", "{:?}", part.query);
    }
}

/// As Epic: observations only by category. Blood pressures are in two of them.
fn by_category(request: &Request) -> Reply {
    let query = request.url.query().unwrap_or_default();
    match request.url.path() {
        "/fhir/metadata" => statement(false, &["Observation"]),
        _ if query.contains("category=laboratory") => {
            bundle(&[of("Observation", "a"), of("Observation", "b")], None, Some(2))
        }
        _ if query.contains("category=vital-signs") => {
            bundle(&[of("Observation", "b"), of("Observation", "c")], None, Some(2))
        }
        _ if query.contains("category=") => bundle(&[], None, Some(0)),
        _ => Reply::json(
            400,
            &json!({"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "required"}]}),
        ),
    }
}

#[test]
fn f11_a_server_that_requires_categories_gets_one_search_for_each() {
    let (world, session) = signed_in_to(|request| by_category(request).after(1000));
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(outline(&parts), [("Observation", vec!["a", "b", "c"], false)]);
    let PartState::ByCategory(categories) = &parts[0].state else { panic!("{:?}", parts[0].state) };
    let lines = fhir_lines(&world);
    assert_eq!(lines[1], "GET /Observation?patient=p1");
    assert!(categories.contains(&"laboratory") && categories.contains(&"vital-signs"), "{categories:?}");
    let requested = lines[2..].iter().filter_map(|line| line.strip_prefix("GET /Observation?patient=p1&category="));
    assert_eq!(requested.collect::<Vec<_>>(), *categories);
    assert_eq!(lines.len(), 2 + categories.len() + 1, "{lines:?}");
    // One second for the statement, one for the refusal, one for all categories in parallel.
    let elapsed = crate::platform::Clock::now(&session.inner.platform) - NOW;
    assert!((3.0..3.5).contains(&elapsed), "{elapsed}");
}

/// Resources without a category, in the response to a search without one.
fn in_none(request: &Request) -> Option<Reply> {
    let pairs = crate::protocol::encoding::form_pairs(request.url.query()?);
    let left_out = pairs.iter().filter(|(name, _)| name == "category:not").map(|(_, value)| value.as_str());
    let left_out: Vec<&str> = left_out.collect();
    let has_all = left_out.contains(&"laboratory") && left_out.contains(&"vital-signs");
    has_all.then(|| bundle(&[of("Observation", "d")], None, Some(1)))
}

#[test]
fn f11_resources_without_a_category_are_loaded_too_if_the_server_allows() {
    let (world, session) = signed_in_to(|request| in_none(request).unwrap_or_else(|| by_category(request)));
    let (parts, progress) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(outline(&parts), [("Observation", vec!["a", "b", "c", "d"], true)]);
    assert_eq!(progress.last().unwrap().total, Some(4.0));
}

#[test]
fn f11_a_failed_search_without_a_category_is_an_error() {
    let (world, session) = signed_in_to(|request| match in_none(request) {
        Some(_) => Reply::text(500, "broken"),
        None => by_category(request),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(parts[0].resources.len(), 3);
    assert!(matches!(&parts[0].state, PartState::Failed(failure) if failure.status() == Some(500)));
}

#[test]
fn f11_a_category_that_fails_is_reported() {
    let (world, session) = signed_in_to(|request| match request.url.query() {
        Some(query) if query.contains("category=vital-signs") => Reply::text(500, "broken"),
        _ => by_category(request),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(parts[0].resources.len(), 2);
    assert!(matches!(&parts[0].state, PartState::Failed(failure) if failure.status() == Some(500)));
}

#[test]
fn f11_l7_an_unknown_category_does_not_affect_the_others_and_is_reported() {
    let (world, session) = signed_in_to(|request| match request.url.query() {
        Some(query) if query.contains("category=therapy") => Reply::text(400, "unknown category"),
        _ => in_none(request).unwrap_or_else(|| by_category(request)),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert_eq!(parts[0].resources.len(), 4);
    let PartState::ByCategory(categories) = &parts[0].state else { panic!("{:?}", parts[0].state) };
    assert!(categories.contains(&"laboratory") && !categories.contains(&"therapy"), "{categories:?}");
}

#[test]
fn f11_f6_an_error_in_every_category_takes_precedence_over_the_refusal() {
    let (world, session) = signed_in_to(|request| match request.url.query() {
        Some(query) if query.contains("category=laboratory") => Reply::text(400, "unknown category"),
        Some(query) if query.contains("category") => Reply::text(500, "broken"),
        _ => by_category(request),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert!(
        matches!(&parts[0].state, PartState::Failed(failure) if failure.status() == Some(500)),
        "{:?}",
        parts[0].state
    );
}

#[test]
fn f11_a_type_that_is_refused_in_every_category_says_why() {
    let (world, session) = signed_in_to(|request| match request.url.path() {
        "/fhir/metadata" => statement(false, &["Observation", "Goal"]),
        _ => Reply::text(403, "no"),
    });
    let (parts, _) = load(&world, &session);
    let parts = parts.unwrap();
    assert!(
        parts.iter().all(|part| matches!(&part.state, PartState::Failed(failure) if failure.status() == Some(403)))
    );
    // Goals have no categories to try.
    assert_eq!(fhir_lines(&world).iter().filter(|line| line.contains("/Goal")).count(), 1);
}
