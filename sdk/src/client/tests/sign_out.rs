//! Introspection, and revocation of tokens at sign-out.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::session::{IntrospectAs, Revocation, Session};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::Request;
use serde_json::json;

/// A session at a server whose configuration has some additional members.
fn signed_in(members: &serde_json::Value) -> (std::rc::Rc<Server>, World, MemoryPlatform, Session<MemoryPlatform>) {
    let (server, world, tab) = stage();
    for (name, value) in members.as_object().unwrap() {
        server.configuration.borrow_mut()[name] = value.clone();
    }
    let session = sign_in(&server, &world, &tab);
    (server, world, tab, session)
}

fn sent_to(world: &World, path: &str) -> Vec<Request> {
    world.requests().into_iter().filter(|request| request.url.path() == path).collect()
}

fn sign_out(world: &World, session: &Session<MemoryPlatform>) -> Revocation {
    let session = session.clone();
    world.run(async move { session.sign_out().await }).unwrap().unwrap()
}

#[test]
fn g4_signing_out_revokes_the_refresh_token_and_then_the_access_token() {
    let (_, world, tab, session) = signed_in(&json!({"revocation_endpoint": "https://ehr.example/revoke"}));
    assert_eq!(sign_out(&world, &session), Revocation::Revoked);
    let given: Vec<_> = sent_to(&world, "/revoke")
        .iter()
        .map(|request| (field(request, "token").unwrap(), field(request, "client_id").unwrap()))
        .collect();
    assert_eq!(given, [("refresh-1".into(), "app".into()), ("access-1".into(), "app".into())]);
    assert!(tab.stored().is_empty());
    assert_eq!(sign_out(&world, &session), Revocation::AlreadyEnded);
    assert_eq!(sent_to(&world, "/revoke").len(), 2);
}

#[test]
fn s2_a_revocation_that_fails_leaves_no_token_behind_either() {
    for reply in [Reply::offline(), Reply::text(503, ""), Reply::text(200, "<html>"), Reply::default().after(60_000)] {
        let (server, world, tab, session) = signed_in(&json!({"revocation_endpoint": "https://ehr.example/revoke"}));
        *server.revocation_reply.borrow_mut() = reply;
        assert!(matches!(sign_out(&world, &session), Revocation::Failed(_)));
        assert!(!session.is_active() && tab.stored().is_empty());
    }
}

#[test]
fn g4_an_administration_page_is_reported_and_gets_no_post() {
    let page = "https://ehr.example/webchart.cgi?f=admin&s=jwt&opp=revoke";
    let (_, world, _, session) = signed_in(&json!({"revocation_endpoint": page}));
    assert_eq!(sign_out(&world, &session), Revocation::Page(page.into()));
    assert!(sent_to(&world, "/webchart.cgi").is_empty());
}

#[test]
fn g4_a_server_without_revocation_gets_no_request() {
    let (_, world, tab, session) = signed_in(&json!({}));
    let sent = world.requests().len();
    assert_eq!(sign_out(&world, &session), Revocation::NotOffered);
    assert_eq!((world.requests().len(), tab.stored().len()), (sent, 0));
}

#[test]
fn g4_introspection_is_authorized_by_the_token_or_the_client() {
    let (server, world, _, session) = signed_in(&json!({"introspection_endpoint": "https://ehr.example/introspect"}));
    let ask = |asked_as| {
        let session = session.clone();
        world.run(async move { session.introspect(asked_as, &AbortSignal::never()).await }).unwrap().unwrap()
    };
    assert!(ask(IntrospectAs::Token).active);
    server.dead_tokens.borrow_mut().push("access-1".into());
    let response = ask(IntrospectAs::Client);
    assert_eq!((response.active, &response.members["sub"]), (false, &json!("u1")));
    let sent = sent_to(&world, "/introspect");
    assert_eq!(sent[0].authorization(), Some("Bearer access-1"));
    assert_eq!((sent[1].authorization(), field(&sent[1], "client_id").as_deref()), (None, Some("app")));
}

#[test]
fn g4_a_server_without_introspection_is_a_typed_error() {
    let (_, world, _, session) = signed_in(&json!({}));
    let ask = async move { session.introspect(IntrospectAs::Token, &AbortSignal::never()).await };
    assert_eq!(world.run(ask).unwrap().unwrap_err().code(), "not_offered");
}

#[test]
fn g5_the_page_for_managing_access_is_offered_also_after_a_reload_and_never_fetched() {
    let page = "https://ehr.example/webchart.cgi?f=admin&s=jwt";
    let (_, world, tab, session) = signed_in(&json!({"management_endpoint": page}));
    let offered = |session: &Session<MemoryPlatform>| session.management_endpoint().map(|url| url.to_string());
    assert_eq!(offered(&session).as_deref(), Some(page));
    let refreshed = session.clone();
    world.run(async move { refreshed.refresh().await }).unwrap().unwrap();
    let reloaded = resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(offered(&reloaded).as_deref(), Some(page));
    sign_out(&world, &reloaded);
    assert!(sent_to(&world, "/webchart.cgi").is_empty());
}

#[test]
fn g5_a_server_without_such_a_page_offers_none() {
    let (_, _, _, session) = signed_in(&json!({}));
    assert_eq!(session.management_endpoint(), None);
}

#[test]
fn r14_s2_tokens_of_a_refresh_after_the_end_are_revoked_too() {
    let (server, world, tab, session) = signed_in(&json!({"revocation_endpoint": "https://ehr.example/revoke"}));
    server.token_replies.borrow_mut().push_back(Reply::json(200, &token_response(2)).after(1_000));
    let (refreshing, leaving, platform) = (session.clone(), session, tab.clone());
    let leave = async move {
        crate::platform::Timer::sleep(&platform, 500).await;
        leaving.sign_out().await
    };
    let both = async move { futures_util::future::join(refreshing.refresh(), leave).await };
    let (refreshed, left) = world.run(both).unwrap();
    assert_eq!((refreshed.unwrap_err().code(), left), ("signed_out", Ok(Revocation::Revoked)));
    let given: Vec<_> = sent_to(&world, "/revoke").iter().filter_map(|request| field(request, "token")).collect();
    assert_eq!(given, ["refresh-1", "access-1", "refresh-2", "access-2"]);
    assert!(tab.stored().is_empty());
}

#[test]
fn f1_the_introspection_endpoint_only_gets_the_token_of_an_introspection() {
    let (_, world, _, session) = signed_in(&json!({"introspection_endpoint": "https://ehr.example/introspect"}));
    let reading = session.clone();
    let read = async move { reading.read("https://ehr.example/introspect/Patient/1", &AbortSignal::never()).await };
    assert_eq!(world.run(read).unwrap().unwrap_err().code(), "foreign_url");
    let ask = async move { session.introspect(IntrospectAs::Token, &AbortSignal::never()).await };
    assert!(world.run(ask).unwrap().unwrap().active);
}
