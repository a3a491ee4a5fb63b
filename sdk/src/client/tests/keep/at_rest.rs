//! What stays on the device, and how a later visit opens it.

use super::*;
use crate::client::tests::server::{BASE, location};

#[test]
fn n10_a_day_later_no_storage_has_a_token_or_health_data() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    read(&world, &session).unwrap();
    world.advance(3700.0);
    read(&world, &session).unwrap();
    let device = dump(&world, &[]);
    for secret in ["access-", "refresh-", "p1", "Patient", "Practitioner", "id_token", "idToken", "accessToken"] {
        assert!(!device.contains(secret), "{secret} in {device}");
    }
    // The names of what is there.
    let stored = world.stored_on_device();
    let (_, entry) = stored.iter().next().unwrap();
    let entry: Value = serde_json::from_str(entry).unwrap();
    let names: Vec<&String> = entry.as_object().unwrap().keys().collect();
    let expected = [
        "client",
        "clientId",
        "endpoints",
        "fhirBase",
        "grantedScope",
        "lastUsed",
        "ready",
        "redirectUri",
        "registrationEndpoint",
        "requestedScope",
        "sealed",
        "server",
    ];
    assert_eq!(names, expected);
    assert_eq!(stored.len(), 1);
}

#[test]
fn n10_a_label_is_stored_only_where_the_app_sets_one() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    assert_eq!(connections(&world, &app)[0].label, None);
    let set = |label: Option<&'static str>| {
        let session = session.clone();
        world.run(async move { session.set_connection_label(label).await }).unwrap().unwrap();
        connections(&world, &app)[0].label.clone()
    };
    assert_eq!(set(Some("Ann B.")).as_deref(), Some("Ann B."));
    // A refresh leaves it.
    world.advance(3700.0);
    read(&world, &session).unwrap();
    assert_eq!(connections(&world, &app)[0].label.as_deref(), Some("Ann B."));
    assert_eq!(set(None), None);
}

#[test]
fn n11_on_a_later_visit_the_connection_opens_by_one_request_and_without_a_redirect() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    let (tab, app) = next_day(&world, &keeper);
    assert!(resume(&world, &app).unwrap().is_none());
    let [connection] = <[Connection; 1]>::try_from(connections(&world, &app)).unwrap();
    assert_eq!((&*connection.fhir_base, &*connection.client_id), (BASE, "own-1"));
    assert_eq!(connection.issuer.as_deref(), Some("https://ehr.example"));
    let sent = world.requests().len();
    let session = open(&world, &app, &connection).unwrap();
    let requests = world.requests().split_off(sent);
    assert_eq!(requests.len(), 1);
    assert!(is_post(&requests[0]) && requests[0].url.path() == "/token");
    assert_eq!(location(&tab), "https://app.example/");
    assert_eq!(session.patient().as_deref(), Some("p1"));
    assert!(session.is_kept() && session.is_active());
    read(&world, &session).unwrap();
    // It is the page's session now: a reload resumes it, and needs no token.
    let sent = world.requests().len();
    let reloaded = resume(&world, &app_with(&tab, keepable())).unwrap().unwrap();
    assert!(reloaded.is_kept());
    read(&world, &reloaded).unwrap();
    assert_eq!(world.requests().len(), sent + 1);
}

#[test]
fn n11_connections_are_of_this_app_and_the_last_used_is_the_first() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    let (tab, app) = next_day(&world, &keeper);
    let old = connections(&world, &app)[0].clone();
    let (_, _) = kept(&keeper, &world, &tab);
    let clients = || connections(&world, &app).into_iter().map(|connection| connection.client_id).collect::<Vec<_>>();
    assert_eq!(clients(), ["own-2", "own-1"]);
    world.advance(60.0);
    open(&world, &app, &old).unwrap();
    assert_eq!(clients(), ["own-1", "own-2"]);
    // Another client, another server, and the same client under another folder of the origin.
    let mut elsewhere = keepable();
    elsewhere.redirect_uri = "https://app.example/other/code".into();
    let mut other_client = keepable();
    other_client.client_id = "another".into();
    for record in [elsewhere, other_client, keepable().name("named")] {
        assert!(connections(&world, &app_with(&tab, record)).is_empty());
    }
}

#[test]
fn n11_a_connection_that_is_open_in_the_page_is_not_opened_again() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    let sent = world.requests().len();
    let same = open(&world, &app, &connections(&world, &app)[0]).unwrap();
    assert_eq!(same.id(), session.id());
    assert_eq!(world.requests().len(), sent);
}

#[test]
fn n11_after_signing_out_the_connection_is_still_there() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    let signing_out = session.clone();
    world.run(async move { signing_out.sign_out().await }).unwrap().unwrap();
    let revoked: Vec<_> = sent_to(&world, "/revoke").iter().map(|request| field(request, "token").unwrap()).collect();
    assert_eq!(revoked, ["own-access-1"]);
    let again = open(&world, &app, &connections(&world, &app)[0]).unwrap();
    read(&world, &again).unwrap();
    assert!(!session.is_active());
}

#[test]
fn n13_a_connection_whose_key_is_gone_is_removed_and_says_so() {
    let (keeper, world, tab) = stage();
    let (app, session) = kept(&keeper, &world, &tab);
    world.evict_keys();
    world.advance(3700.0);
    let error = read(&world, &session).unwrap_err();
    assert_eq!(error.code(), "key_missing");
    assert!(error.to_string().contains("Launch again to connect"), "{error}");
    assert!(!session.is_active() && connections(&world, &app).is_empty());
    assert_eq!(key_requests(&world).len(), 1);
}

#[test]
fn n13_on_a_later_visit_a_missing_key_sends_nothing() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    world.evict_keys();
    let (_, app) = next_day(&world, &keeper);
    let connection = connections(&world, &app)[0].clone();
    let sent = world.requests().len();
    assert_eq!(open(&world, &app, &connection).unwrap_err().code(), "key_missing");
    assert_eq!(world.requests().len(), sent);
    assert!(world.stored_on_device().is_empty());
    assert_eq!(open(&world, &app, &connection).unwrap_err().code(), "key_missing");
}

#[test]
fn n10_damaged_entries_are_no_connections() {
    let (keeper, world, tab) = stage();
    kept(&keeper, &world, &tab);
    let (_, app) = next_day(&world, &keeper);
    let (name, entry) = world.stored_on_device().into_iter().next().unwrap();
    for damaged in ["", "{}", "null", &entry[..entry.len() / 2], &entry.replace("https://ehr.example/token", "nowhere")]
    {
        world.set_stored_on_device(&name, damaged);
        assert_eq!(connections(&world, &app), []);
    }
    // A seal of another key opens nothing.
    let other = entry.replace("\"sealed\":\"", "\"sealed\":\"AAAA");
    world.set_stored_on_device(&name, &other);
    assert_eq!(open(&world, &app, &connections(&world, &app)[0]).unwrap_err().code(), "key_missing");
}

#[test]
fn n10_a_store_of_all_tabs_loses_expired_tokens_of_connections_at_the_next_visit() {
    let (keeper, world, tab) = stage();
    let other = tab.with_same_store();
    kept(&keeper, &world, &tab);
    kept(&keeper, &world, &other);
    assert!(dump(&world, &[&tab]).contains("own-access-2"));
    world.advance(86_400.0);
    let app = app_with(&tab.with_same_store(), keepable());
    assert!(resume(&world, &app).unwrap().is_none());
    world.settle();
    assert!(!dump(&world, &[&tab]).contains("own-access"), "{}", dump(&world, &[&tab]));
    assert_eq!(connections(&world, &app).len(), 2);
}

#[test]
fn n10_a_label_can_be_taken_from_a_connection_that_is_not_open() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept(&keeper, &world, &tab);
    world.run(async move { session.set_connection_label(Some("Ada Sample")).await }).unwrap().unwrap();
    let (_, app) = next_day(&world, &keeper);
    let connection = connections(&world, &app)[0].clone();
    assert_eq!(connection.label.as_deref(), Some("Ada Sample"));
    let set = |connection: Connection, label: Option<&'static str>| {
        let app = app.clone();
        world.run(async move { app.set_label_of(&connection, label).await }).unwrap().map_err(Error::from)
    };
    set(connection.clone(), None).unwrap();
    assert_eq!(connections(&world, &app)[0].label, None);
    assert!(!dump(&world, &[]).contains("Ada"));
    // The connection still opens.
    assert_eq!(open(&world, &app, &connection).unwrap().patient().as_deref(), Some("p1"));
    let (removing, removed) = (app.clone(), connection.clone());
    world.run(async move { removing.disconnect(&removed).await }).unwrap().unwrap();
    assert_eq!(set(connection, Some("Ada")), Err(Error::KeyMissing));
    assert!(connections(&world, &app).is_empty());
}
