//! Several tabs with one connection.

use super::*;

#[test]
fn n6_two_tabs_that_open_a_connection_send_one_request() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    let (_, first) = next_day(&world, &keeper);
    let second = app_with(&world.tab("https://app.example/"), keepable());
    let connection = connections(&world, &first)[0].clone();
    let sent = key_requests(&world).len();
    let opening = |app: &App| {
        let (app, connection) = (app.clone(), connection.clone());
        async move { app.open_connection(&connection).await }
    };
    let both = futures_util::future::join(opening(&first), opening(&second));
    let (one, two) = world.run(both).unwrap();
    read(&world, &one.unwrap()).unwrap();
    read(&world, &two.unwrap()).unwrap();
    assert_eq!(key_requests(&world).len(), sent + 1);
}

#[test]
fn n6_a_tab_that_opens_later_adopts_the_token_of_the_other() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    let other = app_with(&world.tab("https://app.example/"), keepable());
    let opened = open(&world, &other, &connections(&world, &app)[0]).unwrap();
    read(&world, &opened).unwrap();
    assert_eq!(key_requests(&world).len(), 1);
    assert_eq!(opened.id(), session.id());
}

#[test]
fn n14_a_connection_that_is_removed_ends_in_every_tab() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    let connection = connections(&world, &app)[0].clone();
    let other = app_with(&world.tab("https://app.example/"), keepable());
    let elsewhere = open(&world, &other, &connection).unwrap();
    let removing = app.clone();
    world.run(async move { removing.disconnect(&connection).await }).unwrap().unwrap();
    world.settle();
    assert!(!session.is_active() && !elsewhere.is_active());
    assert!(connections(&world, &other).is_empty());
}

#[test]
fn n14_a_tab_that_only_has_the_connection_ends_the_sessions_of_others() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    let other = app_with(&world.tab("https://app.example/"), keepable());
    let connection = connections(&world, &other)[0].clone();
    world.run(async move { other.disconnect(&connection).await }).unwrap().unwrap();
    world.settle();
    assert!(!session.is_active());
    // Its token is revoked there, because this tab does not have it.
    let revoked: Vec<_> = sent_to(&world, "/revoke").iter().map(|request| field(request, "token").unwrap()).collect();
    assert_eq!(revoked, ["own-access-1"]);
}

#[test]
fn n14_a_tab_that_missed_the_removal_finds_its_connection_gone() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    let other = app_with(&world.tab("https://app.example/"), keepable());
    let connection = connections(&world, &other)[0].clone();
    world.set_messages_delivered(false);
    world.run(async move { other.disconnect(&connection).await }).unwrap().unwrap();
    world.advance(3700.0);
    assert_eq!(read(&world, &session).unwrap_err().code(), "key_missing");
    assert!(world.stored_on_device().is_empty() && !session.is_active());
}
