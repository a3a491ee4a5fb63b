use std::cell::RefCell;
use std::rc::Rc;

use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::record::{PartState, RecordPart, RecordQuery};
use crate::client::session::Session;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use serde_json::{Value, json};

type Part = RecordPart<Value>;

/// A session with some scopes. A function then responds to its FHIR requests.
fn signed_in(scope: &str, fhir: impl Fn(&Request) -> Reply + 'static) -> (World, Session<MemoryPlatform>) {
    let server = Server::new();
    let world = server.world();
    let mut tokens = token_response(1);
    tokens["scope"] = json!(scope);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    world.respond_with(fhir);
    (world, session)
}

fn load(world: &World, session: &Session<MemoryPlatform>, queries: Vec<RecordQuery>) -> Vec<Part> {
    let session = session.clone();
    let record = async move { session.load_record(&queries, &AbortSignal::never(), &|_, _| {}).await };
    world.run(record).unwrap().unwrap()
}

fn bundle(resources: &[Value], next: Option<&str>) -> Reply {
    let entries: Vec<Value> = resources.iter().map(|resource| json!({"resource": resource})).collect();
    let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
    Reply::json(200, &json!({"resourceType": "Bundle", "entry": entries, "link": links}))
}

fn of_patient(resource_type: &str, id: &str, patient: &str) -> Value {
    json!({"resourceType": resource_type, "id": id, "subject": {"reference": format!("Patient/{patient}")}})
}

fn ids(resources: &[Value]) -> Vec<&str> {
    resources.iter().filter_map(|resource| resource["id"].as_str()).collect()
}

fn fhir_urls(world: &World) -> Vec<String> {
    let urls = world.requests().into_iter().map(|request| request.url.to_string());
    urls.filter(|url| url.starts_with("https://ehr.example/fhir/") && !url.contains(".well-known")).collect()
}

fn two_kinds() -> Vec<RecordQuery> {
    vec![RecordQuery::new("Condition"), RecordQuery::new("Immunization")]
}

#[test]
fn all_pages_of_every_part_are_loaded() {
    let (world, session) = signed_in(SCOPE, |request| match request.url.as_str() {
        url if url.ends_with("Condition?patient=p1") => {
            bundle(&[of_patient("Condition", "c1", "p1")], Some("https://ehr.example/fhir/Condition?page=2"))
        }
        url if url.ends_with("Condition?page=2") => bundle(&[of_patient("Condition", "c2", "p1")], None),
        _ => bundle(&[of_patient("Immunization", "i1", "p1")], None),
    });
    let parts = load(&world, &session, two_kinds());
    assert_eq!(ids(&parts[0].resources), ["c1", "c2"]);
    assert_eq!(ids(&parts[1].resources), ["i1"]);
    assert!(parts.iter().all(|part| part.state == PartState::Complete));
}

#[test]
fn parts_are_requested_concurrently() {
    let (world, session) = signed_in(SCOPE, |_| bundle(&[], None).after(1000));
    load(&world, &session, RecordQuery::usual());
    let elapsed = crate::platform::Clock::now(&session.inner.platform) - NOW;
    assert!((1.0..2.0).contains(&elapsed), "{elapsed} seconds for requests of one second each");
}

#[test]
fn each_page_and_each_end_is_reported() {
    let (world, session) = signed_in(SCOPE, |request| match request.url.path() {
        "/fhir/Condition" => bundle(&[of_patient("Condition", "c1", "p1")], None),
        _ => Reply::text(500, "broken"),
    });
    let reports = Rc::new(RefCell::new(Vec::new()));
    let log = reports.clone();
    let load = async move {
        let note = |index: usize, part: &Part| {
            log.borrow_mut().push((index, part.resources.len(), part.state == PartState::Loading));
        };
        session.load_record(&two_kinds(), &AbortSignal::never(), &note).await.map(|_| ())
    };
    world.run(load).unwrap().unwrap();
    let of = |kind: usize| reports.borrow().iter().filter(|(index, ..)| *index == kind).cloned().collect::<Vec<_>>();
    assert_eq!(of(0), [(0, 1, true), (0, 1, false)]);
    assert_eq!(of(1), [(1, 0, false)]);
}

#[test]
fn a_part_that_fails_does_not_affect_the_others_and_has_what_was_loaded() {
    let (world, session) = signed_in(SCOPE, |request| match request.url.as_str() {
        url if url.ends_with("Condition?patient=p1") => {
            bundle(&[of_patient("Condition", "c1", "p1")], Some("https://ehr.example/fhir/Condition?page=2"))
        }
        url if url.contains("Condition") => Reply::text(503, "busy"),
        _ => bundle(&[of_patient("Immunization", "i1", "p1")], None),
    });
    let parts = load(&world, &session, two_kinds());
    assert_eq!(ids(&parts[0].resources), ["c1"]);
    let PartState::Failed(failure) = &parts[0].state else { panic!("{:?}", parts[0].state) };
    assert_eq!(failure.status(), Some(503));
    assert_eq!((ids(&parts[1].resources), &parts[1].state), (vec!["i1"], &PartState::Complete));
}

#[test]
fn a_part_that_was_not_granted_is_reported_and_not_requested() {
    let (world, session) = signed_in("launch/patient patient/Immunization.rs", |_| bundle(&[], None));
    let parts = load(&world, &session, two_kinds());
    assert_eq!(parts[0].state, PartState::NotGranted);
    assert_eq!(parts[1].state, PartState::Complete);
    assert_eq!(fhir_urls(&world), ["https://ehr.example/fhir/Immunization?patient=p1"]);
}

#[test]
fn a_scope_with_a_constraint_narrows_the_search() {
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    let scope = format!("patient/Observation.rs?category={system}|vital-signs");
    let (world, session) = signed_in(&scope, |_| bundle(&[], None));
    let observation = || RecordQuery::new("Observation");
    let queries = vec![
        observation().with("category", "vital-signs"),
        observation().with("category", "laboratory"),
        observation(),
        RecordQuery::new("Condition"),
    ];
    let states: Vec<_> = load(&world, &session, queries).into_iter().map(|part| part.state).collect();
    use PartState::{Complete, NotGranted};
    assert_eq!(states, [Complete, NotGranted, Complete, NotGranted]);
    for url in fhir_urls(&world) {
        let (_, query) = url.split_once("Observation?").unwrap();
        let parameters = crate::protocol::encoding::form_pairs(query);
        assert_eq!(value(&parameters, "category"), Some(format!("{system}|vital-signs")), "{url}");
    }
    assert_eq!(fhir_urls(&world).len(), 2);
}

#[test]
fn f13_another_patients_resource_is_separate() {
    let (world, session) = signed_in(SCOPE, |_| {
        bundle(&[of_patient("Condition", "mine", "p1"), of_patient("Condition", "foreign", "p2")], None)
    });
    let parts = load(&world, &session, vec![RecordQuery::new("Condition")]);
    assert_eq!((ids(&parts[0].resources), ids(&parts[0].others)), (vec!["mine"], vec!["foreign"]));
}

#[test]
fn f7_one_signal_aborts_every_part() {
    let (world, session) =
        signed_in(SCOPE, |_| bundle(&[], Some("https://ehr.example/fhir/Condition?page=2")).after(1000));
    let handle = AbortHandle::new();
    let (signal, platform) = (handle.signal(), session.inner.platform.clone());
    let stopped = session.clone();
    let parts = world
        .run(async move {
            crate::platform::Spawn::spawn(
                &platform.clone(),
                Box::pin(async move {
                    crate::platform::Timer::sleep(&platform, 500).await;
                    handle.abort();
                }),
            );
            stopped.load_record(&two_kinds(), &signal, &|_, _| {}).await
        })
        .unwrap()
        .unwrap();
    assert!(parts.iter().all(|part| part.state == PartState::Failed(Error::Aborted.into())), "{parts:?}");
    let sent = world.requests().len();
    world.advance(5000.0);
    world.settle();
    assert_eq!(world.requests().len(), sent);
}

#[test]
fn f7_a_page_that_navigates_when_the_session_ends_gets_no_other_error() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.advance(3601.0);
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})).after(50));
    let handle = AbortHandle::new();
    let signal = handle.signal();
    let _subscription = session.on_event(move |_| handle.abort());
    let states = Rc::new(RefCell::new(Vec::new()));
    let (loading, seen) = (session.clone(), states.clone());
    let record = async move {
        loading.load_record(&two_kinds(), &signal, &|_, part| seen.borrow_mut().push(part.state.clone())).await
    };
    world.run(record).unwrap().unwrap();
    assert!(!session.is_active());
    assert_eq!(*states.borrow(), [(); 2].map(|()| PartState::Failed(Error::Aborted.into())));
}

#[test]
fn a_session_without_a_patient_has_no_record() {
    let server = Server::new();
    let world = server.world();
    let mut tokens = token_response(1);
    tokens.as_object_mut().unwrap().remove("patient");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    let load = async move { session.load_record(&two_kinds(), &AbortSignal::never(), &|_, _| {}).await.map(|_| ()) };
    assert_eq!(world.run(load).unwrap(), Err(Error::NoPatient.into()));
}
