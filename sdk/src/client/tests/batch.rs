use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::record::Batcher;
use crate::error::Failure;
use crate::fhir::request::{FhirRequest, Interaction};
use crate::fhir::response::FhirResponse;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

fn entries(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
    assert_eq!((&body["resourceType"], &body["type"]), (&json!("Bundle"), &json!("batch")));
    body["entry"].as_array().unwrap().clone()
}

/// Responds to each entry; references that end in `none` are not found.
fn respond(request: &Request) -> Reply {
    let one = |entry: Value| {
        let url = entry["request"]["url"].as_str().unwrap().to_owned();
        if url.ends_with("none") {
            let outcome = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found", "diagnostics": "no such"}]});
            return json!({"response": {"status": "404", "outcome": outcome}});
        }
        json!({"response": {"status": "200 OK", "etag": "W/\"1\""}, "resource": {"resourceType": "Patient", "id": url}})
    };
    let responses: Vec<Value> = entries(request).into_iter().map(one).collect();
    Reply::json(200, &json!({"resourceType": "Bundle", "type": "batch-response", "entry": responses}))
}

fn ask(
    world: &World,
    batcher: &Batcher<MemoryPlatform>,
    requests: Vec<FhirRequest>,
) -> Vec<Result<FhirResponse<Value>, Failure>> {
    let batcher = batcher.clone();
    world
        .run(async move {
            let never = AbortSignal::never();
            join_all(requests.iter().map(|request| batcher.request(request, &never))).await
        })
        .unwrap()
}

fn read(id: &str) -> FhirRequest {
    FhirRequest::read(format!("Patient/{id}"))
}

#[test]
fn f18_an_entry_with_an_outcome_instead_of_its_resource_is_only_an_error_of_its_caller() {
    let (world, session) = signed_in_to(|_| {
        let outcome = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x", "diagnostics": "Sealed."}]});
        let entry = [
            json!({"response": {"status": "200"}, "resource": outcome}),
            json!({"response": {"status": "200", "outcome": outcome}}),
            json!({"response": {"status": "200"}, "resource": outcome}),
        ];
        Reply::json(200, &json!({"resourceType": "Bundle", "type": "batch-response", "entry": entry}))
    });
    let batcher = Batcher::new(&session, 3, 10, &AbortSignal::never());
    let validate = FhirRequest::new(Interaction::Operation, "Patient/$validate").body("{}");
    let outcomes = ask(&world, &batcher, vec![read("1"), read("2"), validate]);
    for refused in outcomes[..2].iter().map(|outcome| outcome.as_ref().unwrap_err()) {
        assert_eq!(refused.status(), Some(200));
        assert!(refused.to_string().contains("Sealed."), "{refused}");
    }
    assert!(outcomes[2].is_ok());
}

#[test]
fn f10_callers_share_a_batch_and_each_gets_its_own_outcome() {
    let (world, session) = signed_in_to(respond);
    let batcher = Batcher::new(&session, 50, 10, &AbortSignal::never());
    let create = FhirRequest::create(&json!({"resourceType": "Patient"})).if_none_exist("identifier=1");
    let search = FhirRequest::search("Patient", &[("name".into(), "a b".into())]);
    let outcomes = ask(&world, &batcher, vec![read("1"), read("none"), create, search]);
    assert_eq!(outcomes[0].as_ref().unwrap().resource.as_ref().unwrap()["id"], "Patient/1");
    assert_eq!(outcomes[0].as_ref().unwrap().version().unwrap(), "W/\"1\"");
    let refused = outcomes[1].as_ref().unwrap_err();
    assert_eq!((refused.code(), refused.status()), ("not_found", Some(404)));
    assert!(refused.to_string().contains("no such"));
    assert!(outcomes[2].is_ok() && outcomes[3].is_ok());
    assert_eq!(fhir_lines(&world), ["POST "]);
    let sent = entries(world.requests().last().unwrap());
    assert_eq!(sent[0], json!({"request": {"method": "GET", "url": "Patient/1"}}));
    assert_eq!(
        sent[2],
        json!({"request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=1"}, "resource": {"resourceType": "Patient"}})
    );
    assert_eq!(sent[3]["request"]["url"], "Patient?name=a%20b");
}

#[test]
fn f10_a_batch_is_split_at_its_largest_size() {
    let (world, session) = signed_in_to(respond);
    let batcher = Batcher::new(&session, 3, 10, &AbortSignal::never());
    let outcomes = ask(&world, &batcher, (0..7).map(|number| read(&number.to_string())).collect());
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.as_ref().unwrap().resource.as_ref().unwrap()["id"], format!("Patient/{number}"));
    }
    let sizes: Vec<usize> = world
        .requests()
        .iter()
        .filter(|sent| sent.body.is_some() && sent.url.path() == "/fhir")
        .map(|sent| entries(sent).len())
        .collect();
    assert_eq!(sizes, [3, 3, 1]);
}

#[test]
fn f10_a_batch_waits_no_longer_than_configured() {
    let (world, session) = signed_in_to(respond);
    let batcher = Batcher::new(&session, 50, 200, &AbortSignal::never());
    ask(&world, &batcher, vec![read("1")]);
    let elapsed = crate::platform::Clock::now(&session.inner.platform) - NOW;
    assert!((0.19..0.21).contains(&elapsed), "{elapsed}");
}

#[test]
fn f10_a_batch_that_fails_fails_for_all_of_its_callers() {
    for (reply, code) in [
        (Reply::text(500, "broken"), "fhir_error"),
        (Reply::json(200, &json!({"resourceType": "Bundle", "entry": []})), "invalid_batch_response"),
        (Reply { status: 200, ..Reply::default() }, "invalid_batch_response"),
    ] {
        let (world, session) = signed_in_to(move |_| reply.clone());
        let batcher = Batcher::new(&session, 50, 0, &AbortSignal::never());
        let outcomes = ask(&world, &batcher, vec![read("1"), read("2")]);
        assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().code() == code), "{outcomes:?}");
    }
}

#[test]
fn f10_an_entry_without_a_status_is_only_an_error_of_its_caller() {
    let (world, session) = signed_in_to(|_| {
        let responses = json!([{"resource": {}}, {"response": {"status": "204"}}]);
        Reply::json(200, &json!({"resourceType": "Bundle", "entry": responses}))
    });
    let batcher = Batcher::new(&session, 50, 0, &AbortSignal::never());
    let outcomes = ask(&world, &batcher, vec![read("1"), FhirRequest::new(Interaction::Delete, "Patient/2")]);
    assert_eq!(outcomes[0].as_ref().unwrap_err().code(), "invalid_batch_response");
    assert_eq!(outcomes[1].as_ref().unwrap().status, 204);
}

#[test]
fn f6_a_batch_that_only_reads_is_repeated_and_another_is_not() {
    for (request, expected) in [(read("1"), 3), (FhirRequest::new(Interaction::Delete, "Patient/1"), 1)] {
        let (world, session) = signed_in_to(|_| Reply::offline());
        let batcher = Batcher::new(&session, 50, 0, &AbortSignal::never());
        assert!(ask(&world, &batcher, vec![request])[0].is_err());
        assert_eq!(fhir_lines(&world).len(), expected);
    }
}

#[test]
fn f10_only_the_request_that_cannot_be_in_a_batch_is_refused() {
    let (world, session) = signed_in_to(respond);
    let batcher = Batcher::new(&session, 50, 0, &AbortSignal::never());
    let outcomes = ask(
        &world,
        &batcher,
        vec![
            FhirRequest::new(Interaction::Bundle, "").body("{}"),
            FhirRequest::new(Interaction::Patch, "Patient/1").body("[]"),
            FhirRequest::read("https://elsewhere.example/fhir/Patient/1"),
            read("1"),
        ],
    );
    let codes: Vec<_> =
        outcomes.iter().map(|outcome| outcome.as_ref().map_or_else(|failure| failure.code(), |_| "ok")).collect();
    assert_eq!(codes, ["invalid_configuration", "invalid_configuration", "foreign_url", "ok"]);
    assert_eq!(entries(world.requests().last().unwrap()).len(), 1);
}

#[test]
fn f10_one_callers_abort_does_not_affect_the_others() {
    let (world, session) = signed_in_to(|request| respond(request).after(1000));
    let batcher = Batcher::new(&session, 50, 0, &AbortSignal::never());
    let handle = AbortHandle::new();
    handle.abort();
    let outcomes = world
        .run(async move {
            let (signal, never) = (handle.signal(), AbortSignal::never());
            let (one, other) = (read("1"), read("2"));
            join(batcher.request(&one, &signal), batcher.request(&other, &never)).await
        })
        .unwrap();
    assert_eq!(outcomes.0.unwrap_err().code(), "aborted");
    assert!(outcomes.1.is_ok());
}
