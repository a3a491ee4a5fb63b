//! The keys that verify ID tokens: keys that arrive late, that must not be used, and that change.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::session::{Session, SessionEvent, Signature};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::encoding::base64url;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Signs in at a server whose keys are a function of the number of earlier requests for them.
fn sign_in_with_keys(keys: impl Fn(usize) -> Reply + 'static) -> (World, MemoryPlatform, Session<MemoryPlatform>) {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    let fetches = Cell::new(0);
    world.respond_with(move |request| match request.url.path() {
        "/jwks" => keys(fetches.replace(fetches.get() + 1)),
        _ => server.respond(request),
    });
    let session = resume(&world, &app(&tab)).unwrap().unwrap();
    world.settle();
    (world, tab, session)
}

fn signature(session: &Session<MemoryPlatform>) -> Signature {
    session.identity().unwrap().signature.clone()
}

fn read(world: &World, session: &Session<MemoryPlatform>) {
    let session = session.clone();
    world.run(async move { session.read("Patient/p1", &AbortSignal::never()).await }).unwrap().unwrap();
    world.settle();
}

fn fetches(world: &World) -> usize {
    world.requests().iter().filter(|request| request.url.path() == "/jwks").count()
}

const UNFETCHED: &str = "the server's keys could not be fetched";

#[test]
fn i13_keys_that_could_not_be_fetched_are_fetched_again_at_the_next_use() {
    for failure in [Reply::text(500, ""), Reply::offline(), Reply::json(503, &json!({})), Reply::text(200, "<html>")] {
        let (world, tab, session) =
            sign_in_with_keys(move |fetches| if fetches == 0 { failure.clone() } else { key_set(&["k"]) });
        assert_eq!(signature(&session), Signature::Unchecked(UNFETCHED.into()));
        assert!(session.is_active());
        let events = Rc::new(RefCell::new(Vec::new()));
        let log = events.clone();
        let _subscription = session.on_event(move |event| log.borrow_mut().push(event.clone()));
        read(&world, &session);
        assert_eq!((signature(&session), fetches(&world)), (Signature::Verified, 2));
        assert_eq!(*events.borrow(), [SessionEvent::IdentityChecked]);
        read(&world, &session);
        assert_eq!(fetches(&world), 2, "it is checked once");
        let reloaded = resume(&world, &app(&tab)).unwrap().unwrap();
        assert_eq!(signature(&reloaded), Signature::Verified);
    }
}

#[test]
fn i13_keys_that_could_not_be_fetched_are_fetched_again_after_a_reload() {
    let (world, tab, _) =
        sign_in_with_keys(|fetches| if fetches == 0 { Reply::text(500, "") } else { key_set(&["k"]) });
    let stored = tab.stored().into_iter().find(|(key, _)| key.starts_with("smartrust.session.")).unwrap();
    assert!(stored.1.contains(UNFETCHED) && !stored.1.contains("\"verified\""), "not verified before it is");
    let reloaded = resume(&world, &app(&tab)).unwrap().unwrap();
    world.settle();
    assert_eq!((signature(&reloaded), fetches(&world)), (Signature::Verified, 2));
}

#[test]
fn i13_keys_that_stay_unavailable_are_requested_again_after_a_pause_and_the_session_stays_active() {
    let (world, _, session) = sign_in_with_keys(|_| Reply::text(500, ""));
    (0..5).for_each(|_| read(&world, &session));
    assert_eq!(fetches(&world), 2);
    world.advance(31.0);
    (0..5).for_each(|_| read(&world, &session));
    assert_eq!(fetches(&world), 3);
    assert_eq!((signature(&session), session.is_active()), (Signature::Unchecked(UNFETCHED.into()), true));
}

#[test]
fn i8_i13_a_wrong_signature_ends_the_session_also_if_the_keys_arrive_late() {
    let (world, _, session) =
        sign_in_with_keys(|fetches| if fetches == 0 { Reply::text(500, "") } else { key_set(&["k"]) });
    world.set_signatures_valid(false);
    let late = session.clone();
    let _ = world.run(async move { late.read("Patient/p1", &AbortSignal::never()).await });
    world.settle();
    assert!(!session.is_active());
}

#[test]
fn i13_after_a_key_rotation_an_old_token_stays_unchecked_and_the_session_active() {
    let (world, _, session) =
        sign_in_with_keys(|fetches| if fetches == 0 { Reply::text(500, "") } else { key_set(&["of-today"]) });
    // The ID token expired long ago.
    world.advance(1_000.0);
    read(&world, &session);
    assert!(session.is_active());
    assert!(matches!(signature(&session), Signature::Unchecked(reason) if reason.contains("no longer published")));
}

#[test]
fn i13_for_an_unknown_kid_the_keys_are_fetched_again_immediately() {
    let (world, _, session) = sign_in_with_keys(|fetches| key_set(if fetches == 0 { &["old"] } else { &["old", "k"] }));
    assert_eq!((signature(&session), fetches(&world)), (Signature::Verified, 2));

    let (world, _, session) = sign_in_with_keys(|_| key_set(&["old"]));
    assert_eq!((session.is_active(), fetches(&world)), (false, 2), "twice, and no more");

    let (world, _, session) =
        sign_in_with_keys(
            |fetches| if fetches == 1 { Reply::text(500, "") } else { key_set(&["old", "k"][..1 + fetches / 2]) },
        );
    assert!(session.is_active(), "a failure passes");
    read(&world, &session);
    assert_eq!((signature(&session), fetches(&world)), (Signature::Verified, 3));
}

#[test]
fn i13_a_key_that_cannot_be_imported_hides_no_other() {
    let two_of_one_name = || {
        let mut broken = public_key("k");
        broken["e"] = json!("broken");
        Reply::json(200, &json!({"keys": [broken, public_key("k")]}))
    };
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    world.refuse_keys_with("broken");
    world.respond_with(move |request| match request.url.path() {
        "/jwks" => two_of_one_name(),
        _ => server.respond(request),
    });
    let session = resume(&world, &app(&tab)).unwrap().unwrap();
    world.settle();
    assert_eq!(signature(&session), Signature::Verified);
}

/// Whether the session is active if the server has only this key, and how its signature was checked.
fn with_key(adjust: impl Fn(&mut Value) + 'static) -> Option<Signature> {
    let (_, _, session) = sign_in_with_keys(move |_| {
        let mut key = public_key("k");
        adjust(&mut key);
        Reply::json(200, &json!({"keys": [key]}))
    });
    session.is_active().then(|| signature(&session))
}

#[test]
fn i12_a_key_that_is_too_short_or_not_for_verifying_is_not_used() {
    let short = base64url(&[255; 128]);
    assert_eq!(with_key(move |key| key["n"] = json!(short)), None, "1024 bits");
    assert_eq!(with_key(|key| key["use"] = json!("enc")), None);
    assert_eq!(with_key(|key| key["key_ops"] = json!(["encrypt"])), None);
    assert_eq!(with_key(|key| key["key_ops"] = json!([])), Some(Signature::Verified));
    assert_eq!(with_key(|key| key["key_ops"] = json!(["verify"])), Some(Signature::Verified));
}

#[test]
fn i12_of_a_short_and_a_long_key_only_the_long_one_is_used() {
    let (_, _, session) = sign_in_with_keys(|_| {
        let mut short = public_key("k");
        short["n"] = json!(base64url(&[255; 255]));
        Reply::json(200, &json!({"keys": [short, public_key("other")]}))
    });
    assert!(!session.is_active());
}

#[test]
fn i8_the_check_of_a_token_does_not_affect_the_token_of_a_later_refresh() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    let fetches = Cell::new(0);
    let scripted = server.clone();
    world.respond_with(move |request| match request.url.path() {
        // The keys for the first token arrive after the refresh, those for the second never.
        "/jwks" if fetches.replace(fetches.get() + 1) == 0 => key_set(&["k"]).after(5_000),
        "/jwks" => Reply::offline(),
        _ => scripted.respond(request),
    });
    let session = resume(&world, &app(&tab)).unwrap().unwrap();
    world.settle();
    *server.claims.borrow_mut() = json!({"iat": NOW + 1.0});
    let mut renewed = token_response(2);
    renewed["id_token"] = json!(server.id_token());
    server.token_replies.borrow_mut().push_back(Reply::json(200, &renewed));
    let refreshing = session.clone();
    world.run(async move { refreshing.refresh().await }).unwrap().unwrap();
    world.settle();
    world.advance(6.0);
    world.settle();
    assert!(matches!(signature(&session), Signature::Unchecked(_)), "{:?}", signature(&session));
}
