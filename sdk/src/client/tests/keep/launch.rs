//! Before the launch: what is asked for, and where it is refused.

use super::*;
use crate::client::tests::server::{BASE, location, parameters, value};
use crate::protocol::client_auth::ClientAuthentication;
use crate::protocol::secret::ClientSecret;

#[test]
fn n1_a_launch_asks_for_the_scope_only_where_the_app_wants_to_keep_the_connection() {
    let (_, world, tab) = stage();
    let app = app_with(&tab, keepable());
    let scope = |options| {
        launch(&world, &app, options).unwrap();
        let scope = value(&parameters(&location(&tab)), "scope").unwrap();
        tab.visit("https://app.example/");
        scope
    };
    assert_eq!(scope(LaunchOptions::default()), SCOPE);
    assert_eq!(scope(keep()), format!("{SCOPE} {REGISTRATION_SCOPE}"));
    let named = LaunchOptions::default().keep(Keep::default().scope("system/Other.register"));
    assert_eq!(scope(named), format!("{SCOPE} system/Other.register"));
    assert!(world.keys_on_device().is_empty());
    assert!(sent_to(&world, "/register").is_empty());
}

#[test]
fn n1_where_it_cannot_be_kept_there_is_an_error_and_no_redirect() {
    let with_secret = ClientAuthentication::ClientSecretPost(ClientSecret::new("s"));
    for (record, problem) in [
        (record(), "softwareId"),
        (keepable().authentication(with_secret), "authenticates itself"),
        (keepable().token_proxy("/token"), "authenticates itself"),
    ] {
        let (_, world, tab) = stage();
        let error = launch(&world, &app_with(&tab, record), keep()).unwrap_err();
        assert_eq!(error.code(), "keep_unsupported");
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(location(&tab), "https://app.example/");
        assert!(world.requests().is_empty());
    }
}

#[test]
fn n1_a_server_without_registration_or_a_fitting_algorithm_is_an_error_before_the_redirect() {
    for (member, members) in [
        ("registration_endpoint", json!({"registration_endpoint": null})),
        ("algorithm", json!({"token_endpoint_auth_signing_alg_values_supported": ["HS256", "PS384"]})),
    ] {
        let (keeper, world, tab) = stage();
        for (name, value) in members.as_object().unwrap() {
            keeper.server.configuration.borrow_mut()[name] = value.clone();
        }
        let error = launch(&world, &app_with(&tab, keepable()), keep()).unwrap_err();
        assert_eq!(error.code(), "keep_unsupported", "{member}");
        assert_eq!(location(&tab), "https://app.example/");
        assert!(tab.stored().keys().all(|key| !key.starts_with("smartrust.launch.")), "{member}");
    }
}

#[test]
fn n1_a_page_that_cannot_store_keys_is_told_before_the_redirect() {
    let (_, world, tab) = stage();
    let app = app_with(&tab, keepable());
    world.set_keys_available(false);
    assert_eq!(launch(&world, &app, keep()).unwrap_err().code(), "keep_unsupported");
    assert!(connections(&world, &app).is_empty());
    world.set_keys_available(true);
    world.set_device_available(false);
    assert_eq!(launch(&world, &app, keep()).unwrap_err().code(), "storage_unavailable");
    assert!(world.requests().is_empty());
}

#[test]
fn n1_a_scope_that_is_none_is_a_wrong_configuration() {
    for scope in ["", "two scopes", "system/Ä.register"] {
        let (_, world, tab) = stage();
        let options = LaunchOptions::default().keep(Keep::default().scope(scope));
        let error = launch(&world, &app_with(&tab, keepable()), options).unwrap_err();
        assert_eq!(error.code(), "invalid_configuration", "{scope}");
    }
}

#[test]
fn n16_an_ehr_launch_is_never_kept() {
    let (_, world, _) = stage();
    let tab = world.tab(&format!("https://app.example/?iss={BASE}&launch=abc"));
    let error = launch(&world, &app_with(&tab, keepable()), keep()).unwrap_err();
    assert_eq!(error.code(), "keep_unsupported");
    assert!(error.to_string().contains("an EHR opened the app"), "{error}");
    assert!(world.requests().is_empty());
}

#[test]
fn n13_the_browser_is_asked_once_to_keep_its_data_and_its_answer_is_told() {
    for answer in [Some(true), Some(false), None] {
        let (keeper, world, tab) = stage();
        world.set_persists(answer);
        let (app, _) = kept(&keeper, &world, &tab);
        assert_eq!(world.persist_calls(), 1);
        assert_eq!(connections(&world, &app)[0].is_persistent, answer);
    }
}

#[test]
fn n13_a_launch_without_keep_asks_nothing() {
    let (_, world, tab) = stage();
    launch(&world, &app_with(&tab, keepable()), LaunchOptions::default()).unwrap();
    assert_eq!(world.persist_calls(), 0);
    assert!(world.stored_on_device().is_empty());
}

#[test]
fn n2_without_the_scope_the_session_is_a_normal_one_and_says_why() {
    let (keeper, world, tab) = stage();
    let app = app_with(&tab, keepable());
    let session = come_back(&keeper, &world, &tab, &app, SCOPE);
    assert!(!session.is_kept());
    let reason = session.not_kept().unwrap();
    assert_eq!(reason.code, "not_granted");
    assert!(reason.message.contains(REGISTRATION_SCOPE), "{}", reason.message);
    assert_eq!(session.scopes().missing(), Vec::<&crate::protocol::scope::Scope>::new());
    read(&world, &session).unwrap();
    assert!(sent_to(&world, "/register").is_empty());
    assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
    // A reload knows it, too.
    let again = app_with(&tab, keepable());
    assert_eq!(resume(&world, &again).unwrap().unwrap().not_kept().unwrap().code, "not_granted");
}

#[test]
fn n2_a_launch_without_keep_gives_no_reason() {
    let (keeper, world, tab) = stage();
    let app = app_with(&tab, keepable());
    launch(&world, &app, LaunchOptions::default()).unwrap();
    tab.visit(&redirect(&keeper.server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    assert!(!session.is_kept() && session.not_kept().is_none());
}
