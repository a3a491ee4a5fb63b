//! Nothing is returned twice, no message of the server is lost, and a transient error loses nothing.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::fhir::{RequestOptions, Retries};
use crate::client::record::{RecordPart, RecordQuery};
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::fhir::bundle::Page;
use crate::fhir::request::{FhirRequest, Interaction, Return};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

fn remark(text: &str) -> Value {
    json!({"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "suppressed", "diagnostics": text}]})
}

fn observation(id: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "subject": {"reference": "Patient/p1"}})
}

/// A Bundle of entries, each a resource and its mode, with a link to the next page.
fn bundle(entries: &[(Value, Option<&str>)], next: Option<&str>) -> Reply {
    let entry = |(resource, mode): &(Value, Option<&str>)| {
        let mut entry = json!({"resource": resource});
        if let Some(mode) = mode {
            entry["search"] = json!({"mode": mode});
        }
        entry
    };
    let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    Reply::json(200, &json!({"resourceType": "Bundle", "type": "searchset", "entry": entries, "link": links}))
}

fn ids(resources: &[Value]) -> Vec<&str> {
    resources.iter().filter_map(|resource| resource["id"].as_str()).collect()
}

/// All pages of a request whose response is a Bundle.
fn pages(world: &World, session: &Session<MemoryPlatform>, request: FhirRequest) -> Result<Vec<Page<Value>>, Error> {
    let session = session.clone();
    let read = async move {
        let search = session.pages(&request, &AbortSignal::never())?;
        let mut pages = Vec::new();
        while let Some(page) = search.next_page().await? {
            pages.push(page);
        }
        Ok::<_, Failure>(pages)
    };
    world.run(read).unwrap().map_err(Error::from)
}

fn load(world: &World, session: &Session<MemoryPlatform>, queries: Vec<RecordQuery>) -> Vec<RecordPart<Value>> {
    let session = session.clone();
    let load = async move { session.load_record(&queries, &AbortSignal::never(), &|_, _| {}).await };
    world.run(load).unwrap().unwrap()
}

fn send(world: &World, session: &Session<MemoryPlatform>, request: FhirRequest) -> Result<Option<Value>, Error> {
    let session = session.clone();
    let response = world.run(async move { session.request(&request, RequestOptions::default()).await }).unwrap();
    response.map(|response| response.resource).map_err(Error::from)
}

const SECOND: &str = "https://ehr.example/fhir/Observation?page=2";

/// Two pages that overlap, in matches and in included resources.
fn overlapping(request: &Request) -> Reply {
    let included = (json!({"resourceType": "Practitioner", "id": "7"}), Some("include"));
    match request.url.as_str() == SECOND {
        false => bundle(&[(observation("a"), None), (observation("b"), Some("match")), included], Some(SECOND)),
        true => bundle(&[(observation("b"), None), (observation("c"), None), included, (observation("c"), None)], None),
    }
}

#[test]
fn f15_a_resource_on_two_pages_is_returned_once() {
    let (world, session) = signed_in_to(overlapping);
    let read = pages(&world, &session, FhirRequest::search("Observation", &[])).unwrap();
    assert_eq!(read.iter().map(|page| ids(&page.resources)).collect::<Vec<_>>(), [vec!["a", "b"], vec!["c"]]);
    assert_eq!(read.iter().map(|page| (page.included.len(), page.repeated)).collect::<Vec<_>>(), [(1, 0), (0, 2)]);
    // The same id in another type is another resource, and resources without an id cannot be distinguished.
    let (world, session) = signed_in_to(|_| {
        let others = [json!({"resourceType": "Condition", "id": "a"}), json!({"resourceType": "Basic"})];
        let [condition, basic] = others.map(|resource| (resource, None));
        bundle(&[(observation("a"), None), condition, basic.clone(), basic], None)
    });
    assert_eq!(pages(&world, &session, FhirRequest::search("Observation", &[])).unwrap()[0].resources.len(), 4);
}

#[test]
fn f15_a_history_keeps_every_version() {
    let (world, session) = signed_in_to(|_| {
        let entries = [json!({"resource": observation("a")}), json!({"resource": observation("a")})];
        Reply::json(200, &json!({"resourceType": "Bundle", "type": "history", "entry": entries}))
    });
    let history = FhirRequest::new(Interaction::History, "Observation/a");
    assert_eq!(pages(&world, &session, history).unwrap()[0].resources.len(), 2);
}

#[test]
fn f15_parts_of_a_record_that_overlap_have_a_resource_once() {
    let (world, session) = signed_in_to(|request| match request.url.query().unwrap_or_default() {
        query if query.contains("vital") => bundle(&[(observation("a"), None), (observation("v"), None)], None),
        _ => bundle(&[(observation("l"), None), (observation("a"), None)], None),
    });
    let query = |category: &str| RecordQuery::new("Observation").with("category", category);
    let parts = load(&world, &session, vec![query("laboratory"), query("vital-signs")]);
    let mut all: Vec<&str> = parts.iter().flat_map(|part| ids(&part.resources)).collect();
    all.sort_unstable();
    assert_eq!(all, ["a", "l", "v"]);
    assert_eq!(parts.iter().map(|part| part.repeated).sum::<usize>(), 1);
    // A part that is loaded separately has all of its resources.
    assert_eq!(ids(&load(&world, &session, vec![query("vital-signs")])[0].resources), ["a", "v"]);
}

/// A server with `$everything`, which responds in pages.
fn with_everything(page: fn(&Request) -> Reply) -> impl Fn(&Request) -> Reply {
    move |request| match request.url.path() {
        "/fhir/metadata" => Reply::json(
            200,
            &json!({"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "resource": [
                {"type": "Patient", "operation": [{"name": "everything", "definition": "x"}]}]}]}),
        ),
        _ => page(request),
    }
}

fn whole_record(world: &World, session: &Session<MemoryPlatform>) -> Vec<RecordPart<Value>> {
    let session = session.clone();
    let load = async move { session.load_whole_record(&AbortSignal::never(), &|_| {}).await };
    world.run(load).unwrap().unwrap()
}

#[test]
fn f15_everything_returns_a_resource_once() {
    let (world, session) = signed_in_to(with_everything(|request| match request.url.as_str() == SECOND {
        false => bundle(&[(observation("a"), Some("match")), (observation("b"), Some("include"))], Some(SECOND)),
        true => bundle(&[(observation("a"), Some("include")), (observation("b"), Some("match"))], None),
    }));
    let parts = whole_record(&world, &session);
    assert_eq!((parts.len(), ids(&parts[0].resources), parts[0].repeated), (1, vec!["a", "b"], 2));
}

fn texts(outcomes: &[Value]) -> Vec<&str> {
    outcomes.iter().filter_map(|outcome| outcome["issue"][0]["diagnostics"].as_str()).collect()
}

fn with_remarks(request: &Request) -> Reply {
    match request.url.as_str() == SECOND {
        false => {
            bundle(&[(remark("one"), Some("outcome")), (observation("a"), None), (remark("two"), None)], Some(SECOND))
        }
        true => bundle(&[(observation("b"), None), (remark("three"), Some("match"))], None),
    }
}

#[test]
fn f19_outcomes_reach_the_caller_of_pages_records_and_whole_records() {
    let (world, session) = signed_in_to(with_remarks);
    let read = pages(&world, &session, FhirRequest::search("Observation", &[])).unwrap();
    assert_eq!(read.iter().map(|page| texts(&page.outcomes)).collect::<Vec<_>>(), [vec!["one", "two"], vec!["three"]]);
    assert_eq!(read.iter().flat_map(|page| ids(&page.resources)).collect::<Vec<_>>(), ["a", "b"]);

    let parts = load(&world, &session, vec![RecordQuery::new("Observation")]);
    assert_eq!((texts(&parts[0].outcomes), ids(&parts[0].resources)), (vec!["one", "two", "three"], vec!["a", "b"]));
    assert!(parts[0].others.is_empty());

    let (world, session) = signed_in_to(with_everything(with_remarks));
    let parts = whole_record(&world, &session);
    let of = |kind: &str| parts.iter().find(|part| part.query.resource_type == kind).unwrap();
    assert_eq!(ids(&of("Observation").resources), ["a", "b"]);
    assert_eq!(texts(&of("OperationOutcome").outcomes), ["one", "two", "three"]);
    assert!(of("OperationOutcome").resources.is_empty());
}

#[test]
fn f18_an_operation_outcome_instead_of_the_resource_is_an_error_with_its_message() {
    use Interaction::*;
    let (world, session) = signed_in_to(|_| Reply::json(200, &remark("The record is sealed.")));
    for (interaction, target) in [
        (Read, "Patient/1"),
        (Search, "Observation"),
        (History, "Patient/1"),
        (Capabilities, ""),
        (Operation, "Patient/1/$everything"),
        (Operation, "Patient/$match"),
        (Bundle, ""),
    ] {
        let request = FhirRequest::new(interaction, target);
        let request = if interaction == Bundle { request.body("{}") } else { request };
        let refused = send(&world, &session, request).unwrap_err();
        assert_eq!((refused.code(), refused.status()), ("fhir_error", Some(200)), "{interaction:?} {target}");
        assert!(refused.to_string().contains("The record is sealed."), "{refused}");
        let Error::Fhir(error) = refused else { panic!("it has an outcome") };
        assert_eq!(error.operation_outcome.unwrap().issues[0].code, "suppressed");
    }
    let everything = FhirRequest::new(Operation, "Patient/1/$everything");
    for request in [FhirRequest::search("Observation", &[]), everything, FhirRequest::new(Operation, "$own-pages")] {
        assert!(pages(&world, &session, request).unwrap_err().to_string().contains("sealed"));
    }
    let parts = load(&world, &session, vec![RecordQuery::new("Observation")]);
    assert!(format!("{:?}", parts[0].state).contains("sealed"), "{:?}", parts[0].state);
}

#[test]
fn f18_a_requested_operation_outcome_is_not_an_error() {
    use Interaction::*;
    let (world, session) = signed_in_to(|_| Reply::json(200, &remark("It is valid.")));
    for request in [
        FhirRequest::new(Operation, "Patient/$validate").body("{}"),
        FhirRequest::new(Operation, "$own"),
        FhirRequest::new(Read, "OperationOutcome/1"),
        FhirRequest::new(Update, "Patient/1").body("{}").prefer(Return::OperationOutcome),
        FhirRequest::new(Delete, "Patient/1"),
    ] {
        assert_eq!(send(&world, &session, request).unwrap().unwrap()["resourceType"], "OperationOutcome");
    }
    let (world, session) = signed_in_to(|_| Reply { status: 200, ..Reply::default() });
    let nothing = send(&world, &session, FhirRequest::read("Patient/1")).unwrap_err();
    assert_eq!(nothing.code(), "not_json");
}

#[test]
fn f20_a_next_link_that_lacks_only_https_is_fetched_by_https_with_a_finding() {
    let insecure = "http://ehr.example/fhir/Observation?page=2";
    let (world, session) = signed_in_to(move |request| match request.url.query() {
        Some(_) => bundle(&[(observation("b"), None)], None),
        None => bundle(&[(observation("a"), None)], Some(insecure)),
    });
    let codes =
        |session: &Session<MemoryPlatform>| session.findings().iter().map(|finding| finding.code).collect::<Vec<_>>();
    let before = codes(&session);
    let read = pages(&world, &session, FhirRequest::search("Observation", &[])).unwrap();
    assert_eq!(read.iter().flat_map(|page| ids(&page.resources)).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(fhir_lines(&world), ["GET /Observation", "GET /Observation?page=2"]);
    assert!(!before.contains(&"insecure_link") && codes(&session).contains(&"insecure_link"));
    // It is a cycle with either scheme.
    let (world, session) = signed_in_to(|_| bundle(&[], Some("http://ehr.example/fhir/Observation")));
    let circle = pages(&world, &session, FhirRequest::search("Observation", &[]));
    assert_eq!(circle.unwrap_err(), Error::PageCycle);
}

/// A session at a server whose 401 is hidden from the page: only the second token is valid. The refreshes are counted.
fn hiding_refusals(expires_in: Value) -> (World, Session<MemoryPlatform>, Rc<Cell<usize>>) {
    let server = Server::new();
    let world = server.world();
    let mut tokens = token_response(1);
    tokens["expires_in"] = expires_in;
    server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    let refreshes = Rc::new(Cell::new(0));
    let counted = refreshes.clone();
    world.respond_with(move |request| match request.url.path() {
        "/token" => {
            counted.set(counted.get() + 1);
            Reply::json(200, &token_response(2))
        }
        _ if request.authorization() == Some("Bearer access-2") => {
            Reply::json(200, &json!({"resourceType": "Patient"}))
        }
        _ => Reply::offline(),
    });
    (world, session, refreshes)
}

#[test]
fn f21_a_rejected_request_with_a_token_past_half_its_life_is_sent_once_more_with_a_fresh_one() {
    for (expires_in, age, refreshes_and_succeeds) in
        [(json!(3600), 1900.0, true), (json!(3600), 1700.0, false), (json!(600), 310.0, true), (Value::Null, 0.0, true)]
    {
        let (world, session, refreshes) = hiding_refusals(expires_in.clone());
        world.advance(age);
        let read = send(&world, &session, FhirRequest::read("Patient/1"));
        assert_eq!(
            (read.is_ok(), refreshes.get()),
            (refreshes_and_succeeds, usize::from(refreshes_and_succeeds)),
            "{expires_in}"
        );
    }
}

#[test]
fn f21_a_device_that_is_offline_keeps_its_session_and_a_change_is_not_sent_twice() {
    let (world, session, refreshes) = hiding_refusals(json!(3600));
    world.advance(1900.0);
    let sent = world.requests().len();
    let create = FhirRequest::create(&json!({"resourceType": "Patient"}));
    assert_eq!(send(&world, &session, create).unwrap_err().code(), "network");
    let changes =
        world.requests().split_off(sent).iter().filter(|request| request.url.path() == "/fhir/Patient").count();
    assert_eq!((changes, refreshes.get()), (1, 1));
    // With the new token, the next one succeeds.
    assert!(send(&world, &session, FhirRequest::create(&json!({"resourceType": "Patient"}))).is_ok());

    let (world, session, _) = hiding_refusals(json!(3600));
    world.advance(1900.0);
    world.respond_with(|_| Reply::offline());
    assert_eq!(send(&world, &session, FhirRequest::read("Patient/1")).unwrap_err().code(), "network");
    assert!(session.is_active() && session.can_refresh());
}

#[test]
fn f21_408_is_retried_like_503() {
    let tries = Rc::new(Cell::new(0));
    let counted = tries.clone();
    let (world, session) = signed_in_to(move |_| {
        counted.set(counted.get() + 1);
        if counted.get() < 3 { Reply::text(408, "") } else { Reply::json(200, &json!({"resourceType": "Patient"})) }
    });
    assert!(send(&world, &session, FhirRequest::read("Patient/1")).is_ok());
    assert_eq!(tries.get(), 3);
    tries.set(0);
    let never = RequestOptions { retries: Retries::Never, ..RequestOptions::default() };
    let read = world.run(async move { session.read("Patient/1", never).await }).unwrap();
    assert_eq!((read.unwrap_err().status(), tries.get()), (Some(408), 1));
}
