//! Which session a page resumes if several pages share a store.

use super::server::*;
use crate::client::server::ServerRecord;
use crate::client::session::Session;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use serde_json::json;

const LINK: &str = "https://app.example/launch?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=xyz";

/// A session about a patient, launched in a tab or frame by an EHR's link.
fn open_chart(server: &Server, world: &World, page: &MemoryPlatform, patient: &str) -> Session<MemoryPlatform> {
    page.visit(LINK);
    sign_in_as(server, world, page, patient)
}

fn sign_in_as(server: &Server, world: &World, page: &MemoryPlatform, patient: &str) -> Session<MemoryPlatform> {
    let mut tokens = token_response(1);
    tokens["patient"] = json!(patient);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
    sign_in(server, world, page)
}

/// The patient of a page's session after a reload.
fn reloaded(world: &World, page: &MemoryPlatform) -> Option<String> {
    resume(world, &app(page)).unwrap().and_then(|session| session.patient())
}

/// The redirect that ends the launch at which the page is.
fn denial(page: &MemoryPlatform) -> String {
    let state = value(&parameters(&location(page)), "state").unwrap();
    format!("{REDIRECT}?error=access_denied&state={state}")
}

#[test]
fn s9_each_frame_of_a_tab_resumes_its_own_patient() {
    let (server, world, chart) = stage();
    let first = chart.frame("https://app.example/");
    let second = chart.frame("https://app.example/");
    open_chart(&server, &world, &first, "p1");
    open_chart(&server, &world, &second, "p2");
    assert_eq!(reloaded(&world, &first).as_deref(), Some("p1"));
    assert_eq!(reloaded(&world, &second).as_deref(), Some("p2"));
}

#[test]
fn s9_each_tab_of_a_shared_store_resumes_its_own_patient() {
    let (server, world, first) = stage();
    let second = first.with_same_store();
    sign_in_as(&server, &world, &first, "p1");
    sign_in_as(&server, &world, &second, "p2");
    assert_eq!(reloaded(&world, &first).as_deref(), Some("p1"));
    assert_eq!(reloaded(&world, &second).as_deref(), Some("p2"));
    let third = first.with_same_store();
    assert_eq!(reloaded(&world, &third), None, "which of the two a new tab shows is not known");
}

#[test]
fn s9_every_new_tab_but_no_frame_resumes_the_only_session_of_a_shared_store() {
    let (server, world, tab) = stage();
    let (new_tab, frame) = (tab.with_same_store(), tab.frame("https://app.example/"));
    sign_in_as(&server, &world, &tab, "p1");
    assert_eq!(reloaded(&world, &new_tab).as_deref(), Some("p1"));
    assert_eq!(reloaded(&world, &frame), None);
}

#[test]
fn s9_a_frame_or_tab_that_never_showed_a_session_shows_none() {
    let (server, world, chart) = stage();
    let frame = chart.frame("https://app.example/");
    open_chart(&server, &world, &frame, "p1");
    assert_eq!(reloaded(&world, &chart.frame("https://app.example/")), None);
    assert_eq!(reloaded(&world, &chart), None, "the tab that frames the app");
}

#[test]
fn s9_two_apps_of_one_origin_neither_read_nor_overwrite_each_others_session() {
    let (server, world, tab) = stage();
    let at = |folder: &str| ServerRecord::new(BASE, "app", format!("https://app.example/{folder}/code"), SCOPE);
    let sign_in_at = |folder: &str, patient: &str| {
        let app = app_with(&tab, at(folder));
        launch(&world, &app).unwrap();
        let mut tokens = token_response(1);
        tokens["patient"] = json!(patient);
        server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
        tab.visit(&redirect(&server, &tab).replace("/code", &format!("/{folder}/code")));
        resume(&world, &app).unwrap().unwrap();
    };
    sign_in_at("one", "p1");
    sign_in_at("two", "p2");
    for (folder, patient) in [("one", "p1"), ("two", "p2")] {
        tab.visit(&format!("https://app.example/{folder}/"));
        let app = app_with(&tab, at(folder));
        let back = resume(&world, &app).unwrap().unwrap();
        assert_eq!(back.patient().as_deref(), Some(patient));
        let listed = world.run(async move { app.sessions().await }).unwrap().unwrap();
        assert_eq!(listed.iter().filter_map(Session::patient).collect::<Vec<_>>(), [patient]);
    }
    tab.visit("https://app.example/three/");
    assert!(resume(&world, &app_with(&tab, at("three"))).unwrap().is_none());
}

#[test]
fn s9_after_a_failed_ehr_launch_no_other_patient_is_shown() {
    let (server, world, tab) = stage();
    let frame = tab.frame("https://app.example/");
    for page in [&frame, &tab] {
        open_chart(&server, &world, page, "p1");
        page.visit(LINK);
        launch(&world, &app(page)).unwrap();
        page.visit(&denial(page));
        assert_eq!(resume(&world, &app(page)).err().map(|error| error.code()), Some("access_denied"));
        assert_eq!(reloaded(&world, page), None);
        page.visit("https://app.example/");
        assert_eq!(reloaded(&world, page), None, "also on the next page");
    }
}

#[test]
fn s9_after_a_cancelled_launch_the_page_has_its_session() {
    let (server, world, tab) = stage();
    sign_in_as(&server, &world, &tab, "p1");
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&denial(&tab));
    assert!(resume(&world, &app(&tab)).is_err());
    assert_eq!(reloaded(&world, &tab).as_deref(), Some("p1"));
}

#[test]
fn s9_going_back_in_the_history_resumes_what_was_shown_there() {
    let (server, world, tab) = stage();
    sign_in_as(&server, &world, &tab, "p1");
    let first = location(&tab);
    sign_in_as(&server, &world, &tab, "p2");
    tab.visit("https://app.example/record");
    assert_eq!(reloaded(&world, &tab).as_deref(), Some("p2"), "a further page of the app");
    while location(&tab) != first || reloaded(&world, &tab).as_deref() == Some("p2") {
        tab.go_back();
    }
    assert_eq!(reloaded(&world, &tab).as_deref(), Some("p1"));
}

#[test]
fn s9_signing_out_leaves_the_page_without_a_session_though_others_are_stored() {
    let (server, world, first) = stage();
    let second = first.with_same_store();
    sign_in_as(&server, &world, &first, "p1");
    let session = sign_in_as(&server, &world, &second, "p2");
    world.run(async move { session.sign_out().await }).unwrap().unwrap();
    assert_eq!(reloaded(&world, &second), None);
    assert_eq!(reloaded(&world, &first).as_deref(), Some("p1"));
}

/// The result of resume() on a page at the app's redirect URI.
fn opened_at(world: &World, page: &MemoryPlatform, query: &str) -> Result<Option<String>, Error> {
    page.visit(&format!("{REDIRECT}?{query}"));
    resume(world, &app(page)).map(|session| session.map(|session| session.id().to_owned()))
}

#[test]
fn c13_a_sessions_id_in_a_url_does_not_switch_to_it() {
    let (server, world, tab) = stage();
    let first = sign_in_as(&server, &world, &tab, "p1");
    let second = sign_in_as(&server, &world, &tab, "p2");
    let other_tab = tab.with_same_store();
    let id = first.id();
    let sent = token_requests(&world).len();
    for (query, error) in [
        (format!("error=access_denied&state={id}"), "callback_replayed"),
        (format!("code=x&state={id}"), "callback_replayed"),
        (format!("code=x&iss=https%3A%2F%2Fehr.example&state={id}"), "callback_replayed"),
        (format!("code=x&iss=https%3A%2F%2Fevil.example&state={id}"), "invalid_callback"),
    ] {
        for page in [&tab, &other_tab] {
            let opened = opened_at(&world, page, &query);
            assert_eq!(opened.err().map(|error| error.code()), Some(error), "{query}");
        }
        assert_eq!(resume(&world, &app(&tab)).unwrap().unwrap().id(), second.id(), "{query}");
        assert!(resume(&world, &app(&other_tab)).unwrap().is_none(), "{query}");
    }
    assert!(first.is_active() && second.is_active());
    assert_eq!(token_requests(&world).len(), sent);
}

#[test]
fn c13_a_forged_redirect_of_the_sessions_own_page_is_refused_and_changes_nothing() {
    let (server, world, tab) = stage();
    let session = sign_in_as(&server, &world, &tab, "p1");
    let id = session.id();
    for (query, error) in [
        (format!("error=access_denied&state={id}"), "callback_replayed"),
        (format!("code=x&iss=https%3A%2F%2Fevil.example&state={id}"), "invalid_callback"),
    ] {
        assert_eq!(opened_at(&world, &tab, &query).err().map(|error| error.code()), Some(error), "{query}");
        assert_eq!(resume(&world, &app(&tab)).unwrap().unwrap().id(), id);
    }
}

#[test]
fn c13_if_every_redirect_has_its_issuer_a_repeated_one_must_too() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["authorization_response_iss_parameter_supported"] = json!(true);
    let app = app(&tab);
    launch(&world, &app).unwrap();
    let named = format!("{}&iss=https%3A%2F%2Fehr.example", redirect(&server, &tab));
    for _ in 0..2 {
        tab.visit(&named);
        assert!(resume(&world, &app).unwrap().is_some());
    }
    tab.visit(named.rsplit_once('&').unwrap().0);
    assert_eq!(resume(&world, &app).err().map(|error| error.code()), Some("invalid_callback"));
}
