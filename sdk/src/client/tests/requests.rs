use super::server::*;
use crate::abort::AbortSignal;
use crate::client::fhir::RequestOptions;
use crate::client::session::Session;
use crate::error::Failure;
use crate::fhir::request::{FhirRequest, Interaction, Return};
use crate::fhir::response::FhirResponse;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::{Method, Request};
use serde_json::{Value, json};
use std::rc::Rc;

fn signed_in() -> (Rc<Server>, World, Session<MemoryPlatform>) {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    (server, world, session)
}

fn send(
    world: &World,
    session: &Session<MemoryPlatform>,
    request: FhirRequest,
    options: RequestOptions,
) -> Result<FhirResponse<Value>, Failure> {
    let session = session.clone();
    world.run(async move { session.request(&request, options).await }).unwrap()
}

fn last(world: &World) -> Request {
    world.requests().pop().unwrap()
}

#[test]
fn f4_a_change_returns_its_status_version_location_and_time() {
    let (server, world, session) = signed_in();
    let made = json!({"resourceType": "Patient", "id": "9"});
    server.fhir_replies.borrow_mut().push_back(
        Reply::json(201, &made)
            .header("ETag", "W/\"1\"")
            .header("Location", "https://ehr.example/fhir/Patient/9/_history/1")
            .header("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
    );
    let create = FhirRequest::create(&json!({"resourceType": "Patient"})).if_none_exist("identifier=1");
    let response = send(&world, &session, create, RequestOptions::default()).unwrap();
    assert_eq!(response.status, 201);
    assert_eq!(response.version().unwrap(), "W/\"1\"");
    assert_eq!(response.resource_id().unwrap().id, "9");
    assert_eq!(response.last_modified.as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(response.resource, Some(made));
    let sent = last(&world);
    assert_eq!((sent.method, sent.url.as_str()), (Method::Post, "https://ehr.example/fhir/Patient"));
    assert_eq!(sent.authorization(), Some("Bearer access-1"));
}

#[test]
fn f4_the_response_of_a_delete_may_be_empty() {
    let (server, world, session) = signed_in();
    server.fhir_replies.borrow_mut().push_back(Reply { status: 204, ..Reply::default() });
    let delete = FhirRequest::new(Interaction::Delete, "Patient/9").if_match("W/\"1\"");
    let response = send(&world, &session, delete, RequestOptions::default()).unwrap();
    assert_eq!((response.status, response.resource), (204, None));
    assert_eq!(last(&world).method, Method::Delete);
}

#[test]
fn f4_an_empty_response_of_a_read_is_an_error() {
    let (server, world, session) = signed_in();
    server.fhir_replies.borrow_mut().push_back(Reply { status: 200, ..Reply::default() });
    let read = world.run(async move { session.read("Patient/1", &AbortSignal::never()).await }).unwrap();
    assert_eq!(read.unwrap_err().code(), "not_json");
}

#[test]
fn f4_a_history_is_read_page_by_page_with_its_deletions() {
    let (server, world, session) = signed_in();
    let history = |entry: Value, link: Value| {
        Reply::json(200, &json!({"resourceType": "Bundle", "type": "history", "entry": [entry], "link": link}))
    };
    server.fhir_replies.borrow_mut().extend([
        history(
            json!({"request": {"method": "DELETE", "url": "Patient/9"}}),
            json!([{"relation": "next", "url": "https://ehr.example/fhir/Patient/9/_history?page=2"}]),
        ),
        history(json!({"resource": {"resourceType": "Patient", "id": "9"}}), json!([])),
    ]);
    let pages = session.pages(&FhirRequest::new(Interaction::History, "Patient/9"), &AbortSignal::never()).unwrap();
    let (first, second) = world
        .run(async move { (pages.next_page().await.unwrap().unwrap(), pages.next_page().await.unwrap().unwrap()) })
        .unwrap();
    assert_eq!(first.bundle["entry"][0]["request"]["method"], "DELETE");
    assert!(first.resources.is_empty());
    assert_eq!(second.resources[0]["id"], "9");
}

#[test]
fn f4_a_refused_token_is_replaced_and_the_body_sent_again() {
    let (server, world, session) = signed_in();
    server.dead_tokens.borrow_mut().push("access-1".into());
    let create = FhirRequest::create(&json!({"resourceType": "Patient"})).prefer(Return::Minimal);
    assert!(send(&world, &session, create, RequestOptions::default()).is_ok());
    let creates: Vec<_> = world.requests().into_iter().filter(|sent| sent.url.path() == "/fhir/Patient").collect();
    assert_eq!(creates.len(), 2);
    assert!(creates.iter().all(|sent| sent.body.as_deref() == Some("{\"resourceType\":\"Patient\"}")));
}

#[test]
fn f1_a_change_elsewhere_is_not_sent() {
    let (_, world, session) = signed_in();
    let sent = world.requests().len();
    for target in ["https://evil.example/fhir/Patient/1", "../neighbour/Patient/1", "//evil.example/Patient/1"] {
        let update = FhirRequest::new(Interaction::Update, target).body("{}");
        let refused = send(&world, &session, update, RequestOptions::default()).unwrap_err();
        assert_eq!(refused.code(), "invalid_reference", "{target}");
    }
    assert_eq!(world.requests().len(), sent);
}

#[test]
fn f4_a_request_that_the_scopes_do_not_allow_fails_before_it_is_sent_on_demand() {
    let (_, world, session) = signed_in();
    let sent = world.requests().len();
    let strict = || RequestOptions { check_scopes: true, ..RequestOptions::default() };
    let create = || FhirRequest::create(&json!({"resourceType": "Patient"}));
    let refused = send(&world, &session, create(), strict()).unwrap_err();
    assert_eq!(refused.code(), "not_granted");
    assert!(refused.to_string().contains("Patient"));
    assert_eq!(world.requests().len(), sent);
    assert!(send(&world, &session, FhirRequest::read("Patient/1"), strict()).is_ok());
    assert!(send(&world, &session, create(), RequestOptions::default()).is_ok());
}
