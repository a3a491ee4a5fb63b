//! Several sessions in one store, and one more launch in the context of a session.

use super::server::*;
use crate::client::app::SmartApp;
use crate::client::launch::LaunchAgainOptions;
use crate::client::server::{Registration, ServerRecord, SmartAppConfig};
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use serde_json::json;
use std::rc::Rc;

type Session = crate::client::session::Session<MemoryPlatform>;

/// A session about a patient, launched in a tab that may have others.
fn sign_in_as(server: &Server, world: &World, tab: &MemoryPlatform, patient: &str) -> Session {
    let mut tokens = token_response(1);
    tokens["patient"] = json!(patient);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
    sign_in(server, world, tab)
}

fn sessions(world: &World, tab: &MemoryPlatform) -> Vec<Session> {
    let app = app(tab);
    world.run(async move { app.sessions().await }).unwrap().unwrap()
}

fn patients(sessions: &[Session]) -> Vec<String> {
    let mut patients: Vec<_> = sessions.iter().filter_map(Session::patient).collect();
    patients.sort();
    patients
}

#[test]
fn sessions_are_listed_selected_and_ended_one_by_one() {
    let (server, world, tab) = stage();
    sign_in_as(&server, &world, &tab, "p1");
    sign_in_as(&server, &world, &tab, "p2");
    let listed = sessions(&world, &tab);
    assert_eq!(patients(&listed), ["p1", "p2"]);

    let first = listed.into_iter().find(|session| session.patient().as_deref() == Some("p1")).unwrap();
    let picked = first.clone();
    world.run(async move { picked.make_current().await }).unwrap().unwrap();
    assert_eq!(resume(&world, &app(&tab)).unwrap().unwrap().patient().as_deref(), Some("p1"));

    world.run(async move { first.sign_out().await }).unwrap().unwrap();
    assert_eq!(patients(&sessions(&world, &tab)), ["p2"]);
    assert!(
        resume(&world, &app(&tab)).unwrap().is_none(),
        "another session must not take the place of the one that ended"
    );
}

#[test]
fn a_session_that_cannot_be_read_is_left_out_of_the_list() {
    let (server, world, tab) = stage();
    sign_in_as(&server, &world, &tab, "p1");
    tab.set_stored("smartrust.session.broken", "{\"server\":");
    assert_eq!(patients(&sessions(&world, &tab)), ["p1"]);
}

/// Launches again in the context of a session; the tab is then at the authorization endpoint.
fn launch_again(world: &World, tab: &MemoryPlatform, session: &Session, scope: Option<&'static str>) {
    let (app, session) = (app(tab), session.clone());
    let options = LaunchAgainOptions { scope: scope.map(str::to_owned), ..LaunchAgainOptions::default() };
    world.run(async move { app.launch_again(&session, options).await }).unwrap().unwrap();
}

#[test]
fn r10_an_expired_session_is_launched_again_in_the_same_context() {
    let (server, world, tab) = stage();
    let session = sign_in_as(&server, &world, &tab, "p1");
    // A launch in the session's context ignores an EHR's launch link in the URL.
    tab.visit("https://app.example/launch?iss=https%3A%2F%2Fehr.example%2Ffhir&launch=other");
    launch_again(&world, &tab, &session, None);
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "launch"), None);
    assert_eq!(value(&request, "scope").as_deref(), Some(SCOPE));

    tab.visit(&redirect(&server, &tab));
    let next = resume(&world, &app(&tab)).unwrap().unwrap();
    assert_eq!(next.patient().as_deref(), Some("p1"));
    assert_ne!(next.id(), session.id());
}

#[test]
fn s5_a_launch_in_the_same_context_with_another_patient_opens_no_session() {
    let (server, world, tab) = stage();
    let session = sign_in_as(&server, &world, &tab, "p1");
    launch_again(&world, &tab, &session, None);
    let mut tokens = token_response(2);
    tokens["patient"] = json!("p2");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &tokens));
    tab.visit(&redirect(&server, &tab));
    assert_eq!(resume(&world, &app(&tab)).err(), Some(Error::PatientChanged));
    assert_eq!(patients(&sessions(&world, &tab)), ["p1"]);
    assert!(!tab.stored().values().any(|text| text.contains("access-2")));
}

#[test]
fn s2_signing_out_removes_the_pending_launch_in_its_context_and_no_other() {
    let (server, world, tab) = stage();
    let session = sign_in_as(&server, &world, &tab, "p1");
    let stranger = sign_in_as(&server, &world, &tab, "p2");
    launch_again(&world, &tab, &session, None);
    let followed = location(&tab);
    tab.visit("https://app.example/");
    launch_again(&world, &tab, &stranger, None);
    let other = location(&tab);
    world.run(async move { session.sign_out().await }).unwrap().unwrap();
    let is_pending = |url: &str| {
        let state = value(&parameters(url), "state").unwrap();
        tab.stored().contains_key(&format!("smartrust.launch.{state}"))
    };
    assert!(!is_pending(&followed) && is_pending(&other));
}

#[test]
fn more_can_be_requested_in_the_same_context() {
    let (server, world, tab) = stage();
    let session = sign_in_as(&server, &world, &tab, "p1");
    launch_again(&world, &tab, &session, Some("openid patient/Condition.rs"));
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "scope").as_deref(), Some("openid patient/Condition.rs launch/patient"));
}

#[test]
fn a8_launches_in_several_tabs_do_not_affect_each_other() {
    let server = Server::new();
    let world = server.world();
    let first = world.tab("https://app.example/");
    let second = first.with_same_store();
    let apps = [app(&first), app(&second)];
    apps.iter().for_each(|app| launch(&world, app).unwrap());
    for (tab, app) in [&first, &second].into_iter().zip(&apps) {
        tab.visit(&redirect(&server, tab));
        assert!(resume(&world, app).unwrap().is_some());
    }
}

#[test]
fn a8_launches_without_a_redirect_are_removed() {
    let (_, world, tab) = stage();
    let pending = |tab: &MemoryPlatform| tab.stored().keys().filter(|key| key.starts_with("smartrust.launch.")).count();
    for _ in 0..5 {
        launch(&world, &app(&tab)).unwrap();
        tab.visit("https://app.example/");
    }
    assert_eq!(pending(&tab), 5);
    world.advance(3601.0);
    launch(&world, &app(&tab)).unwrap();
    assert_eq!(pending(&tab), 1);
}

/// An app that knows only its registration, and a server that it adds.
fn app_with_added_server(tab: &MemoryPlatform) -> Rc<SmartApp<MemoryPlatform>> {
    let config = SmartAppConfig::default().registration(Registration::new("app", REDIRECT));
    let app = SmartApp::new(tab.clone(), config).unwrap();
    app.add_server(record().name(BASE)).unwrap();
    Rc::new(app)
}

#[test]
fn d9_a_server_that_was_added_is_launched_and_completed_by_a_page_that_adds_it_again() {
    let (server, world, tab) = stage();
    launch(&world, &app_with_added_server(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app_with_added_server(&tab)).unwrap().unwrap();
    assert_eq!(session.server_name().as_deref(), Some(BASE));
    assert_eq!(field(&token_requests(&world)[0], "client_id").as_deref(), Some("app"));
}

#[test]
fn d9_an_added_server_has_a_name_that_no_other_server_has() {
    let (_, _, tab) = stage();
    let app = app_with_added_server(&tab);
    let wrong = |record: ServerRecord| match app.add_server(record).map_err(Error::from) {
        Err(Error::Configuration(error)) => Some(error.member),
        Ok(()) => None,
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(wrong(record()).as_deref(), Some("name"));
    assert_eq!(wrong(ServerRecord { client_id: "other".into(), ..record().name(BASE) }).as_deref(), Some("name"));
    assert_eq!(wrong(ServerRecord { client_id: String::new(), ..record().name("x") }).as_deref(), Some("clientId"));
    assert_eq!(wrong(record().name(BASE)), None, "the same server again");
    let empty = SmartApp::new(tab.clone(), SmartAppConfig::default());
    assert_eq!(empty.map(drop).unwrap_err().code(), "invalid_configuration");
}
