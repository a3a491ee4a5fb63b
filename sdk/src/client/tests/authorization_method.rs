//! Authorization requests by GET and by POST, and the app's own parameters.

use super::server::*;
use crate::client::launch::{AuthorizationMethod, LaunchOptions};
use crate::error::Error;
use crate::memory::{MemoryPlatform, World};
use serde_json::{Value, json};
use std::rc::Rc;

const EHR_LINK: &str = "https://app.example/launch?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=1";

/// A server with these capabilities.
fn stage_with(capabilities: Value) -> (Rc<Server>, World, MemoryPlatform) {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["capabilities"] = capabilities;
    (server, world, tab)
}

/// Scopes for a URL of more than 8 kB.
fn long_scope() -> String {
    (0..300).map(|number| format!("patient/Observation.rs?category={number:03}")).collect::<Vec<_>>().join(" ")
}

fn launch_by(world: &World, tab: &MemoryPlatform, options: LaunchOptions) -> Result<(), Error> {
    let app = app(tab);
    world.run(async move { app.launch(options).await }).unwrap().map_err(Error::from)
}

fn long(method: AuthorizationMethod) -> LaunchOptions {
    LaunchOptions { scope: Some(long_scope()), method, ..LaunchOptions::default() }
}

fn with_extra(extra: &[(&str, &str)]) -> LaunchOptions {
    let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    LaunchOptions { extra, ..LaunchOptions::default() }
}

#[test]
fn a6_on_demand_the_request_is_a_form_and_its_launch_completes() {
    let (server, world, tab) = stage_with(json!([]));
    server.configuration.borrow_mut()["authorization_endpoint"] = json!("https://ehr.example/authorize?tenant=7");
    let options = LaunchOptions { method: AuthorizationMethod::Post, ..with_extra(&[("login_hint", "a&b")]) };
    launch_by(&world, &tab, options).unwrap();
    assert_eq!(location(&tab), "https://ehr.example/authorize?tenant=7");
    let form = tab.posted_form().unwrap();
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPE),
        ("aud", BASE),
        ("code_challenge_method", "S256"),
        ("login_hint", "a&b"),
    ] {
        assert_eq!(value(&form, name).as_deref(), Some(expected));
    }
    *server.nonce.borrow_mut() = value(&form, "nonce");
    tab.visit(&format!("{REDIRECT}?code=c&state={}", value(&form, "state").unwrap()));
    assert!(resume(&world, &app(&tab)).unwrap().is_some());
}

#[test]
fn a6_a_long_request_is_a_post_if_the_server_supports_it() {
    let (_, world, tab) = stage_with(json!(["authorize-post"]));
    launch_by(&world, &tab, long(AuthorizationMethod::Automatic)).unwrap();
    assert_eq!(location(&tab), "https://ehr.example/authorize");
    assert_eq!(value(&tab.posted_form().unwrap(), "scope"), Some(long_scope()));
}

#[test]
fn a6_a_short_request_is_a_get_even_if_the_server_supports_post() {
    let (_, world, tab) = stage_with(json!(["authorize-post"]));
    launch_by(&world, &tab, LaunchOptions::default()).unwrap();
    assert_eq!(tab.posted_form(), None);
    assert!(location(&tab).starts_with("https://ehr.example/authorize?response_type=code&"));
}

#[test]
fn a6_an_ehr_launch_is_posted_on_demand_only() {
    let (_, world, tab) = stage_with(json!(["authorize-post"]));
    tab.visit(EHR_LINK);
    assert_eq!(launch_by(&world, &tab, long(AuthorizationMethod::Automatic)), Err(Error::AuthorizationTooLong));
    assert_eq!(
        (location(&tab).as_str(), tab.posted_form(), tab.stored().keys().any(|key| key.contains(".launch."))),
        (EHR_LINK, None, false)
    );
    launch_by(&world, &tab, long(AuthorizationMethod::Get)).unwrap();
    assert_eq!(tab.posted_form(), None);
    tab.visit(EHR_LINK);
    launch_by(&world, &tab, long(AuthorizationMethod::Post)).unwrap();
    assert_eq!(value(&tab.posted_form().unwrap(), "launch").as_deref(), Some("1"));
}

#[test]
fn a6_a_long_request_to_a_server_without_post_requires_the_apps_consent() {
    let (_, world, tab) = stage_with(json!([]));
    let error = launch_by(&world, &tab, long(AuthorizationMethod::Automatic)).unwrap_err();
    assert_eq!((error.code(), error.section()), ("authorization_too_long", Some("RFC 9110 section 4.1")));
    assert_eq!(location(&tab), "https://app.example/");
    launch_by(&world, &tab, long(AuthorizationMethod::Get)).unwrap();
    assert!(location(&tab).len() > 8000);
}

#[test]
fn a6_an_authorization_url_is_never_a_post() {
    let (_, world, tab) = stage_with(json!(["authorize-post"]));
    let address = |options: LaunchOptions| {
        let app = app(&tab);
        world.run(async move { app.authorization_url(options).await }).unwrap().map_err(|error| error.code())
    };
    assert_eq!(address(long(AuthorizationMethod::Automatic)), Err("authorization_too_long"));
    assert_eq!(address(long(AuthorizationMethod::Post)), Err("invalid_configuration"));
    assert!(address(long(AuthorizationMethod::Get)).unwrap().as_str().len() > 8000);
}

#[test]
fn a6_the_apps_own_parameters_are_sent_and_reserved_ones_refused() {
    let (_, world, tab) = stage();
    launch_by(&world, &tab, with_extra(&[("prompt", "login consent"), ("ui_locales", "de")])).unwrap();
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "prompt").as_deref(), Some("login consent"));
    assert_eq!(value(&request, "ui_locales").as_deref(), Some("de"));
    tab.visit("https://app.example/");
    for method in [AuthorizationMethod::Get, AuthorizationMethod::Post] {
        let options = LaunchOptions { method, ..with_extra(&[("redirect_uri", "https://evil.example")]) };
        assert_eq!(launch_by(&world, &tab, options).unwrap_err().code(), "reserved_parameter");
    }
    assert_eq!(location(&tab), "https://app.example/");
}

#[test]
fn a6_max_age_is_refused_if_the_server_does_not_support_it() {
    let (server, world, tab) = stage();
    let max_age = || with_extra(&[("max_age", "300")]);
    assert_eq!(launch_by(&world, &tab, max_age()), Err(Error::MaxAgeUnsupported));
    server.configuration.borrow_mut()["claims_supported"] = json!(["sub", "auth_time"]);
    world.advance(301.0);
    for wrong in ["", "-1", "+5", "5m", "99999999999"] {
        let error = launch_by(&world, &tab, with_extra(&[("max_age", wrong)])).unwrap_err();
        assert_eq!(error.code(), "invalid_configuration", "{wrong}");
    }
    let twice = with_extra(&[("max_age", "1"), ("max_age", "99999")]);
    assert_eq!(launch_by(&world, &tab, twice).unwrap_err().code(), "invalid_configuration");
    let no_identity = LaunchOptions { scope: Some("patient/*.rs".into()), ..max_age() };
    assert_eq!(launch_by(&world, &tab, no_identity), Err(Error::MaxAgeUnsupported));
    assert_eq!(location(&tab), "https://app.example/");
    launch_by(&world, &tab, max_age()).unwrap();
    assert_eq!(value(&parameters(&location(&tab)), "max_age").as_deref(), Some("300"));
}

#[test]
fn a6_max_age_is_checked_in_the_id_token() {
    for (auth_time, is_taken) in [(json!(NOW - 300.0), true), (json!(NOW - 400.0), false), (Value::Null, false)] {
        let (server, world, tab) = stage();
        server.configuration.borrow_mut()["claims_supported"] = json!(["auth_time"]);
        *server.claims.borrow_mut() = json!({"auth_time": auth_time});
        launch_by(&world, &tab, with_extra(&[("max_age", "300")])).unwrap();
        tab.visit(&redirect(&server, &tab));
        let outcome = resume(&world, &app(&tab));
        match is_taken {
            true => assert!(outcome.unwrap().is_some()),
            false => {
                let error = outcome.err().unwrap();
                assert!(matches!(&error, Error::IdToken(failed) if failed.check == "auth_time"), "{error:?}");
                assert!(tab.stored().values().all(|text| !text.contains("access-1")));
            }
        }
    }
}

#[test]
fn a6_max_age_without_an_id_token_opens_no_session() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["claims_supported"] = json!(["auth_time"]);
    server.token_replies.borrow_mut().push_back(crate::memory::Reply::json(200, &token_response(1)));
    launch_by(&world, &tab, with_extra(&[("max_age", "300")])).unwrap();
    tab.visit(&redirect(&server, &tab));
    let error = resume(&world, &app(&tab)).err().unwrap();
    assert!(matches!(&error, Error::IdToken(failed) if failed.check == "auth_time"), "{error:?}");
}
