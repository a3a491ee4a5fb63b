use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::session::Session;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use serde_json::{Value, json};

fn signed_in() -> (std::rc::Rc<Server>, World, Session<MemoryPlatform>) {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    (server, world, session)
}

fn page(ids: &[&str], next: Option<&str>) -> Reply {
    let entries: Vec<Value> = ids.iter().map(|id| json!({"resource": {"id": id}})).collect();
    let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
    Reply::json(200, &json!({"resourceType": "Bundle", "entry": entries, "link": links}))
}

/// The ids of all pages, and the error that ended the search.
fn search(world: &World, session: &Session<MemoryPlatform>) -> (Vec<String>, Option<Error>) {
    let mut search = session.search("Observation", &[("patient".into(), "p1".into())]).unwrap();
    world
        .run(async move {
            let mut ids = Vec::new();
            loop {
                match search.next_page(&AbortSignal::never()).await {
                    Ok(Some(page)) => {
                        ids.extend(page.resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()));
                    }
                    Ok(None) => return (ids, None),
                    Err(error) => return (ids, Some(error.into())),
                }
            }
        })
        .unwrap()
}

fn authorized_urls(world: &World) -> Vec<String> {
    let authorized = world.requests().into_iter().filter(|request| request.authorization().is_some());
    authorized.map(|request| request.url.to_string()).collect()
}

#[test]
fn f2_an_opaque_next_link_is_used_verbatim() {
    let (server, world, session) = signed_in();
    let next = "https://ehr.example/fhir/Observation?page=a%7Cb|c,d&x";
    server.fhir_replies.borrow_mut().extend([page(&["1", "2"], Some(next)), page(&["3"], None)]);
    assert_eq!(search(&world, &session), (vec!["1".into(), "2".into(), "3".into()], None));
    assert_eq!(authorized_urls(&world), ["https://ehr.example/fhir/Observation?patient=p1", next]);
}

#[test]
fn f2_a_cycle_of_pages_stops_with_an_error() {
    let (server, world, session) = signed_in();
    let second = "https://ehr.example/fhir/Observation?page=2";
    let first = "https://ehr.example/fhir/Observation?patient=p1";
    server.fhir_replies.borrow_mut().extend([page(&["1"], Some(second)), page(&["2"], Some(first))]);
    assert_eq!(search(&world, &session), (vec!["1".into(), "2".into()], Some(Error::PageCycle)));
}

#[test]
fn f1_a_next_link_elsewhere_gets_no_token_and_no_request() {
    for next in [
        "https://evil.example/fhir/Observation?page=2",
        "https://ehr.example.evil.example/fhir/Observation?page=2",
        "https://ehr.example:8443/fhir/Observation?page=2",
        "https://ehr.example/neighbour/fhir/Observation?page=2",
        "https://ehr.example/fhir/../neighbour/fhir/Observation",
        "https://ehr.example@evil.example/fhir/Observation",
        "http://ehr.example/fhir/Observation?page=2",
        "//evil.example/fhir/Observation",
    ] {
        let (server, world, session) = signed_in();
        server.fhir_replies.borrow_mut().push_back(page(&["1"], Some(next)));
        let sent = world.requests().len();
        let (ids, error) = search(&world, &session);
        assert_eq!(ids, ["1"], "{next}");
        assert!(matches!(error, Some(Error::ForeignUrl { .. } | Error::Url { .. })), "{next}: {error:?}");
        assert_eq!(world.requests().len(), sent + 1, "{next}");
    }
}

#[test]
fn f1_a_reference_elsewhere_gets_no_token_and_no_request() {
    let (_, world, session) = signed_in();
    let sent = world.requests().len();
    for reference in [
        "https://evil.example/fhir/Patient/1",
        "https://good@evil.example/Patient/1",
        "http://ehr.example/fhir/Patient/1",
    ] {
        let session = session.clone();
        let refused = world.run(async move { session.read(reference, &AbortSignal::never()).await }).unwrap();
        let refused = refused.unwrap_err();
        assert!(matches!(*refused, Error::ForeignUrl { .. } | Error::Url { .. }), "{reference}");
    }
    assert_eq!(world.requests().len(), sent);
}

#[test]
fn f1_locations_of_authorization_details_may_have_the_token() {
    let server = Server::new();
    let world = server.world();
    let mut answer = token_answer(1);
    answer["authorization_details"] = json!([{"type": "smart_on_fhir", "locations": ["https://images.example/fhir"]}]);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &answer));
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    let read = |reference: &'static str| {
        let session = session.clone();
        world.run(async move { session.read(reference, &AbortSignal::never()).await }).unwrap()
    };
    assert!(read("https://images.example/fhir/ImagingStudy/1").is_ok());
    assert_eq!(read("https://images.example/other/ImagingStudy/1").unwrap_err().code(), "foreign_url");
    assert_eq!(authorized_urls(&world), ["https://images.example/fhir/ImagingStudy/1"]);
}

#[test]
fn f5_an_error_status_brings_its_operation_outcome() {
    let (server, world, session) = signed_in();
    let outcome = json!({"resourceType": "OperationOutcome", "issue": [
        {"severity": "error", "code": "forbidden", "details": {"text": "Not in your scopes"}, "diagnostics": "x"}]});
    for (status, code) in [
        (403, "forbidden"),
        (404, "not_found"),
        (410, "gone"),
        (409, "conflict"),
        (412, "precondition_failed"),
        (422, "unprocessable"),
        (500, "fhir_error"),
    ] {
        server.fhir_replies.borrow_mut().push_back(Reply::json(status, &outcome));
        let session = session.clone();
        let error =
            world.run(async move { session.read("Patient/p1", &AbortSignal::never()).await }).unwrap().unwrap_err();
        assert_eq!((error.code(), error.status()), (code, Some(status)));
        assert!(error.to_string().contains("Not in your scopes"));
        let Error::Fhir(error) = error.into() else { panic!() };
        assert_eq!(error.operation_outcome.unwrap().issues[0].code, "forbidden");
    }
}

#[test]
fn html_in_place_of_a_resource_is_an_error() {
    let (server, world, session) = signed_in();
    server.fhir_replies.borrow_mut().push_back(Reply::text(200, "<html>Log in</html>"));
    let error = world.run(async move { session.read("Patient/p1", &AbortSignal::never()).await }).unwrap();
    assert_eq!(error.unwrap_err().code(), "not_json");
}

#[test]
fn f7_after_an_abort_nothing_is_fetched() {
    let (server, world, session) = signed_in();
    let next = "https://ehr.example/fhir/Observation?page=2";
    server.fhir_replies.borrow_mut().push_back(page(&["1"], Some(next)));
    let handle = AbortHandle::new();
    let signal = handle.signal();
    let mut search = session.search("Observation", &[]).unwrap();
    let sent = world.requests().len();
    let second = world
        .run(async move {
            search.next_page(&signal).await.unwrap().unwrap();
            handle.abort();
            search.next_page(&signal).await
        })
        .unwrap();
    assert_eq!(second.unwrap_err(), Error::Aborted);
    assert_eq!(world.requests().len(), sent + 1);
}
