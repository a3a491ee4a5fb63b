//! User info, compared with the ID token.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::session::Session;
use crate::error::Failure;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use crate::protocol::user_info::UserInfo;
use serde_json::{Value, json};
use std::rc::Rc;

type Outcome = Result<UserInfo<Value>, Failure>;

const OPENID: &str = "/fhir/.well-known/openid-configuration";

/// A session whose server then responds at two more URLs.
fn signed_in(endpoint: &Value, openid: Value, about: Value) -> (Rc<Server>, World, Session<MemoryPlatform>) {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["userinfo_endpoint"] = endpoint.clone();
    let session = sign_in(&server, &world, &tab);
    world.settle();
    world.respond_with(move |request| match request.url.path() {
        OPENID => Reply::json(200, &openid),
        "/userinfo" => Reply::json(200, &about),
        _ => Reply::text(404, "nothing here"),
    });
    (server, world, session)
}

fn user_info(world: &World, session: &Session<MemoryPlatform>) -> Outcome {
    let session = session.clone();
    world.run(async move { session.user_info(&AbortSignal::never()).await }).unwrap()
}

fn user_info_requests(world: &World) -> Vec<Request> {
    world.requests().into_iter().filter(|request| request.url.path() == "/userinfo").collect()
}

#[test]
fn i11_f1_user_info_is_requested_with_the_token_at_the_endpoint_of_the_launch() {
    let endpoint = json!("https://login.example/userinfo");
    let about = json!({"sub": "u1", "name": "Ada"});
    let (_, world, session) = signed_in(&endpoint, json!({}), about.clone());
    assert_eq!(user_info(&world, &session).unwrap().members, about);
    let requests = user_info_requests(&world);
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (requests[0].url.as_str(), requests[0].authorization()),
        (endpoint.as_str().unwrap(), Some("Bearer access-1"))
    );
    // The token is still not sent to other URLs of that origin.
    let elsewhere = session.clone();
    let read = async move { elsewhere.read("https://login.example/userinfo/Patient/1", &AbortSignal::never()).await };
    assert_eq!(world.run(read).unwrap().unwrap_err().code(), "foreign_url");
}

#[test]
fn i11_a_token_that_expired_early_is_refreshed_once() {
    for (good, expected) in [("Bearer access-2", Ok("u1".to_owned())), ("none", Err("invalid_user_info"))] {
        let (_, world, session) = signed_in(&json!("https://ehr.example/userinfo"), json!({}), json!({}));
        world.respond_with(move |request| match request.url.path() {
            "/token" => Reply::json(200, &token_response(2)),
            "/userinfo" if request.authorization() == Some(good) => Reply::json(200, &json!({"sub": "u1"})),
            "/userinfo" => Reply::text(401, "expired"),
            path => panic!("{path} is not requested"),
        });
        let before = token_requests(&world).len();
        let found = user_info(&world, &session);
        assert_eq!(found.map(|info| info.subject).map_err(|error| error.code()), expected);
        assert_eq!((token_requests(&world).len() - before, user_info_requests(&world).len()), (1, 2));
        assert!(session.is_active());
    }
}

#[test]
fn i11_c12_a_token_that_expired_early_is_replaced_also_if_the_store_is_full() {
    let (_, world, session) = signed_in(&json!("https://ehr.example/userinfo"), json!({}), json!({}));
    world.respond_with(|request| match request.url.path() {
        "/token" => Reply::json(200, &token_response(2)),
        _ if request.authorization() == Some("Bearer access-2") => Reply::json(200, &json!({"sub": "u1"})),
        _ => Reply::text(401, "expired"),
    });
    session.inner.platform.set_store_full(true);
    assert_eq!(user_info(&world, &session).unwrap().subject, "u1");
}

#[test]
fn i11_a_response_about_another_user_is_refused() {
    let endpoint = json!("https://ehr.example/userinfo");
    let (_, world, session) = signed_in(&endpoint, json!({}), json!({"sub": "u2", "name": "Mallory"}));
    let error = user_info(&world, &session).unwrap_err();
    assert_eq!((error.code(), error.section()), ("invalid_user_info", Some("OpenID Connect Core section 5.3")));
    assert!(!error.message().contains("Mallory") && !error.message().contains("u2"), "{error}");
    assert!(session.is_active());
}

#[test]
fn i11_the_openid_configuration_names_the_endpoint_if_it_is_of_the_same_server() {
    let openid = |token: &str| json!({"token_endpoint": token, "userinfo_endpoint": "https://login.example/userinfo"});
    let about = || json!({"sub": "u1"});
    let (_, world, session) = signed_in(&Value::Null, openid("https://ehr.example/other"), about());
    assert_eq!(user_info(&world, &session).unwrap().subject, "u1");
    let (_, world, session) = signed_in(&Value::Null, openid("https://evil.example/token"), about());
    assert_eq!(user_info(&world, &session).unwrap_err().code(), "not_offered");
    assert!(user_info_requests(&world).is_empty());
}

#[test]
fn i11_without_an_id_token_or_an_endpoint_nothing_is_sent() {
    let (_, world, session) = signed_in(&Value::Null, json!({}), json!({"sub": "u1"}));
    assert_eq!(user_info(&world, &session).unwrap_err().code(), "not_offered");
    assert!(user_info_requests(&world).is_empty());

    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["userinfo_endpoint"] = json!("https://ehr.example/userinfo");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(1)));
    let session = sign_in(&server, &world, &tab);
    let before = world.requests().len();
    assert_eq!(user_info(&world, &session).unwrap_err().code(), "not_offered");
    assert_eq!(world.requests().len(), before);
}
