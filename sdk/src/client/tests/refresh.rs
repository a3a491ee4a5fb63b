use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::session::{Session, SessionEvent};
use crate::error::{Error, Failure};
use crate::memory::{MemoryPlatform, Reply};
use futures_util::future::{join, join_all};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

fn read(session: &Session<MemoryPlatform>) -> impl Future<Output = Result<serde_json::Value, Failure>> + 'static {
    let session = session.clone();
    async move { session.read("Patient/p1", &AbortSignal::never()).await }
}

fn refreshes(world: &crate::memory::World) -> Vec<String> {
    token_requests(world).iter().filter_map(|request| field(request, "refresh_token")).collect()
}

#[test]
fn r1_ten_calls_with_an_expired_token_make_one_refresh() {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    world.advance(3601.0);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(2)).after(100));
    let reads: Vec<_> = (0..10).map(|_| read(&session)).collect();
    let outcomes = world.run(join_all(reads)).unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(refreshes(&world), ["refresh-1"]);
    let used: Vec<_> =
        world.requests().iter().filter_map(|request| request.authorization().map(str::to_owned)).collect();
    assert_eq!(used, vec!["Bearer access-2"; 10]);
}

#[test]
fn r2_two_tabs_with_a_shared_store_make_one_refresh() {
    let (server, world, tab) = stage();
    let one = sign_in(&server, &world, &tab);
    let other = resume(&world, &app(&tab.with_same_store())).unwrap().unwrap();
    world.advance(3601.0);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(2)).after(100));
    let (first, second) = world.run(join(read(&one), read(&other))).unwrap();
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(refreshes(&world), ["refresh-1"]);
}

#[test]
fn r2_a_duplicated_tab_adopts_the_tokens_of_the_other() {
    let (server, world, tab) = stage();
    let one = sign_in(&server, &world, &tab);
    let copy = tab.duplicate();
    let other = resume(&world, &app(&copy)).unwrap().unwrap();
    world.advance(3601.0);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(2)).after(100));
    let (first, second) = world.run(join(read(&one), read(&other))).unwrap();
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(refreshes(&world), ["refresh-1"]);
    assert!(copy.stored().values().any(|text| text.contains("refresh-2")));
}

#[test]
fn r3_a_rotated_refresh_token_is_stored_before_the_new_access_token_is_used() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.advance(3601.0);
    let stored_at_use = Rc::new(RefCell::new(None));
    let (seen, stored) = (stored_at_use.clone(), tab.clone());
    world.respond_with(move |request| {
        if request.authorization() == Some("Bearer access-2") {
            let session = stored.stored().into_iter().find(|(key, _)| key.starts_with("smartrust.session."));
            *seen.borrow_mut() = session.map(|(_, text)| text);
            return Reply::json(200, &json!({"resourceType": "Patient"}));
        }
        Reply::json(200, &token_response(2))
    });
    world.run(read(&session)).unwrap().unwrap();
    assert!(stored_at_use.borrow().as_deref().unwrap().contains("refresh-2"));
}

#[test]
fn r3_a_refresh_token_that_is_not_rotated_stays() {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    for number in [2, 3] {
        let mut response = token_response(number);
        response["refresh_token"] = json!(null);
        server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
        let session = session.clone();
        world.run(async move { session.refresh().await }).unwrap().unwrap();
    }
    assert_eq!(refreshes(&world), ["refresh-1", "refresh-1"]);
}

#[test]
fn r4_a_transient_error_leaves_the_session_unchanged() {
    for (reply, code) in [
        (Reply::text(503, "busy"), "invalid_token_response"),
        (Reply::offline(), "network"),
        (Reply::json(200, &token_response(2)).after(120_000), "timeout"),
        (Reply::json(400, &json!({"error": "invalid_request"})), "token_request_failed"),
        (Reply::json(401, &json!({"error": "invalid_client"})), "invalid_client"),
        (Reply::text(200, "<html>"), "invalid_token_response"),
    ] {
        let server = Server::new();
        let world = server.world();
        let tab = world.tab("https://app.example/");
        let session = sign_in(&server, &world, &tab);
        let stored = tab.stored();
        world.advance(3601.0);
        server.token_replies.borrow_mut().push_back(reply);
        let error = world.run(read(&session)).unwrap().unwrap_err();
        assert_eq!(error.code(), code);
        assert!(session.is_active());
        assert_eq!(tab.stored(), stored, "{code}");
        world.run(read(&session)).unwrap().unwrap();
        assert_eq!(refreshes(&world), ["refresh-1", "refresh-1"], "{code}");
    }
}

#[test]
fn r4_one_callers_abort_stops_neither_the_refresh_nor_the_other_callers() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.advance(3601.0);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(2)).after(100));
    let handle = AbortHandle::new();
    let (signal, aborted) = (handle.signal(), session.clone());
    let first = async move { aborted.read("Patient/p1", &signal).await };
    let calling_off = {
        let platform = tab.clone();
        async move {
            crate::platform::Timer::sleep(&platform, 10).await;
            handle.abort();
        }
    };
    let ((first, second), ()) = world.run(join(join(first, read(&session)), calling_off)).unwrap();
    assert_eq!(first.unwrap_err(), Error::Aborted);
    assert!(second.is_ok());
    assert_eq!(refreshes(&world).len(), 1);
}

#[test]
fn r4_a_caller_that_stops_waiting_does_not_lose_the_rotated_token() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(2)).after(100));
    let (leaving, platform) = (session.clone(), tab.clone());
    world
        .run(async move {
            let refresh = Box::pin(leaving.refresh());
            let gone = Box::pin(crate::platform::Timer::sleep(&platform, 10));
            drop(futures_util::future::select(refresh, gone).await);
            crate::platform::Timer::sleep(&platform, 200).await;
        })
        .unwrap();
    assert!(tab.stored().values().any(|text| text.contains("refresh-2")));
}

#[test]
fn r5_a_refused_refresh_token_ends_the_session_once() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let events = Rc::new(RefCell::new(Vec::new()));
    let log = events.clone();
    let _subscription = session.on_event(move |event| log.borrow_mut().push(event.clone()));
    world.advance(3601.0);
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})).after(50));
    let reads: Vec<_> = (0..3).map(|_| read(&session)).collect();
    let outcomes = world.run(join_all(reads)).unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().code() == "invalid_grant"));
    let events = events.borrow();
    let [SessionEvent::SignedOut(reason)] = events.as_slice() else { panic!("{events:?}") };
    assert!(matches!(**reason, Error::Token(_)), "{reason:?}");
    assert!(tab.stored().values().all(|text| !text.contains("access-") && !text.contains("refresh-")));
    assert!(world.run(read(&session)).unwrap().is_err());
    assert_eq!(refreshes(&world).len(), 1);
}

#[test]
fn r6_a_401_causes_one_refresh_and_one_retry() {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    server.dead_tokens.borrow_mut().push("access-1".into());
    world.run(read(&session)).unwrap().unwrap();
    assert_eq!(refreshes(&world).len(), 1);

    server.dead_tokens.borrow_mut().extend(["access-2".into(), "access-3".into()]);
    let error = world.run(read(&session)).unwrap().unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    assert_eq!(refreshes(&world).len(), 2);
}

#[test]
fn r8_a_broader_scope_is_refused_without_a_request() {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    let sent = world.requests().len();
    for scope in ["patient/*.cruds", "user/*.rs", "patient/Observation.rs fhircast"] {
        let session = session.clone();
        let refused = world.run(async move { session.refresh_with_scope(scope).await }).unwrap();
        assert_eq!(refused.unwrap_err().code(), "invalid_scope", "{scope}");
    }
    assert_eq!(world.requests().len(), sent);
    let narrower = session.clone();
    world.run(async move { narrower.refresh_with_scope("patient/Observation.rs").await }).unwrap().unwrap();
    assert_eq!(field(token_requests(&world).last().unwrap(), "scope").as_deref(), Some("patient/Observation.rs"));
}

#[test]
fn r10_an_expired_session_without_a_refresh_token_is_a_typed_error() {
    let (server, world, tab) = stage();
    let mut response = token_response(1);
    response["refresh_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
    let session = sign_in(&server, &world, &tab);
    assert!(!session.can_refresh());
    world.run(read(&session)).unwrap().unwrap();
    world.advance(3601.0);
    assert_eq!(world.run(read(&session)).unwrap().unwrap_err(), Error::SessionExpired);
}

#[test]
fn t2_without_expires_in_there_is_no_refresh_loop() {
    let server = Server::new();
    let world = server.world();
    let mut response = token_response(1);
    response["expires_in"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    world.advance(1_000_000.0);
    world.run(read(&session)).unwrap().unwrap();
    assert_eq!(session.expires_at(), None);
    assert!(refreshes(&world).is_empty());
}

#[test]
fn r11_a_refresh_that_names_another_patient_is_not_adopted() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let mut other = token_response(2);
    other["patient"] = json!("p2");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &other));
    let refreshing = session.clone();
    let error = world.run(async move { refreshing.refresh().await }).unwrap().unwrap_err();
    assert_eq!(error, Error::PatientChanged);
    assert_eq!(session.patient().as_deref(), Some("p1"));
    assert!(tab.stored().values().all(|text| !text.contains("access-2")));
}

#[test]
fn s2_signing_out_ends_the_session_in_every_tab_with_it_and_in_no_other() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let copy = tab.duplicate();
    let twin = resume(&world, &app(&copy)).unwrap().unwrap();
    let stranger_tab = world.tab("https://app.example/");
    let stranger = sign_in(&server, &world, &stranger_tab);

    let leaving = session.clone();
    world.run(async move { leaving.sign_out().await }).unwrap().unwrap();
    world.settle();
    assert!(!session.is_active() && !twin.is_active() && stranger.is_active());
    assert!(tab.stored().is_empty() && copy.stored().is_empty() && !stranger_tab.stored().is_empty());
    assert_eq!(world.run(read(&twin)).unwrap().unwrap_err(), Error::SignedOut);
}

/// The result of a refresh with an ID token whose claims differ from the launch's in `changes`: the error, the
/// findings, and whether the new access token was adopted.
fn renewed_with(changes: &serde_json::Value) -> (Option<&'static str>, Vec<&'static str>, bool) {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.settle();
    let launched = session.identity().unwrap();
    *server.claims.borrow_mut() = changes.clone();
    let mut response = token_response(2);
    response["id_token"] = json!(server.id_token());
    server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
    let refreshed = session.clone();
    let outcome = world.run(async move { refreshed.refresh().await }).unwrap();
    world.settle();
    let identity = session.identity().unwrap();
    assert_eq!(identity.identity.subject, launched.identity.subject);
    assert_eq!(identity.signature, crate::client::session::Signature::Verified);
    let taken = tab.stored().values().any(|text| text.contains("access-2"));
    let findings = session.findings().iter().map(|finding| finding.code).collect();
    (outcome.err().map(|failure| failure.code()), findings, taken)
}

#[test]
fn r7_an_id_token_of_a_refresh_with_another_subject_or_audience_is_refused() {
    for changes in [
        json!({"iss": "https://evil.example"}),
        json!({"sub": "u2"}),
        json!({"aud": "other"}),
        json!({"aud": ["app", "stranger"]}),
        json!({"nonce": "another"}),
    ] {
        assert_eq!(renewed_with(&changes), (Some("invalid_id_token"), vec![], false), "{changes}");
    }
}

#[test]
fn r7_an_id_token_of_a_refresh_without_audience_or_nonce_is_a_finding_and_the_launchs_stays() {
    for changes in [json!({"aud": null}), json!({"nonce": null})] {
        assert_eq!(renewed_with(&changes), (None, vec!["incomplete_id_token"], true), "{changes}");
    }
    assert_eq!(renewed_with(&json!({"name": "New"})), (None, vec![], true));
}

#[test]
fn r9_a_token_that_expires_soon_is_replaced_without_blocking_the_call() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.advance(3539.0);
    world.run(read(&session)).unwrap().unwrap();
    assert!(refreshes(&world).is_empty(), "there is more than a minute left");

    world.advance(11.0);
    let slow = Reply::json(200, &token_response(2)).after(20_000);
    server.token_replies.borrow_mut().push_back(slow);
    let before = crate::platform::Clock::now(&tab);
    for _ in 0..3 {
        world.run(read(&session)).unwrap().unwrap();
    }
    assert_eq!(crate::platform::Clock::now(&tab), before, "no call waits for the refresh");
    assert_eq!(refreshes(&world), ["refresh-1"]);
    world.advance(20.0);
    world.settle();
    assert!(tab.stored().values().any(|text| text.contains("access-2")));
}

#[test]
fn r9_a_failed_refresh_in_the_background_is_not_repeated_with_every_call() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.advance(3545.0);
    server.token_replies.borrow_mut().extend([Reply::text(503, ""), Reply::text(503, "")]);
    for _ in 0..5 {
        world.run(read(&session)).unwrap().unwrap();
        world.settle();
    }
    assert_eq!(refreshes(&world).len(), 1);
    world.advance(31.0);
    world.run(read(&session)).unwrap().unwrap();
    world.settle();
    assert_eq!(refreshes(&world).len(), 2);
    assert!(session.is_active());
}
