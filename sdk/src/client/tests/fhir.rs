use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::fhir::{RequestOptions, SearchProgress};
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
    let search = session.search("Observation", &[("patient".into(), "p1".into())], &AbortSignal::never()).unwrap();
    world
        .run(async move {
            let mut ids = Vec::new();
            loop {
                match search.next_page().await {
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
        "http://ehr.example/neighbour/fhir/Observation?page=2",
        "http://ehr.example:8080/fhir/Observation?page=2",
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
    let mut response = token_response(1);
    response["authorization_details"] =
        json!([{"type": "smart_on_fhir", "locations": ["https://images.example/fhir"]}]);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
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
fn f5_an_error_status_has_its_operation_outcome() {
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
        let reply = Reply::json(status, &outcome).header("Retry-After", "120").header("ETag", "W/\"7\"");
        server.fhir_replies.borrow_mut().push_back(reply);
        let session = session.clone();
        let error =
            world.run(async move { session.read("Patient/p1", &AbortSignal::never()).await }).unwrap().unwrap_err();
        assert_eq!((error.code(), error.status()), (code, Some(status)));
        assert!(error.to_string().contains("Not in your scopes"));
        let Error::Fhir(error) = error.into() else { panic!() };
        assert_eq!(error.operation_outcome.unwrap().issues[0].code, "forbidden");
        assert_eq!((error.retry_after.as_deref(), error.etag.as_deref()), (Some("120"), Some("W/\"7\"")));
    }
}

#[test]
fn html_instead_of_a_resource_is_an_error() {
    let (server, world, session) = signed_in();
    server.fhir_replies.borrow_mut().push_back(Reply::text(200, "<html>Log in</html>"));
    let error = world.run(async move { session.read("Patient/p1", &AbortSignal::never()).await }).unwrap();
    assert_eq!(error.unwrap_err().code(), "not_json");
}

#[test]
fn f7_after_an_abort_no_request_is_sent() {
    let (server, world, session) = signed_in();
    let link = |number: u32| format!("https://ehr.example/fhir/Observation?page={number}");
    server.fhir_delay.set(1000);
    server.fhir_replies.borrow_mut().extend([page(&["1"], Some(&link(2))), page(&["2"], Some(&link(3)))]);
    let handle = AbortHandle::new();
    let search = session.search("Observation", &[], &handle.signal()).unwrap();
    let second = world
        .run(async move {
            search.next_page().await.unwrap().unwrap();
            handle.abort();
            search.next_page().await
        })
        .unwrap();
    assert_eq!(second.unwrap_err(), Error::Aborted);
    let sent = world.requests().len();
    world.advance(10.0);
    world.settle();
    assert_eq!(world.requests().len(), sent);
    assert!(!authorized_urls(&world).contains(&link(3)));
}

#[test]
fn f8_the_next_page_is_fetched_while_the_caller_processes_this_one() {
    let (server, world, session) = signed_in();
    let link = |number: u32| format!("https://ehr.example/fhir/Observation?page={number}");
    server.fhir_delay.set(1000);
    let replies = [page(&["1"], Some(&link(2))), page(&["2"], Some(&link(3))), page(&["3"], None)];
    server.fhir_replies.borrow_mut().extend(replies);
    let search = session.search("Observation", &[], &AbortSignal::never()).unwrap();
    let platform = session.inner.platform.clone();
    let started = crate::platform::Clock::now(&platform);
    let ids = world
        .run(async move {
            let mut ids = Vec::new();
            while let Some(page) = search.next_page().await.unwrap() {
                ids.extend(page.resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()));
                crate::platform::Timer::sleep(&platform, 1000).await;
            }
            ids
        })
        .unwrap();
    assert_eq!(ids, ["1", "2", "3"]);
    // One second for the first page, then three of work during which the others arrive; in sequence, it would be six.
    let elapsed = crate::platform::Clock::now(&session.inner.platform) - started;
    assert!((3.9..4.1).contains(&elapsed), "{elapsed}");
}

#[test]
fn f8_progress_is_reported_in_resources_and_bytes() {
    let (server, world, session) = signed_in();
    let first = r#"{"resourceType":"Bundle","total":3,"entry":[{"resource":{"id":"é€𝄞"}},{"resource":{"id":"2"}}],"link":[{"relation":"next","url":"?page=2"}]}"#;
    let second = r#"{"resourceType":"Bundle","entry":[{"resource":{"id":"3"}}]}"#;
    // The requests before the response are not pages.
    let busy = Reply::json(503, &json!({"resourceType": "OperationOutcome"})).header("Retry-After", "1");
    server.fhir_replies.borrow_mut().extend([Reply::text(200, first), busy, Reply::text(200, second)]);
    let search = session.search("Observation", &[], &AbortSignal::never()).unwrap();
    assert_eq!(search.progress(), SearchProgress::default());
    let reports = world
        .run(async move {
            let mut reports = Vec::new();
            while search.next_page().await.unwrap().is_some() {
                reports.push(search.progress());
            }
            reports
        })
        .unwrap();
    let total = Some(3.0);
    let after_one = SearchProgress { pages: 1, resources: 2, total, bytes: 146 };
    assert_eq!(reports, [after_one, SearchProgress { pages: 2, resources: 3, total, bytes: 205 }]);
}

#[test]
fn f8_a_limit_stops_early() {
    let (server, world, session) = signed_in();
    let next = "https://ehr.example/fhir/Observation?page=2";
    server.fhir_replies.borrow_mut().extend([page(&["1", "2"], Some(next)), page(&["3", "4"], Some("?page=3"))]);
    let search = session.search("Observation", &[], &AbortSignal::never()).unwrap().limited_to(3);
    let pages = world
        .run(async move {
            let mut pages = Vec::new();
            while let Some(page) = search.next_page().await.unwrap() {
                pages.push(page.resources.len());
            }
            pages
        })
        .unwrap();
    assert_eq!(pages, [2, 1]);
    world.settle();
    assert_eq!(authorized_urls(&world).len(), 2);
}

#[test]
fn a_page_that_failed_can_be_requested_again() {
    let (server, world, session) = signed_in();
    let next = "https://ehr.example/fhir/Observation?page=2";
    server.fhir_replies.borrow_mut().push_back(page(&["1"], Some(next)));
    // The number of attempts of a read.
    server.fhir_replies.borrow_mut().extend([Reply::offline(), Reply::offline(), Reply::offline(), page(&["2"], None)]);
    let search = session.search("Observation", &[], &AbortSignal::never()).unwrap();
    let (failed, second) = world
        .run(async move {
            search.next_page().await.unwrap();
            (search.next_page().await, search.next_page().await)
        })
        .unwrap();
    assert_eq!(failed.unwrap_err().code(), "network");
    assert_eq!(second.unwrap().unwrap().resources[0]["id"], json!("2"));
}

#[test]
fn f6_no_page_is_lost_if_a_caller_stops_waiting_or_two_call_at_once() {
    let (server, world, session) = signed_in();
    server.fhir_delay.set(1000);
    let link = |number: u32| format!("https://ehr.example/fhir/Observation?page={number}");
    let replies =
        [page(&["1"], Some(&link(2))), page(&["2"], Some(&link(3))), page(&["3"], Some(&link(4))), page(&["4"], None)];
    server.fhir_replies.borrow_mut().extend(replies);
    let search = session.search("Observation", &[], &AbortSignal::never()).unwrap();
    let (twin, platform) = (search.clone(), session.inner.platform.clone());
    let pages = world
        .run(async move {
            let first = search.next_page().await;
            let soon = Box::pin(crate::platform::Timer::sleep(&platform, 500));
            let gone = futures_util::future::select(Box::pin(search.next_page()), soon).await;
            assert!(matches!(gone, futures_util::future::Either::Right(_)));
            drop(gone);
            let (second, third) = futures_util::future::join(search.next_page(), twin.next_page()).await;
            [first, second, third, search.next_page().await, twin.next_page().await]
        })
        .unwrap();
    let id = |page: Result<Option<crate::fhir::bundle::Page<Value>>, crate::error::Failure>| {
        page.unwrap().map(|page| page.resources[0]["id"].as_str().unwrap().to_owned())
    };
    let ids: Vec<_> = pages.into_iter().map(id).collect();
    assert_eq!(ids, [Some("1".into()), Some("2".into()), Some("3".into()), Some("4".into()), None]);
    assert_eq!(authorized_urls(&world).len(), 4);
}

#[test]
fn f3_custom_headers_stay_through_pages() {
    let (server, world, session) = signed_in();
    let next = "https://ehr.example/fhir/Observation?page=2";
    server.fhir_replies.borrow_mut().extend([page(&["1"], Some(next)), page(&["2"], None)]);
    let headers = vec![("X-Trace".into(), "t1".into()), ("accept".into(), "application/json".into())];
    let options = RequestOptions { headers, ..RequestOptions::default() };
    let search = session.search("Observation", &[], options).unwrap();
    world.run(async move { while search.next_page().await.unwrap().is_some() {} }).unwrap();
    let pages: Vec<_> =
        world.requests().into_iter().filter(|request| request.url.path() == "/fhir/Observation").collect();
    assert_eq!(pages.len(), 2);
    for request in pages {
        let value = |name: &str| {
            let found: Vec<_> = request.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0].1.clone()
        };
        assert_eq!((value("X-Trace").as_str(), value("Accept").as_str()), ("t1", "application/json"));
    }
}

#[test]
fn f1_a_custom_header_cannot_replace_the_token() {
    let (_, world, session) = signed_in();
    let sent = world.requests().len();
    for (name, value, code) in [
        ("Authorization", "Bearer other", "reserved_parameter"),
        ("authorization", "Bearer other", "reserved_parameter"),
        ("X Trace", "1", "invalid_configuration"),
        ("X-Trace", "1\r\nAuthorization: Bearer other", "invalid_configuration"),
    ] {
        let options = RequestOptions { headers: vec![(name.into(), value.into())], ..RequestOptions::default() };
        let refused = session.search("Observation", &[], options).err().unwrap();
        assert_eq!(refused.code(), code, "{name}");
    }
    assert_eq!(world.requests().len(), sent);
}
