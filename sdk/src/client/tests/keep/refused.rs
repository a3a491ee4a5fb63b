//! Servers that do not accept a key: not yet, not at all, or not any more.

use super::*;
use crate::client::launch::LaunchAgainOptions;
use crate::client::session::SessionEvent;
use crate::client::tests::server::{NOW, location, parameters, value};
use crate::platform::Clock as _;

fn refusal(code: &str) -> Reply {
    Reply::json(400, &json!({"error": code, "error_description": null}))
}

fn all_scopes() -> String {
    format!("{SCOPE} {REGISTRATION_SCOPE}")
}

#[test]
fn n7_a_server_that_does_not_know_a_new_key_yet_is_asked_again_after_1_3_and_9_seconds() {
    for code in ["invalid_grant", "invalid_client"] {
        let (keeper, world, tab) = stage();
        keeper.key_replies.borrow_mut().extend([refusal(code), refusal(code), refusal(code)]);
        let times = Rc::new(RefCell::new(Vec::new()));
        let (seen, server, clock) = (times.clone(), keeper.clone(), tab.clone());
        world.respond_with(move |request| {
            if field(request, "assertion").is_some() {
                seen.borrow_mut().push(clock.now() - NOW);
            }
            server.respond(request)
        });
        let (_, session) = kept(&keeper, &world, &tab);
        assert_eq!(*times.borrow(), [0.0, 1.0, 4.0, 13.0]);
        let jtis: std::collections::BTreeSet<_> =
            key_requests(&world).iter().map(|request| field(request, "assertion")).collect();
        assert_eq!(jtis.len(), 4);
        assert!(session.is_kept() && session.is_active());
    }
}

#[test]
fn n7_a_server_that_goes_on_refusing_ends_the_session_and_is_remembered_for_a_day() {
    let (keeper, world, tab) = stage();
    keeper.key_replies.borrow_mut().extend((0..4).map(|_| refusal("invalid_grant")));
    let app = app_with(&tab, keepable());
    let session = come_back(&keeper, &world, &tab, &app, &all_scopes());
    let error = read(&world, &session).unwrap_err();
    assert_eq!(error.code(), "keep_refused");
    assert!(error.to_string().contains("Launch again without keep"), "{error}");
    assert!(!session.is_active());
    assert_eq!(key_requests(&world).len(), 4);
    assert!(world.keys_on_device().is_empty() && connections(&world, &app).is_empty());
    assert!(tab.stored().keys().all(|key| !key.starts_with("smartrust.session.")));
    // For a day, a launch with keep is refused before the redirect, and one without is not.
    let sent = world.requests().len();
    assert_eq!(launch(&world, &app, keep()).unwrap_err().code(), "keep_refused");
    assert_eq!(world.requests().len(), sent);
    launch(&world, &app, LaunchOptions::default()).unwrap();
    tab.visit("https://app.example/");
    world.advance(86_401.0);
    launch(&world, &app, keep()).unwrap();
}

#[test]
fn n7_once_a_key_was_accepted_a_refusal_is_not_tried_again() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    keeper.key_replies.borrow_mut().push_back(refusal("invalid_grant"));
    let (_, app) = next_day(&world, &keeper);
    assert!(open(&world, &app, &connections(&world, &app)[0]).is_err());
    assert_eq!(key_requests(&world).len(), 2);
}

#[test]
fn n12_a_connection_that_the_server_ended_is_over_once_and_says_what_to_do() {
    for code in ["invalid_grant", "invalid_client"] {
        let (keeper, world, tab) = stage();
        let (app, session) = kept(&keeper, &world, &tab);
        let ends = Rc::new(Cell::new(0));
        let seen = ends.clone();
        let _subscription = session.on_event(move |event| {
            if matches!(event, SessionEvent::SignedOut(_)) {
                seen.set(seen.get() + 1);
            }
        });
        keeper.key_replies.borrow_mut().push_back(refusal(code));
        world.advance(3700.0);
        let error = read(&world, &session).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(
            error.to_string().contains("The connection has expired, or the clinic ended it: connect again."),
            "{error}"
        );
        assert!(read(&world, &session).is_err());
        assert_eq!(ends.get(), 1);
        assert_eq!(key_requests(&world).len(), 2);
        assert!(connections(&world, &app).is_empty() && world.keys_on_device().is_empty());
    }
}

#[test]
fn n12_a_server_that_is_not_reached_keeps_the_connection() {
    for (reply, code) in [
        (Reply::offline(), "network"),
        (Reply::text(503, ""), "invalid_token_response"),
        (Reply::json(400, &json!({"error": "temporarily_unavailable"})), "token_request_failed"),
    ] {
        let (keeper, world, tab) = stage();
        kept(&keeper, &world, &tab);
        let (_, app) = next_day(&world, &keeper);
        keeper.key_replies.borrow_mut().push_back(reply);
        let connection = connections(&world, &app)[0].clone();
        assert_eq!(open(&world, &app, &connection).unwrap_err().code(), code);
        assert_eq!(connections(&world, &app), std::slice::from_ref(&connection));
        read(&world, &open(&world, &app, &connection).unwrap()).unwrap();
    }
}

#[test]
fn n12_a_device_whose_clock_is_wrong_does_not_lose_its_connection() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    let (_, app) = next_day(&world, &keeper);
    // The 15th of November 2023 at noon; the world's clock is ten hours behind.
    keeper.key_replies.borrow_mut().push_back(refusal("invalid_grant").header("Date", "Wed, 15 Nov 2023 12:00:00 GMT"));
    let connection = connections(&world, &app)[0].clone();
    let error = open(&world, &app, &connection).unwrap_err();
    assert_eq!(error.code(), "client_authentication_failed");
    assert!(error.to_string().contains("set the clock"), "{error}");
    assert_eq!(connections(&world, &app).len(), 1);
}

#[test]
fn n12_an_ended_connection_is_launched_again_with_or_without_keep_for_the_same_patient() {
    for (is_open, keeps) in [(false, true), (true, true), (false, false)] {
        let keeper = Keeper::new(is_open);
        let world = keeper.world();
        let tab = world.tab("https://app.example/");
        let for_client = |number: u32| {
            if is_open {
                *keeper.server.claims.borrow_mut() = json!({"aud": format!("own-{number}")});
            }
        };
        for_client(1);
        kept(&keeper, &world, &tab);
        let (tab, app) = next_day(&world, &keeper);
        let session = open(&world, &app, &connections(&world, &app)[0]).unwrap();
        keeper.key_replies.borrow_mut().push_back(refusal("invalid_grant"));
        world.advance(3_601.0);
        assert_eq!(read(&world, &session).unwrap_err().code(), "invalid_grant");
        assert!(session.is_kept() && connections(&world, &app).is_empty());

        let options = LaunchAgainOptions { keep: keeps.then(Keep::default), ..LaunchAgainOptions::default() };
        let (launching, ended) = (app.clone(), session.clone());
        world.run(async move { launching.launch_again(&ended, options).await }).unwrap().unwrap();
        let scope = value(&parameters(&location(&tab)), "scope").unwrap();
        assert_eq!(scope.contains(REGISTRATION_SCOPE), keeps && !is_open, "{scope}");
        tab.visit(&redirect(&keeper.server, &tab));
        for_client(2);
        keeper.grant_code(&scope);
        let again = resume(&world, &app).unwrap().unwrap();
        read(&world, &again).unwrap();
        assert_eq!((again.is_kept(), again.patient().as_deref()), (keeps, Some("p1")));
        assert_eq!(connections(&world, &app).len(), usize::from(keeps));
    }
}
