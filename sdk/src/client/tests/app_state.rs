//! The app's own data: at the server, and through the redirect.

use std::cell::RefCell;
use std::rc::Rc;

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::launch::LaunchOptions;
use crate::client::session::{AppState, Session, StateOptions};
use crate::error::{Error, Failure};
use crate::fhir::app_state::StateExtension;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::http::{Method, Request};
use serde_json::{Value, json};

const CODE: &str = "https://app.example|preferences";
const URL: &str = "https://app.example/preferences";

/// A server of `Basic` resources at a path, which checks versions as FHIR R4 requires.
#[derive(Default)]
struct Store {
    next: RefCell<u32>,
    resources: RefCell<Vec<Value>>,
}

impl Store {
    fn respond(&self, request: &Request) -> Reply {
        let mut resources = self.resources.borrow_mut();
        let Some((_, id)) = request.url.path().split_once("/Basic/") else {
            return match request.method {
                Method::Post => {
                    let created = self.versioned(request, None);
                    resources.push(created.clone());
                    Reply::json(201, &created)
                }
                _ => {
                    let entries: Vec<_> = resources.iter().map(|resource| json!({"resource": resource})).collect();
                    Reply::json(200, &json!({"resourceType": "Bundle", "entry": entries}))
                }
            };
        };
        let expected = request.headers.iter().find(|(name, _)| name == "If-Match").map(|(_, value)| value.clone());
        let current = resources.iter().position(|resource| resource["id"] == id);
        let is_current = |position: &usize| {
            let version = resources[*position]["meta"]["versionId"].as_str().unwrap();
            expected == Some(format!("W/\"{version}\""))
        };
        let Some(position) = current.filter(is_current) else {
            return Reply::json(412, &json!({"resourceType": "OperationOutcome", "issue": []}));
        };
        if request.method == Method::Delete {
            resources.remove(position);
            return Reply { status: 204, ..Reply::default() };
        }
        resources[position] = self.versioned(request, Some(id));
        Reply::json(200, &resources[position])
    }

    fn versioned(&self, request: &Request, id: Option<&str>) -> Value {
        *self.next.borrow_mut() += 1;
        let number = self.next.borrow().to_string();
        let mut resource: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!(resource.get("id").and_then(Value::as_str), id);
        resource["id"] = json!(id.unwrap_or(&number));
        resource["meta"] = json!({"versionId": format!("v{number}")});
        resource
    }

    /// Changes the only resource, as another app or tab does.
    fn change(&self, value: &str) {
        let [resource] = &mut self.resources.borrow_mut()[..] else { panic!("not one resource") };
        resource["extension"][0]["valueString"] = json!(value);
        resource["meta"]["versionId"] = json!("changed");
    }
}

fn signed_in_with(configuration: Value) -> (Rc<Store>, World, Session<MemoryPlatform>) {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut().as_object_mut().unwrap().extend(configuration.as_object().unwrap().clone());
    let session = sign_in(&server, &world, &tab);
    world.settle();
    let store = Rc::new(Store::default());
    let responding = store.clone();
    world.respond_with(move |request| match request.url.path().contains("/Basic") {
        true => responding.respond(request),
        false => server.respond(request),
    });
    (store, world, session)
}

fn signed_in() -> (Rc<Store>, World, Session<MemoryPlatform>) {
    signed_in_with(json!({"capabilities": ["launch-standalone", "smart-app-state"]}))
}

fn state(session: &Session<MemoryPlatform>) -> AppState<MemoryPlatform> {
    session.state(CODE, StateOptions::default().subject("Patient/p1")).unwrap()
}

fn get(world: &World, state: &AppState<MemoryPlatform>) -> Result<Option<Value>, Failure> {
    let state = state.clone();
    world.run(async move { state.get(&AbortSignal::never()).await }).unwrap()
}

fn set(world: &World, state: &AppState<MemoryPlatform>, value: &str) -> Result<Value, Failure> {
    let (state, values) = (state.clone(), [StateExtension::new(URL, value)]);
    world.run(async move { state.set(&values, &AbortSignal::never()).await }).unwrap()
}

fn delete(world: &World, state: &AppState<MemoryPlatform>) -> Result<(), Failure> {
    let state = state.clone();
    world.run(async move { state.delete(&AbortSignal::never()).await }).unwrap()
}

fn value_of(resource: &Value) -> &str {
    resource["extension"][0]["valueString"].as_str().unwrap()
}

/// Method, path and `If-Match` of each request for app state.
fn lines(world: &World) -> Vec<String> {
    let requests = world.requests().into_iter().filter(|request| request.url.path().contains("/Basic"));
    let line = |request: Request| {
        assert!(request.authorization().is_some());
        let version = request.headers.iter().find(|(name, _)| name == "If-Match");
        let version = version.map(|(_, version)| format!(" {version}")).unwrap_or_default();
        format!("{} {}{version}", request.method.as_str(), request.url.path())
    };
    requests.map(line).collect()
}

#[test]
fn m3_a_state_is_created_then_updated_and_deleted_with_its_version() {
    let (_, world, session) = signed_in();
    let state = state(&session);
    assert_eq!(get(&world, &state).unwrap(), None);
    let created = set(&world, &state, "a").unwrap();
    assert_eq!(created["subject"], json!({"reference": format!("{BASE}/Patient/p1")}));
    assert_eq!(value_of(&set(&world, &state, "b").unwrap()), "b");
    assert_eq!(get(&world, &state).unwrap().as_ref().map(value_of), Some("b"));
    delete(&world, &state).unwrap();
    assert_eq!(get(&world, &state).unwrap(), None);
    let sent = [
        "GET /fhir/Basic",
        "GET /fhir/Basic",
        "POST /fhir/Basic",
        "PUT /fhir/Basic/1 W/\"v1\"",
        "GET /fhir/Basic",
        "DELETE /fhir/Basic/1 W/\"v2\"",
        "GET /fhir/Basic",
    ];
    assert_eq!(lines(&world), sent);
}

#[test]
fn m3_the_search_names_code_and_absolute_subject_or_none() {
    let (_, world, session) = signed_in();
    get(&world, &state(&session)).unwrap();
    get(&world, &session.state(CODE, StateOptions::default()).unwrap()).unwrap();
    let queries: Vec<_> = fhir_lines(&world).iter().map(|line| parameters(line)).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(queries[0], [pair("code", CODE), pair("subject", "https://ehr.example/fhir/Patient/p1")]);
    assert_eq!(queries[1], [pair("code", CODE), pair("subject:missing", "true")]);
}

#[test]
fn m3_a_state_that_was_changed_elsewhere_is_a_conflict_with_the_current_one() {
    let (store, world, session) = signed_in();
    let state = state(&session);
    set(&world, &state, "a").unwrap();
    store.change("theirs");
    let conflict = set(&world, &state, "b").unwrap_err();
    assert_eq!((conflict.code(), conflict.status()), ("conflict", Some(412)));
    let Error::StateConflict { current: Some(current) } = &*conflict else { panic!("{conflict:?}") };
    let current: Value = serde_json::from_str(current.expose()).unwrap();
    assert_eq!(value_of(&current), "theirs");
    assert!(!format!("{conflict:?} {conflict}").contains("theirs"));
    assert_eq!(value_of(&store.resources.borrow()[0]), "theirs");
    // The app has seen the current one, and merges.
    assert_eq!(value_of(&set(&world, &state, "theirs and b").unwrap()), "theirs and b");
}

#[test]
fn m3_a_state_that_was_not_read_is_not_overwritten() {
    let (store, world, session) = signed_in();
    set(&world, &state(&session), "a").unwrap();
    let other_page = state(&session);
    assert_eq!(set(&world, &other_page, "b").unwrap_err().code(), "conflict");
    assert_eq!(value_of(&store.resources.borrow()[0]), "a");
    assert_eq!(value_of(&set(&world, &other_page, "b").unwrap()), "b");
}

#[test]
fn m3_a_state_that_was_deleted_elsewhere_is_a_conflict_without_one_and_can_be_created_again() {
    let (store, world, session) = signed_in();
    let state = state(&session);
    set(&world, &state, "a").unwrap();
    store.resources.borrow_mut().clear();
    assert_eq!(set(&world, &state, "b").unwrap_err(), Error::StateConflict { current: None });
    assert_eq!(set(&world, &state, "b").unwrap()["id"], "2");
    store.resources.borrow_mut().clear();
    assert_eq!(delete(&world, &state), Ok(()));
}

#[test]
fn m3_a_state_without_a_version_in_the_response_is_read_again() {
    let (store, world, session) = signed_in();
    let state = state(&session);
    let responding = store.clone();
    world.respond_with(move |request| match responding.respond(request) {
        reply if request.method == Method::Post => Reply { status: reply.status, ..Reply::default() },
        reply => reply,
    });
    assert_eq!(set(&world, &state, "a").unwrap()["meta"]["versionId"], "v1");
    assert_eq!(value_of(&set(&world, &state, "b").unwrap()), "b");
}

#[test]
fn m3_what_cannot_be_stored_is_not_sent() {
    let (_, world, session) = signed_in();
    let state = state(&session);
    assert_eq!(set(&world, &state, &"x".repeat(300_000)).unwrap_err().code(), "invalid_app_state");
    let of = |code: &str, subject: &str| session.state(code, StateOptions::default().subject(subject));
    assert_eq!(of("preferences", "Patient/p1").unwrap_err().code(), "invalid_app_state");
    assert_eq!(of(CODE, "https://other.example/fhir/Patient/p1").unwrap_err().code(), "invalid_app_state");
    assert_eq!(lines(&world), [""; 0]);
}

#[test]
fn m3_resources_of_another_patient_are_refused() {
    let (store, world, session) = signed_in();
    set(&world, &session.state(CODE, StateOptions::default().subject("Patient/p2")).unwrap(), "theirs").unwrap();
    assert_eq!(store.resources.borrow().len(), 1);
    let refused = get(&world, &state(&session)).unwrap_err();
    assert_eq!(refused.code(), "invalid_app_state");
}

#[test]
fn m3_the_token_is_sent_to_another_origin_only_if_the_app_names_it() {
    let elsewhere = json!([{"url": "https://state.example/fhir", "capabilities": ["smart-app-state"]}]);
    let (_, world, session) = signed_in_with(json!({"associated_endpoints": elsewhere}));
    let at = |options: StateOptions| session.state(CODE, options).unwrap();
    assert_eq!(get(&world, &at(StateOptions::default())).unwrap_err().code(), "foreign_url");
    let other = at(StateOptions::default().origin("https://other.example"));
    assert_eq!(get(&world, &other).unwrap_err().code(), "foreign_url");
    assert_eq!(lines(&world), [""; 0]);
    let named = at(StateOptions::default().origin("https://state.example"));
    assert_eq!(set(&world, &named, "a").unwrap()["id"], "1");
    let hosts: Vec<_> = world.requests().iter().map(|request| request.url.host().to_owned()).collect();
    assert_eq!(hosts.iter().filter(|host| *host == "state.example").count(), 2);
    // The session's other requests still may not go there.
    let read = session.clone();
    let read = world.run(async move { read.read("https://state.example/fhir/Basic/1", &AbortSignal::never()).await });
    assert_eq!(read.unwrap().unwrap_err().code(), "foreign_url");
}

#[test]
fn m3_a_server_without_app_state_is_asked_for_none() {
    let (_, world, session) = signed_in_with(json!({}));
    assert_eq!(get(&world, &state(&session)).unwrap_err().code(), "not_offered");
    assert_eq!(lines(&world), [""; 0]);
}

#[test]
fn m3_the_deprecated_endpoint_is_used() {
    let (_, world, session) = signed_in_with(json!({"smart_app_state_endpoint": "https://ehr.example/fhir/state"}));
    set(&world, &state(&session), "a").unwrap();
    assert_eq!(lines(&world), ["GET /fhir/state/Basic", "POST /fhir/state/Basic"]);
}

#[test]
fn m3_the_apps_own_state_returns_after_the_redirect_and_is_not_in_the_url() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    let launching = app.clone();
    let options = LaunchOptions::default().app_state("view=labs&secret-place");
    world.run(async move { launching.launch(options).await }).unwrap().unwrap();
    assert!(!location(&tab).contains("secret-place"), "{}", location(&tab));
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    assert_eq!(session.app_state().as_deref(), Some("view=labs&secret-place"));
    assert!(world.requests().iter().all(|request| !format!("{request:?}{:?}", request.body).contains("secret-place")));

    // A reload, and another launch in the same context, keep it.
    let reloaded = resume(&world, &app_with(&tab, record())).unwrap().unwrap();
    assert_eq!(reloaded.app_state(), session.app_state());
    let again = app.clone();
    world.run(async move { again.launch_again(&reloaded, Default::default()).await }).unwrap().unwrap();
    tab.visit(&redirect(&server, &tab));
    assert_eq!(resume(&world, &app).unwrap().unwrap().app_state(), session.app_state());
}

#[test]
fn m3_a_launch_without_a_state_of_the_app_has_none() {
    let (server, world, tab) = stage();
    assert_eq!(sign_in(&server, &world, &tab).app_state(), None);
}
