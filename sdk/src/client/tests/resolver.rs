use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::record::{Batcher, Resolved, Resolver};
use crate::client::session::Session;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::platform::Clock;
use crate::protocol::http::Request;
use futures_util::future::join3;
use serde_json::{Value, json};

/// The requested resource; `Patient/none` is not found.
fn read(request: &Request) -> Reply {
    let path = request.url.path().strip_prefix("/fhir/").unwrap_or_default();
    let (kind, id) = path.split_once('/').unwrap_or_default();
    match id {
        "none" => Reply::json(404, &json!({"resourceType": "OperationOutcome", "issue": []})),
        _ => Reply::json(200, &json!({"resourceType": kind, "id": id})),
    }
}

fn referring(references: &[&str]) -> Value {
    let members: Vec<Value> = references.iter().map(|reference| json!({"reference": reference})).collect();
    json!({"resourceType": "Observation", "id": "o", "performer": members,
           "contained": [{"resourceType": "Device", "id": "d"}]})
}

fn single(session: &Session<MemoryPlatform>) -> Resolver<MemoryPlatform> {
    Resolver::new(session, &AbortSignal::never())
}

fn grouped(session: &Session<MemoryPlatform>) -> Resolver<MemoryPlatform> {
    Resolver::grouped(session, &AbortSignal::never())
}

fn resolve_all(world: &World, resolver: &Resolver<MemoryPlatform>, whole: Value, depth: usize) -> Vec<Resolved<Value>> {
    let resolver = resolver.clone();
    world.run(async move { resolver.resolve_all(&whole, depth).await }).unwrap()
}

fn outcome<'a>(resolved: &'a [Resolved<Value>], reference: &str) -> Result<&'a Value, &'static str> {
    let found = resolved.iter().find(|resolved| resolved.reference == reference).expect(reference);
    found.outcome.as_ref().map_err(|failure| failure.code())
}

#[test]
fn f9_every_kind_of_reference_is_resolved_and_one_that_fails_does_not_affect_the_others() {
    let (world, session) = signed_in_to(read);
    let whole = referring(&[
        "Patient/1",
        "https://ehr.example/fhir/Practitioner/2",
        "Patient/1/_history/3",
        "#d",
        "Patient/none",
        "https://elsewhere.example/fhir/Patient/1",
        "urn:uuid:unknown",
        "#unknown",
        "no reference",
    ]);
    let resolved = resolve_all(&world, &single(&session), whole, 1);
    assert_eq!(outcome(&resolved, "Patient/1").unwrap()["id"], "1");
    assert_eq!(outcome(&resolved, "https://ehr.example/fhir/Practitioner/2").unwrap()["resourceType"], "Practitioner");
    assert_eq!(outcome(&resolved, "Patient/1/_history/3").unwrap()["id"], "1/_history/3");
    assert_eq!(outcome(&resolved, "#d").unwrap()["resourceType"], "Device");
    assert_eq!(outcome(&resolved, "Patient/none"), Err("not_found"));
    assert_eq!(outcome(&resolved, "https://elsewhere.example/fhir/Patient/1"), Err("foreign_url"));
    for reference in ["urn:uuid:unknown", "#unknown", "no reference"] {
        assert_eq!(outcome(&resolved, reference), Err("invalid_reference"), "{reference}");
    }
    assert_eq!(resolved.len(), 9);
    let mut lines = fhir_lines(&world);
    lines.sort();
    assert_eq!(lines, ["GET /Patient/1", "GET /Patient/1/_history/3", "GET /Patient/none", "GET /Practitioner/2"]);
    assert!(world.requests().iter().all(|request| request.url.host() != "elsewhere.example"));
}

#[test]
fn f9_a_resource_in_the_bundle_is_not_fetched() {
    let (world, session) = signed_in_to(read);
    let bundle = json!({"resourceType": "Bundle", "entry": [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "new"}},
        {"resource": {"resourceType": "Practitioner", "id": "2"}},
        {"resource": referring(&["urn:uuid:1", "Practitioner/2", "Patient/3"])},
    ]});
    let resolved = resolve_all(&world, &grouped(&session), bundle, 1);
    assert_eq!(outcome(&resolved, "urn:uuid:1").unwrap()["id"], "new");
    assert_eq!(outcome(&resolved, "Practitioner/2").unwrap()["id"], "2");
    assert_eq!(outcome(&resolved, "Patient/3").unwrap()["id"], "3");
    assert_eq!(fhir_lines(&world), ["GET /Patient/3"]);
}

#[test]
fn f9_references_are_fetched_concurrently_and_each_once() {
    let (world, session) = signed_in_to(|request| read(request).after(1000));
    let references: Vec<String> = (0..20).map(|number| format!("Patient/{number}")).collect();
    let texts: Vec<&str> = references.iter().map(String::as_str).collect();
    let (whole, resolver) = (referring(&texts), single(&session));
    let (one, other, references) = (resolver.clone(), resolver.clone(), whole.clone());
    let (first, second, single) = world
        .run(async move {
            join3(
                one.resolve_all(&references, 1),
                other.resolve_all(&references, 1),
                other.resolve("https://ehr.example/fhir/Patient/7", None),
            )
            .await
        })
        .unwrap();
    assert!(first.iter().chain(&second).all(|resolved| resolved.outcome.is_ok()));
    assert_eq!((first.len(), single.unwrap()["id"].clone()), (20, json!("7")));
    assert_eq!(fhir_lines(&world).len(), 20);
    let elapsed = session.inner.platform.now() - NOW;
    assert!((1.0..1.5).contains(&elapsed), "{elapsed}");
    resolve_all(&world, &resolver, whole, 1);
    assert_eq!(fhir_lines(&world).len(), 20);
}

#[test]
fn f9_a_failed_reference_can_be_resolved_again() {
    let (world, session) = signed_in_to(|_| Reply::text(500, "broken"));
    let resolver = single(&session);
    let ask = || {
        let resolver = resolver.clone();
        world.run(async move { resolver.resolve("Patient/1", None).await }).unwrap()
    };
    assert_eq!(ask().unwrap_err().status(), Some(500));
    world.respond_with(read);
    assert_eq!(ask().unwrap()["id"], "1");
}

#[test]
fn f9_a_cycle_of_references_ends() {
    let (world, session) = signed_in_to(|request| {
        let next = match request.url.path() {
            "/fhir/Group/a" => "Group/b",
            "/fhir/Group/b" => "Group/c",
            _ => "Group/a",
        };
        Reply::json(200, &json!({"resourceType": "Group", "managingEntity": {"reference": next}}))
    });
    let resolved = resolve_all(&world, &single(&session), referring(&["Group/a"]), 50);
    let mut references: Vec<_> = resolved.iter().map(|resolved| resolved.reference.as_str()).collect();
    references.sort_unstable();
    assert_eq!(references, ["Group/a", "Group/b", "Group/c"]);
    assert_eq!(fhir_lines(&world).len(), 3);
}

#[test]
fn f9_references_of_a_type_are_one_search_on_demand() {
    let (world, session) = signed_in_to(|request| match request.url.query() {
        Some(query) => {
            assert!(query.starts_with("_id=1%2C2%2Cnone&_count=3"), "{query}");
            let entry = |id: &str| json!({"resource": {"resourceType": "Patient", "id": id}});
            Reply::json(200, &json!({"resourceType": "Bundle", "entry": [entry("2"), entry("1")]}))
        }
        None => read(request),
    });
    let whole = referring(&["Patient/1", "Patient/2", "Patient/none", "Practitioner/9", "Patient/1/_history/2"]);
    let resolved = resolve_all(&world, &grouped(&session), whole, 1);
    assert_eq!(outcome(&resolved, "Patient/1").unwrap()["id"], "1");
    assert_eq!(outcome(&resolved, "Patient/2").unwrap()["id"], "2");
    assert_eq!(outcome(&resolved, "Patient/none"), Err("not_found"));
    assert_eq!(outcome(&resolved, "Practitioner/9").unwrap()["id"], "9");
    let mut lines = fhir_lines(&world);
    lines.sort();
    let search = "GET /Patient?_id=1%2C2%2Cnone&_count=3";
    assert_eq!(lines, ["GET /Patient/1/_history/2", "GET /Patient/none", search, "GET /Practitioner/9"]);
}

#[test]
fn f9_if_a_grouped_search_fails_each_is_read() {
    let (world, session) = signed_in_to(|request| match request.url.query() {
        Some(_) => Reply::text(400, "no _id here"),
        None => read(request),
    });
    let resolved = resolve_all(&world, &grouped(&session), referring(&["Patient/1", "Patient/2"]), 1);
    assert!(resolved.iter().all(|resolved| resolved.outcome.is_ok()));
    assert_eq!(fhir_lines(&world).len(), 3);
}

#[test]
fn f10_a_resolver_reads_in_one_batch() {
    let (world, session) = signed_in_to(|request| {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let entries = body["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| json!({"response": {"status": "200 OK"}, "resource": {"id": entry["request"]["url"]}}));
        Reply::json(200, &json!({"resourceType": "Bundle", "entry": entries.collect::<Vec<_>>()}))
    });
    let batcher = Batcher::new(&session, 50, 5, &AbortSignal::never());
    let resolver = Resolver::batched(&session, batcher, &AbortSignal::never());
    let resolved = resolve_all(&world, &resolver, referring(&["Patient/1", "Patient/2"]), 1);
    assert_eq!(outcome(&resolved, "Patient/2").unwrap()["id"], "Patient/2");
    assert_eq!(fhir_lines(&world), ["POST "]);
}

#[test]
fn f7_one_signal_aborts_every_reference() {
    let (world, session) = signed_in_to(|request| read(request).after(1000));
    let handle = AbortHandle::new();
    let resolver = Resolver::new(&session, &handle.signal());
    let platform = session.inner.platform.clone();
    crate::platform::Spawn::spawn(
        &platform.clone(),
        Box::pin(async move {
            crate::platform::Timer::sleep(&platform, 500).await;
            handle.abort();
        }),
    );
    let resolved = resolve_all(&world, &resolver, referring(&["Patient/1", "Patient/2"]), 3);
    assert_eq!((outcome(&resolved, "Patient/1"), outcome(&resolved, "Patient/2")), (Err("aborted"), Err("aborted")));
    let sent = world.requests().len();
    world.advance(10.0);
    world.settle();
    assert_eq!(world.requests().len(), sent);
}
