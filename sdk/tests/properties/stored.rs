//! Records in a store that were changed by others.

use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{Value, json};
use smartrust::client::keep::Keep;
use smartrust::client::launch::LaunchOptions;
use smartrust::memory::{MemoryPlatform, Reply, World};
use smartrust::platform::Navigator as _;
use smartrust::protocol::http::Request;
use smartrust::protocol::jwt_bearer::JWT_BEARER;
use smartrust::{ServerRecord, SmartApp, SmartAppConfig};

use crate::generated::{cases, json, text};

const BASE: &str = "https://ehr.example/fhir";
const REDIRECT: &str = "https://app.example/code";

fn answer(request: &Request) -> Reply {
    match request.url.path() {
        "/fhir/.well-known/smart-configuration" => Reply::json(
            200,
            &json!({
                "authorization_endpoint": "https://ehr.example/authorize", "token_endpoint": "https://ehr.example/token",
                "registration_endpoint": "https://ehr.example/register",
            }),
        ),
        "/register" => Reply::json(201, &json!({"client_id": "own", "grant_types": [JWT_BEARER]})),
        "/token" => Reply::json(
            200,
            &json!({"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "expires_in": 3600, "patient": "p1"}),
        ),
        _ => Reply::text(404, "nothing here"),
    }
}

fn app(tab: &MemoryPlatform) -> Rc<SmartApp<MemoryPlatform>> {
    let record = ServerRecord::new(BASE, "app", REDIRECT, "launch/patient patient/*.rs").software_id("software");
    Rc::new(SmartApp::new(tab.clone(), SmartAppConfig::new([record])).unwrap())
}

/// Opens the page again, and returns the FHIR bases of its sessions.
fn reopen(world: &World, tab: &MemoryPlatform) -> Vec<String> {
    let app = app(tab);
    world
        .run(async move {
            // A damaged launch may be an error.
            let _ = app.resume().await;
            app.sessions().await.unwrap().iter().map(|session| session.fhir_base()).collect()
        })
        .unwrap()
}

/// A tab that has one session, and is at the redirect of another launch.
fn tab_with_a_session(world: &World) -> MemoryPlatform {
    let tab = world.tab("https://app.example/");
    for _ in 0..2 {
        let app = app(&tab);
        world.run(async move { app.launch(LaunchOptions::default()).await.unwrap() }).unwrap();
        let request = url::Url::parse(&tab.location().unwrap()).unwrap();
        let (_, state) = request.query_pairs().find(|(name, _)| name == "state").unwrap();
        let had_a_session = tab.stored().keys().any(|key| key.contains(".session."));
        tab.visit(&format!("{REDIRECT}?code=c&state={state}"));
        if !had_a_session {
            assert_eq!(reopen(world, &tab).len(), 1);
        }
    }
    tab
}

/// A world with a connection on its device.
fn world_with_a_connection() -> World {
    let world = World::new(1_700_000_000.0, answer);
    let tab = world.tab("https://app.example/");
    let launching = app(&tab);
    let options = LaunchOptions::default().keep(Keep::default());
    world.run(async move { launching.launch(options).await.unwrap() }).unwrap();
    let request = url::Url::parse(&tab.location().unwrap()).unwrap();
    let (_, state) = request.query_pairs().find(|(name, _)| name == "state").unwrap();
    tab.visit(&format!("{REDIRECT}?code=c&state={state}"));
    let resuming = app(&tab);
    let is_kept = world.run(async move { resuming.resume().await.unwrap().unwrap().is_kept() }).unwrap();
    assert!(is_kept);
    world
}

#[derive(Clone, Debug)]
enum Damage {
    Text(String),
    Cut(prop::sample::Index),
    Member(prop::sample::Index, Value),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        prop_oneof![text(), json().prop_map(|value| value.to_string())].prop_map(Damage::Text),
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), json()).prop_map(|(index, value)| Damage::Member(index, value)),
    ]
}

fn damaged(stored: &str, damage: &Damage) -> String {
    match damage {
        Damage::Text(text) => text.clone(),
        Damage::Cut(index) => stored.chars().take(index.index(stored.len())).collect(),
        Damage::Member(index, value) => match serde_json::from_str::<Value>(stored) {
            Ok(Value::Object(mut members)) if !members.is_empty() => {
                let name = members.keys().nth(index.index(members.len())).unwrap().clone();
                members.insert(name, value.clone());
                Value::Object(members).to_string()
            }
            _ => value.to_string(),
        },
    }
}

proptest! {
    #![proptest_config(cases(50))]

    #[test]
    fn s4_a_damaged_store_causes_no_crash_and_no_session_at_another_server(which in any::<prop::sample::Index>(), damage in damage()) {
        let world = World::new(1_700_000_000.0, answer);
        let tab = tab_with_a_session(&world);
        let stored = tab.stored();
        let (key, text) = stored.iter().nth(which.index(stored.len())).unwrap();
        tab.set_stored(key, &damaged(text, &damage));
        let sessions = reopen(&world, &tab);
        prop_assert!(sessions.len() <= 2 && sessions.iter().all(|base| base == BASE), "{sessions:?}");
    }

    #[test]
    fn n10_a_damaged_connection_is_no_crash_and_none_at_another_server(damage in damage()) {
        let world = world_with_a_connection();
        let (name, text) = world.stored_on_device().into_iter().next().unwrap();
        world.set_stored_on_device(&name, &damaged(&text, &damage));
        let app = app(&world.tab("https://app.example/"));
        let bases = world.run(async move {
            let mut bases = Vec::new();
            for connection in app.connections().await.unwrap() {
                // Whether it opens is not asked here.
                let _ = app.open_connection(&connection).await;
                app.disconnect(&connection).await.unwrap();
                bases.push(connection.fhir_base);
            }
            bases
        });
        prop_assert!(bases.unwrap().iter().all(|base| base == BASE));
        prop_assert!(world.stored_on_device().len() <= 1);
    }
}
