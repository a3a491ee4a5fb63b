//! Copies of one session in several tabs, one of which has a refresh token that was replaced.

use super::server::*;
use crate::client::session::{Revocation, Session};
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

type MemorySession = Session<MemoryPlatform>;

/// A session in two tabs, of which the copy missed one refresh.
struct Copies {
    server: Rc<Server>,
    world: World,
    tab: MemoryPlatform,
    session: MemorySession,
    copied_tab: MemoryPlatform,
    copy: MemorySession,
}

impl Copies {
    fn new() -> Self {
        let (server, world, tab) = stage();
        server.configuration.borrow_mut()["revocation_endpoint"] = json!("https://ehr.example/revoke");
        let session = sign_in(&server, &world, &tab);
        world.settle();
        let copied_tab = tab.duplicate();
        let copy = resume(&world, &app(&copied_tab)).unwrap().unwrap();
        world.set_messages_delivered(false);
        refresh(&world, &session).unwrap();
        world.set_messages_delivered(true);
        Self { server, world, tab, session, copied_tab, copy }
    }

    /// Makes the server refuse refresh tokens that were replaced.
    fn refuse_replaced_tokens(&self) {
        let (server, current) = (self.server.clone(), RefCell::new("refresh-2".to_owned()));
        self.world.respond_with(move |request| match field(request, "refresh_token") {
            Some(token) if token != *current.borrow() => {
                Reply::json(400, &json!({"error": "invalid_grant", "error_description": "Replaced."}))
            }
            Some(_) => {
                *current.borrow_mut() = "refresh-3".to_owned();
                Reply::json(200, &token_response(3))
            }
            None => server.respond(request),
        });
    }

    fn refreshed_with(&self) -> Vec<String> {
        token_requests(&self.world).iter().filter_map(|request| field(request, "refresh_token")).collect()
    }

    fn revoked(&self) -> Vec<String> {
        let requests = self.world.requests();
        let revocations = requests.iter().filter(|request| request.url.path() == "/revoke");
        revocations.filter_map(|request| field(request, "token")).collect()
    }
}

fn refresh(world: &World, session: &MemorySession) -> Result<(), Error> {
    let session = session.clone();
    world.run(async move { session.refresh().await }).unwrap().map_err(Error::from)
}

#[test]
fn r12_a_copy_that_missed_a_refresh_queries_the_other_tabs_before_it_sends_an_old_token() {
    let copies = Copies::new();
    copies.refuse_replaced_tokens();
    refresh(&copies.world, &copies.copy).unwrap();
    assert_eq!(copies.refreshed_with(), ["refresh-1"], "the copy took over what the other tab has");
    assert!(copies.copied_tab.stored().values().any(|text| text.contains("refresh-2")));
    refresh(&copies.world, &copies.session).unwrap();
    assert_eq!(copies.refreshed_with(), ["refresh-1", "refresh-2"]);
    assert!(copies.session.is_active() && copies.copy.is_active());
}

#[test]
fn r12_invalid_grant_for_a_replaced_token_only_ends_the_copy() {
    let copies = Copies::new();
    copies.refuse_replaced_tokens();
    copies.world.set_messages_delivered(false);
    let refused = refresh(&copies.world, &copies.copy).unwrap_err();
    assert_eq!(refused.code(), "invalid_grant");
    copies.world.set_messages_delivered(true);
    copies.world.settle();
    assert!(!copies.copy.is_active() && copies.session.is_active());
    assert!(copies.copied_tab.stored().values().all(|text| !text.contains("refresh-")));
    assert!(copies.tab.stored().values().any(|text| text.contains("refresh-2")));
    refresh(&copies.world, &copies.session).unwrap();
}

#[test]
fn r12_a_tab_with_a_newer_token_ignores_that_an_old_one_was_refused() {
    let copies = Copies::new();
    copies.refuse_replaced_tokens();
    let platform = copies.copied_tab.clone();
    let topic = format!("smartrust.session.{}", copies.copy.id());
    for refused in ["refresh-1", "another"] {
        crate::platform::Channel::publish(&platform, &topic, &json!({"refused": refused}).to_string());
        copies.world.settle();
        assert!(copies.session.is_active(), "{refused}");
    }
}

#[test]
fn r12_r5_a_refused_token_ends_the_session_in_every_tab_with_it() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let copied_tab = tab.duplicate();
    let copy = resume(&world, &app(&copied_tab)).unwrap().unwrap();
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})));
    assert_eq!(refresh(&world, &session).unwrap_err().code(), "invalid_grant");
    world.settle();
    assert!(!session.is_active() && !copy.is_active());
    assert_eq!(refresh(&world, &copy).unwrap_err().code(), "invalid_grant");
    assert_eq!(token_requests(&world).len(), 2, "the other tab does not send it once more");
    assert!(copied_tab.stored().is_empty());
}

#[test]
fn r12_in_a_shared_store_the_token_that_replaced_the_refused_one_is_used() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let other = resume(&world, &app(&tab.with_same_store())).unwrap().unwrap();
    // The other page's request is pending, without a common lock, when this one refreshes.
    server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})).after(1_000));
    world.set_messages_delivered(false);
    let key = format!("smartrust.session.{}", session.id());
    let renewed = tab.stored()[&key].replace("refresh-1", "refresh-9").replace("\"renewals\":0", "\"renewals\":1");
    let refreshing = {
        let (other, tab) = (other.clone(), tab.clone());
        async move {
            let later = async {
                crate::platform::Timer::sleep(&tab, 500).await;
                tab.set_stored(&key, &renewed);
            };
            futures_util::future::join(other.refresh(), later).await.0
        }
    };
    world.run(refreshing).unwrap().unwrap();
    assert!(other.is_active());
    assert!(tab.stored().values().any(|text| text.contains("refresh-9")));
}

#[test]
fn r12_s2_signing_out_of_a_copy_revokes_the_newer_tokens_of_the_other_tab_too() {
    let copies = Copies::new();
    let copy = copies.copy.clone();
    assert_eq!(copies.world.run(async move { copy.sign_out().await }).unwrap(), Ok(Revocation::Revoked));
    copies.world.settle();
    assert!(!copies.session.is_active());
    assert!(copies.tab.stored().is_empty() && copies.copied_tab.stored().is_empty());
    assert!(copies.revoked().contains(&"refresh-2".to_owned()), "{:?}", copies.revoked());
}

#[test]
fn r14_the_access_token_is_revoked_also_if_the_refresh_token_is_refused() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["revocation_endpoint"] = json!("https://ehr.example/revoke");
    let session = sign_in(&server, &world, &tab);
    let answers = server.clone();
    world.respond_with(move |request| match field(request, "token_type_hint").as_deref() {
        Some("refresh_token") => Reply::text(500, ""),
        _ => answers.respond(request),
    });
    let leaving = session.clone();
    let revocation = world.run(async move { leaving.sign_out().await }).unwrap().unwrap();
    assert!(matches!(revocation, Revocation::Failed(_)), "{revocation:?}");
    let requests = world.requests();
    let given: Vec<_> = requests.iter().filter_map(|request| field(request, "token")).collect();
    assert_eq!(given, ["refresh-1", "access-1"]);
}
