//! Removing a connection.

use super::*;
use crate::client::keep::{Deletion, Disconnection};
use crate::client::session::Revocation;

fn disconnect(world: &World, app: &App, connection: &Connection) -> Disconnection {
    let (app, connection) = (app.clone(), connection.clone());
    world.run(async move { app.disconnect(&connection).await }).unwrap().unwrap()
}

/// A kept session at a server that lets its clients delete themselves.
fn manageable() -> (Rc<Keeper>, World, App, Session<MemoryPlatform>) {
    let (keeper, world, tab) = stage();
    *keeper.registered.borrow_mut() = json!({
        "registration_access_token": "manage-own-1", "registration_client_uri": "https://ehr.example/register/own-1",
    });
    let (app, session) = kept(&keeper, &world, &tab);
    (keeper, world, app, session)
}

#[test]
fn n14_the_token_is_revoked_then_the_client_is_deleted_and_nothing_is_left() {
    let (_, world, app, session) = manageable();
    assert!(!dump(&world, &[]).contains("manage-own-1"));
    let connection = connections(&world, &app)[0].clone();
    let outcome = disconnect(&world, &app, &connection);
    assert_eq!((outcome.revocation, outcome.deletion), (Revocation::Revoked, Deletion::Deleted));
    let requests = world.requests();
    let [revocation, deletion] = &requests[requests.len() - 2..] else { panic!() };
    assert_eq!(revocation.url.path(), "/revoke");
    assert_eq!(field(revocation, "token").as_deref(), Some("own-access-1"));
    assert_eq!(field(revocation, "client_id").as_deref(), Some("own-1"));
    assert_eq!((deletion.method, deletion.url.path()), (Method::Delete, "/register/own-1"));
    assert_eq!(deletion.authorization(), Some("Bearer manage-own-1"));
    assert!(!session.is_active());
    assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
}

#[test]
fn n14_a_server_that_fails_or_offers_nothing_leaves_nothing_on_the_device_either() {
    for reply in [Reply::offline(), Reply::text(500, ""), Reply::default().after(120_000)] {
        let (keeper, world, app, _) = manageable();
        *keeper.server.revocation_reply.borrow_mut() = reply.clone();
        *keeper.deletion.borrow_mut() = reply;
        let connection = connections(&world, &app)[0].clone();
        let outcome = disconnect(&world, &app, &connection);
        assert!(matches!(outcome.revocation, Revocation::Failed(_)));
        assert!(matches!(outcome.deletion, Deletion::Failed(_)));
        assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
    }
    let (keeper, world, tab) = stage();
    keeper.server.configuration.borrow_mut()["revocation_endpoint"] = json!(null);
    let (app, _) = kept(&keeper, &world, &tab);
    let connection = connections(&world, &app)[0].clone();
    let outcome = disconnect(&world, &app, &connection);
    assert_eq!((outcome.revocation, outcome.deletion), (Revocation::NotOffered, Deletion::NotOffered));
    assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
    // Once more does no harm.
    let outcome = disconnect(&world, &app, &connection);
    assert_eq!((outcome.revocation, outcome.deletion), (Revocation::AlreadyEnded, Deletion::NotOffered));
}

#[test]
fn n14_a_day_later_the_client_is_deleted_though_there_is_no_token_to_revoke() {
    let (keeper, world, _, _) = manageable();
    let (_, app) = next_day(&world, &keeper);
    let connection = connections(&world, &app)[0].clone();
    // The tabs of yesterday are closed.
    world.set_messages_delivered(false);
    let outcome = disconnect(&world, &app, &connection);
    assert_eq!((outcome.revocation, outcome.deletion), (Revocation::AlreadyEnded, Deletion::Deleted));
    assert!(sent_to(&world, "/revoke").is_empty());
    assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
}

#[test]
fn n14_a_connection_without_its_key_is_removed_too() {
    let (keeper, world, _, _) = manageable();
    world.evict_keys();
    let (_, app) = next_day(&world, &keeper);
    let connection = connections(&world, &app)[0].clone();
    let outcome = disconnect(&world, &app, &connection);
    assert_eq!(outcome.deletion, Deletion::NotOffered);
    assert!(world.stored_on_device().is_empty());
}
