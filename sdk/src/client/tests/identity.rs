use super::server::*;
use crate::abort::AbortSignal;
use crate::client::session::{SessionEvent, Signature};
use crate::error::Error;
use crate::memory::Reply;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

#[test]
fn i1_i10_a_token_with_wrong_claims_opens_no_session_and_is_not_used() {
    for (claims, check) in [
        (json!({"iss": "https://other.example"}), "iss"),
        (json!({"aud": "other"}), "aud"),
        (json!({"exp": NOW - 100.0}), "exp"),
        (json!({"nonce": "other"}), "nonce"),
        (json!({"at_hash": "AAAA"}), "at_hash"),
    ] {
        let server = Server::new();
        *server.claims.borrow_mut() = claims;
        let world = server.world();
        let tab = world.tab("https://app.example/");
        launch(&world, &app(&tab)).unwrap();
        tab.visit(&redirect(&server, &tab));
        let refused = resume(&world, &app(&tab)).err().unwrap();
        assert!(matches!(&refused, Error::IdToken(failed) if failed.check == check), "{refused:?}");
        assert!(tab.stored().values().all(|text| !text.contains("access-1")), "{check}");
        assert!(world.requests().iter().all(|request| request.authorization().is_none()));
    }
}

#[test]
fn i6_an_access_token_that_does_not_match_its_hash_opens_no_session() {
    // The left halves of the SHA-256 digests of the strings access-1 and access-2.
    for (at_hash, matches) in [("9MKET0Y7WpOlF96BtnoJyA", true), ("Z2L2VFXbhes5zm7QQ1XXEA", false)] {
        let server = Server::new();
        *server.claims.borrow_mut() = json!({"at_hash": at_hash});
        let world = server.world();
        let tab = world.tab("https://app.example/");
        launch(&world, &app(&tab)).unwrap();
        tab.visit(&redirect(&server, &tab));
        match resume(&world, &app(&tab)) {
            Ok(session) => {
                assert!(matches && session.unwrap().identity().unwrap().identity.access_token_hash_checked);
            }
            Err(Error::IdToken(failed)) => assert_eq!((matches, failed.check), (false, "at_hash")),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn i10_a_wrong_signature_ends_the_session_during_its_first_call() {
    let server = Server::new();
    server.fhir_delay.set(50);
    let world = server.world();
    world.set_signatures_valid(false);
    let tab = world.tab("https://app.example/");
    let app = app(&tab);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    let events = Rc::new(RefCell::new(Vec::new()));
    let log = events.clone();
    let (session, first) = world
        .run(async move {
            let session = app.resume().await.unwrap().unwrap();
            let subscription = session.on_event(move |event| log.borrow_mut().push(event.clone()));
            let first = session.read("Patient/p1", &AbortSignal::never()).await;
            drop(subscription);
            (session, first)
        })
        .unwrap();
    assert!(first.is_ok(), "the first call ran beside the check");
    assert!(!session.is_active());
    let events = events.borrow();
    let [SessionEvent::SignedOut(failure)] = events.as_slice() else { panic!("{events:?}") };
    let Error::IdToken(failed) = &**failure else { panic!("{failure:?}") };
    assert_eq!(failed.check, "signature");
    drop(events);
    assert!(tab.stored().values().all(|text| !text.contains("access-1")));
    let after = world.run(async move { session.read("Patient/p1", &AbortSignal::never()).await }).unwrap();
    assert_eq!(after.err().map(|error| error.code()), Some("invalid_id_token"));
}

#[test]
fn i8_the_session_reports_which_checks_were_made() {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    world.settle();
    let checked = session.identity().unwrap();
    assert!(checked.identity.issuer_checked && checked.identity.nonce_checked);
    assert_eq!(checked.signature, Signature::Verified);

    let server = Server::new();
    server.configuration.borrow_mut()["issuer"] = json!("");
    server.configuration.borrow_mut()["jwks_uri"] = json!(null);
    let world = server.world();
    let tab = world.tab("https://app.example/");
    let session = sign_in(&server, &world, &tab);
    world.settle();
    let checked = session.identity().unwrap();
    assert!(!checked.identity.issuer_checked && checked.identity.nonce_checked);
    assert_eq!(checked.signature, Signature::Unchecked("the server has no jwks_uri".into()));
    let reloaded = resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(reloaded.identity(), Some(checked));
}

#[test]
fn r3_i8_a_check_that_ends_during_a_refresh_neither_restores_old_tokens_nor_is_lost() {
    let (server, world, tab) = stage();
    let scripted = server.clone();
    world.respond_with(move |request| match request.url.path() {
        "/jwks" => scripted.respond(request).after(500),
        _ => scripted.respond(request),
    });
    let session = sign_in(&server, &world, &tab);
    tab.set_store_delay(1_000);
    let (refreshing, platform) = (session.clone(), tab.clone());
    let refreshed = world.run(async move {
        let refreshed = refreshing.refresh().await;
        crate::platform::Timer::sleep(&platform, 5_000).await;
        refreshed
    });
    refreshed.unwrap().unwrap();
    assert_eq!(session.identity().unwrap().signature, Signature::Verified);
    let key = format!("smartrust.session.{}", session.id());
    let stored: serde_json::Value = serde_json::from_str(&tab.stored()[&key]).unwrap();
    assert_eq!(stored["refreshToken"], json!("refresh-2"));
    assert_eq!((&stored["identity"]["signature"], &stored["idToken"]), (&json!("verified"), &json!(null)));
}

#[test]
fn i7_the_users_own_resource_is_returned() {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    let user = session.fhir_user().unwrap();
    assert_eq!((user.resource_type.as_str(), user.id.as_str()), ("Practitioner", "7"));
}

#[test]
fn i2_a_missing_nonce_is_only_accepted_with_an_option() {
    for (allow, stands) in [(false, false), (true, true)] {
        let server = Server::new();
        *server.claims.borrow_mut() = json!({"nonce": null});
        let world = server.world();
        let tab = world.tab("https://app.example/");
        let mut record = record();
        record.allow_missing_nonce = allow;
        let app = app_with(&tab, record);
        launch(&world, &app).unwrap();
        tab.visit(&redirect(&server, &tab));
        assert_eq!(resume(&world, &app).is_ok(), stands);
    }
}

#[test]
fn i8_without_keys_the_signature_stays_unchecked_and_the_session_active() {
    for keys in [
        Reply::offline(),
        Reply::json(503, &json!({"error": "temporarily_unavailable"})),
        Reply::json(200, &json!({})),
        Reply::text(200, "<html>Log in</html>"),
    ] {
        let server = Server::new();
        let world = server.world();
        let scripted = server.clone();
        let token = token_response(1);
        launch_with_keys(&server, &world, move |path| match path {
            "/jwks" => Some(keys.clone()),
            "/token" => Some(Reply::json(200, &with_id_token(&scripted, &token))),
            _ => None,
        });
    }
}

fn with_id_token(server: &Server, response: &serde_json::Value) -> serde_json::Value {
    let mut response = response.clone();
    response["id_token"] = json!(server.id_token());
    response
}

fn launch_with_keys(
    server: &Rc<Server>,
    world: &crate::memory::World,
    reply: impl Fn(&str) -> Option<Reply> + 'static,
) {
    let tab = world.tab("https://app.example/");
    launch(world, &app(&tab)).unwrap();
    tab.visit(&redirect(server, &tab));
    world.respond_with(move |request| reply(request.url.path()).unwrap_or_else(|| Reply::text(404, "")));
    let session = resume(world, &app(&tab)).unwrap().unwrap();
    world.settle();
    assert!(session.is_active());
    assert!(matches!(session.identity().unwrap().signature, Signature::Unchecked(_)));
}

#[test]
fn a_session_that_was_removed_from_the_store_is_not_stored_again_by_the_signature_check() {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    let tokens = with_id_token(&server, &token_response(1));
    world.respond_with(move |request| match request.url.path() {
        "/token" => Reply::json(200, &tokens),
        _ => key_set(&["k"]).after(1000),
    });
    let session = resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(session.identity().unwrap().signature, Signature::Pending);
    let key = format!("smartrust.session.{}", session.id());
    let (emptied, removed) = (tab.clone(), key.clone());
    world.run(async move { crate::platform::Store::remove(&emptied, &removed).await }).unwrap().unwrap();
    world.advance(2.0);
    world.settle();
    assert_eq!(session.identity().unwrap().signature, Signature::Verified);
    assert!(!tab.stored().contains_key(&key));
}

/// A server whose keys are `kids` and whose ID tokens name the key `kid`, and how often its keys were fetched.
fn checked_with(kid: Option<&str>, kids: &'static [&'static str], signed_by: &str) -> (Option<&'static str>, usize) {
    let (server, world, tab) = stage();
    *server.kid.borrow_mut() = kid.map(str::to_owned);
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    world.sign_with(signed_by);
    let tokens = with_id_token(&server, &token_response(1));
    world.respond_with(move |request| match request.url.path() {
        "/token" => Reply::json(200, &tokens),
        _ => key_set(kids),
    });
    let session = resume(&world, &app(&tab)).unwrap().unwrap();
    world.settle();
    let fetched = world.requests().iter().filter(|request| request.url.path() == "/jwks").count();
    let read = async move { session.read("Patient/p1", &AbortSignal::never()).await };
    let ended = world.run(read).unwrap().err().map(|failure| failure.code());
    (ended.filter(|code| *code == "invalid_id_token"), fetched)
}

#[test]
fn i5_without_a_kid_the_one_key_is_used_and_of_several_each_is_tried() {
    assert_eq!(checked_with(None, &["a"], "a"), (None, 1));
    assert_eq!(checked_with(None, &["a", "b", "c"], "c"), (None, 1));
    assert_eq!(checked_with(None, &["a", "b", "c"], "other"), (Some("invalid_id_token"), 1));
    assert_eq!(checked_with(Some("b"), &["a", "b"], "b"), (None, 1));
    assert_eq!(checked_with(Some("b"), &["a", "b"], "a"), (Some("invalid_id_token"), 1));
}

#[test]
fn i5_an_unknown_kid_causes_one_more_fetch_and_then_a_pause() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    let fetches = || world.requests().iter().filter(|request| request.url.path() == "/jwks").count();
    let launch_signed_by = |kid: &str| {
        *server.kid.borrow_mut() = Some(kid.to_owned());
        launch(&world, &app).unwrap();
        tab.visit(&redirect(&server, &tab));
        let session = resume(&world, &app).unwrap().unwrap();
        world.settle();
        session.is_active()
    };
    assert!(launch_signed_by("k"));
    assert_eq!(fetches(), 1);
    assert!(launch_signed_by("k"), "the keys are kept");
    assert_eq!(fetches(), 1);
    *server.keys.borrow_mut() = vec!["k".into(), "rotated".into()];
    assert!(launch_signed_by("rotated"));
    assert_eq!(fetches(), 2);
    assert!(!launch_signed_by("forged"), "just fetched, so no fetch for every forged name");
    assert_eq!(fetches(), 2);
    world.advance(61.0);
    assert!(!launch_signed_by("forged"));
    assert_eq!(fetches(), 3);
}
