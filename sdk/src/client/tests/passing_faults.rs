//! Transient errors, which lose no launch, token or session.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::launch::LaunchAgainOptions;
use crate::client::session::{Session, SessionEvent};
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

type MemorySession = Session<MemoryPlatform>;

/// The error code of a resume; `None` if it returns a session.
fn resume_error(world: &World, tab: &MemoryPlatform) -> Option<&'static str> {
    match resume(world, &app(tab)) {
        Ok(Some(_)) => None,
        Ok(None) => Some("no session"),
        Err(error) => Some(error.code()),
    }
}

fn read(world: &World, session: &MemorySession) -> Result<serde_json::Value, Error> {
    let session = session.clone();
    let read = async move { session.read("Patient/p1", &AbortSignal::never()).await };
    world.run(read).unwrap().map_err(Error::from)
}

fn refresh(world: &World, session: &MemorySession) -> Result<(), Error> {
    let session = session.clone();
    world.run(async move { session.refresh().await }).unwrap().map_err(Error::from)
}

fn exchanges(world: &World) -> usize {
    token_requests(world).iter().filter(|request| field(request, "code").is_some()).count()
}

/// A tab at a redirect, with a server whose token endpoint first returns these responses.
fn back_from_launch(replies: Vec<Reply>) -> (Rc<Server>, World, MemoryPlatform) {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    server.token_replies.borrow_mut().extend(replies);
    (server, world, tab)
}

#[test]
fn c11_after_a_transient_error_the_launch_stays_and_resume_retries() {
    for (reply, code) in [
        (Reply::offline(), "network"),
        (Reply::json(200, &token_response(1)).after(120_000), "timeout"),
        (Reply::text(429, ""), "invalid_token_response"),
        (Reply::text(503, "busy"), "invalid_token_response"),
        (Reply::json(502, &json!({"message": "no upstream"})), "invalid_token_response"),
        (Reply::text(200, "<html>Maintenance</html>"), "invalid_token_response"),
    ] {
        // On the same page, and after a reload.
        let (_, world, tab) = back_from_launch(vec![reply.clone(), reply]);
        let app = app(&tab);
        assert_eq!(resume(&world, &app).err().map(|error| error.code()), Some(code));
        assert_eq!(location(&tab), REDIRECT, "the address is clean all the same");
        assert_eq!(resume(&world, &app).err().map(|error| error.code()), Some(code));
        assert_eq!(resume_error(&world, &tab), None, "{code}");
        assert_eq!(exchanges(&world), 3);
        assert!(tab.stored().iter().all(|(key, text)| !key.contains("launch") && !text.contains("the-code")));
        assert_eq!(resume_error(&world, &tab), None);
        assert_eq!(exchanges(&world), 3);
    }
}

#[test]
fn c11_t4_an_oauth_error_ends_the_launch_also_after_a_transient_error() {
    let invalid_grant = Reply::json(400, &json!({"error": "invalid_grant"}));
    let unavailable = Reply::json(503, &json!({"error": "temporarily_unavailable"}));
    for (replies, code) in [
        (vec![invalid_grant.clone()], "invalid_grant"),
        (vec![unavailable], "token_request_failed"),
        (vec![Reply::offline(), invalid_grant], "invalid_grant"),
    ] {
        let count = replies.len();
        let (_, world, tab) = back_from_launch(replies);
        let callback = location(&tab);
        let outcomes: Vec<_> = (0..count).map(|_| resume_error(&world, &tab)).collect();
        assert_eq!(outcomes.last(), Some(&Some(code)));
        assert_eq!(resume_error(&world, &tab), Some("no session"));
        tab.visit(&callback);
        assert_eq!(resume_error(&world, &tab), Some("callback_replayed"));
        assert_eq!(exchanges(&world), count, "the code is never sent again");
    }
}

#[test]
fn c11_t4_an_invalid_response_ends_the_launch() {
    let (_, world, tab) = back_from_launch(vec![Reply::json(200, &json!({"token_type": "Bearer"}))]);
    let callback = location(&tab);
    assert_eq!(resume_error(&world, &tab), Some("invalid_token_response"));
    tab.visit(&callback);
    assert_eq!(resume_error(&world, &tab), Some("callback_replayed"));
    assert_eq!(exchanges(&world), 1);
}

#[test]
fn c11_s6_after_ten_minutes_the_code_is_neither_sent_nor_stored() {
    let (_, world, tab) = back_from_launch(vec![Reply::offline()]);
    assert_eq!(resume_error(&world, &tab), Some("network"));
    assert!(tab.stored().values().any(|text| text.contains("the-code")));
    world.advance(601.0);
    assert_eq!(resume_error(&world, &tab), Some("no session"));
    assert!(tab.stored().values().all(|text| !text.contains("the-code") && !text.contains("verifier")));
    assert_eq!(exchanges(&world), 1);
}

#[test]
fn c11_a_new_launch_replaces_the_one_that_waits() {
    let (server, world, tab) = back_from_launch(vec![Reply::offline()]);
    assert_eq!(resume_error(&world, &tab), Some("network"));
    sign_in(&server, &world, &tab);
    assert_eq!(exchanges(&world), 2);
    tab.visit("https://app.example/");
    assert_eq!(resume_error(&world, &tab), None);
    assert_eq!(exchanges(&world), 2);
}

#[test]
fn c12_tokens_that_cannot_be_stored_open_a_session_in_memory_with_a_finding() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    tab.set_store_full(true);
    let session = resume(&world, &app).unwrap().unwrap();
    assert!(!session.is_stored());
    assert!(session.findings().iter().any(|finding| finding.code == "session_not_stored"));
    read(&world, &session).unwrap();
    assert_eq!(resume(&world, &app).unwrap().unwrap().id(), session.id(), "this page still has it");
    assert!(tab.stored().values().all(|text| !text.contains("access-1")));

    world.advance(3601.0);
    read(&world, &session).unwrap();
    assert!(session.is_active() && !session.is_stored());
    tab.set_store_full(false);
    refresh(&world, &session).unwrap();
    assert!(session.is_stored() && session.findings().is_empty());
}

#[test]
fn c12_s9_after_a_session_that_was_not_stored_a_reload_shows_no_other() {
    let (server, world, tab) = stage();
    sign_in(&server, &world, &tab);
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    tab.set_store_full(true);
    resume(&world, &app(&tab)).unwrap().unwrap();
    assert!(resume(&world, &app(&tab)).unwrap().is_none());
}

#[test]
fn r3_a_store_that_was_full_at_a_refresh_does_not_restore_the_old_tokens() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    tab.set_store_full(true);
    assert_eq!(refresh(&world, &session), Err(Error::Storage));
    tab.set_store_full(false);
    refresh(&world, &session).unwrap();
    let sent: Vec<_> = token_requests(&world).iter().filter_map(|request| field(request, "refresh_token")).collect();
    assert_eq!(sent, ["refresh-1", "refresh-2"]);
}

#[test]
fn r3_a_refresh_that_cannot_be_stored_leaves_no_replaced_refresh_token_in_the_store() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.settle();
    tab.set_store_full(true);
    assert_eq!(refresh(&world, &session), Err(Error::Storage));
    assert!(tab.stored().values().all(|text| !text.contains("refresh-1")), "{:?}", tab.stored());
    assert!(session.is_active() && !session.is_stored());
    // A token that the server did not replace is valid after a reload, too.
    tab.set_store_full(false);
    refresh(&world, &session).unwrap();
    let mut same = token_response(4);
    same["refresh_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &same));
    tab.set_store_full(true);
    assert_eq!(refresh(&world, &session), Err(Error::Storage));
    assert!(tab.stored().values().any(|text| text.contains("refresh-3")), "{:?}", tab.stored());
}

#[test]
fn r6_c12_a_token_that_was_refused_early_is_replaced_also_if_the_store_is_full() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    world.settle();
    tab.set_store_full(true);
    server.dead_tokens.borrow_mut().push("access-1".into());
    read(&world, &session).unwrap();
    assert!(session.is_active() && !session.is_stored());
}

#[test]
fn s9_r13_an_expired_session_of_another_app_stays_in_its_store() {
    let (server, world, tab) = stage();
    let mut over = token_response(1);
    over["refresh_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &over));
    let session = sign_in(&server, &world, &tab);
    world.advance(3601.0);
    let other = crate::ServerRecord { client_id: "other".into(), ..record() };
    assert!(resume(&world, &app_with(&tab, other)).unwrap().is_none());
    world.settle();
    assert!(tab.stored().contains_key(&format!("smartrust.session.{}", session.id())));
}

#[test]
fn r13_an_expired_session_without_a_refresh_token_is_removed_from_the_store() {
    let (server, world, tab) = stage();
    let mut over = token_response(1);
    over["refresh_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &over));
    let session = sign_in(&server, &world, &tab);
    let renewable = sign_in(&server, &world, &tab);
    let stored = |id: &str| tab.stored().contains_key(&format!("smartrust.session.{id}"));
    assert!(stored(session.id()) && stored(renewable.id()));
    world.advance(3601.0);
    resume(&world, &app(&tab)).unwrap();
    world.settle();
    assert!(!stored(session.id()) && stored(renewable.id()));
}

#[test]
fn r13_r10_an_expired_session_has_ended_and_is_not_stored_any_more() {
    let (server, world, tab) = stage();
    let mut over = token_response(1);
    over["refresh_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &over));
    let app = app(&tab);
    let session = sign_in(&server, &world, &tab);
    let events = Rc::new(RefCell::new(Vec::new()));
    let log = events.clone();
    let _subscription = session.on_event(move |event| log.borrow_mut().push(event.clone()));
    world.advance(3601.0);
    assert!(!session.is_active());
    for _ in 0..2 {
        assert_eq!(read(&world, &session).unwrap_err(), Error::SessionExpired);
    }
    assert!(!session.is_active());
    assert_eq!(*events.borrow(), [SessionEvent::SignedOut(Error::SessionExpired.into())]);
    assert!(tab.stored().keys().all(|key| !key.contains("session")));
    assert!(resume(&world, &app).unwrap().is_none());
    // The page can still launch again for the same patient.
    let again = session.clone();
    world.run(async move { app.launch_again(&again, LaunchAgainOptions::default()).await }).unwrap().unwrap();
    assert!(location(&tab).contains("launch%2Fpatient"));
}

#[test]
fn r13_r10_a_session_that_expired_before_a_reload_is_resumed_once_to_be_launched_again() {
    let (server, world, tab) = stage();
    let mut over = token_response(1);
    over["refresh_token"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &over));
    sign_in(&server, &world, &tab);
    world.advance(3601.0);
    let app = app(&tab);
    let session = resume(&world, &app).unwrap().unwrap();
    assert!(!session.is_active());
    assert_eq!(session.patient().as_deref(), Some("p1"));
    assert!(tab.stored().keys().all(|key| !key.contains("session")));
    assert_eq!(read(&world, &session).unwrap_err(), Error::SessionExpired);
    assert!(resume(&world, &app).unwrap().is_none());
}

#[test]
fn s4_a_blocked_store_is_an_error_before_navigation() {
    let (_, world, tab) = stage();
    tab.set_store_available(false);
    assert_eq!(resume(&world, &app(&tab)).err(), Some(Error::Storage));
}

#[test]
fn t9_a_refresh_that_is_the_first_to_name_the_patient_is_adopted_in_every_tab() {
    let (server, world, tab) = stage();
    let mut nobody = token_response(1);
    nobody["patient"] = json!(null);
    nobody["tenant"] = json!("t1");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &nobody));
    let session = sign_in(&server, &world, &tab);
    let twin = resume(&world, &app(&tab.duplicate())).unwrap().unwrap();
    assert_eq!(session.patient(), None);
    let mut named = token_response(2);
    named["patient"] = json!("-19990000000001");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &named));
    refresh(&world, &session).unwrap();
    world.settle();
    for session in [&session, &twin] {
        assert_eq!(session.patient().as_deref(), Some("-19990000000001"));
        assert_eq!(session.context().tenant.as_deref(), Some("t1"), "what the refresh does not repeat stands");
    }
    let mut other = token_response(3);
    other["patient"] = json!("p2");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &other));
    assert_eq!(refresh(&world, &session), Err(Error::PatientChanged));
}
