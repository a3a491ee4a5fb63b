//! Grants in token responses: with unknown scopes, fewer scopes, or invalid values.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::fhir::RequestOptions;
use crate::client::record::{PartState, RecordQuery};
use crate::client::session::Session;
use crate::error::Error;
use crate::memory::{MemoryPlatform, Reply, World};
use serde_json::{Value, json};
use std::rc::Rc;

/// Signs in with a token response that has another value for a member.
fn sign_in_with(
    member: &str,
    value: Value,
) -> (Rc<Server>, World, MemoryPlatform, Result<Session<MemoryPlatform>, Error>) {
    let (server, world, tab) = stage();
    launch(&world, &app(&tab)).unwrap();
    tab.visit(&redirect(&server, &tab));
    let mut response = token_response(1);
    response["id_token"] = json!(server.id_token());
    response[member] = value;
    server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
    let session = resume(&world, &app(&tab)).map(Option::unwrap);
    (server, world, tab, session)
}

fn codes(session: &Session<MemoryPlatform>) -> Vec<&'static str> {
    session.findings().iter().map(|finding| finding.code).collect()
}

fn granted(session: &Session<MemoryPlatform>) -> String {
    session.scopes().granted.to_text()
}

#[test]
fn t10_a_grant_with_unknown_scopes_is_tried_with_a_finding() {
    for scope in ["https://ehr.example/clinical.read", "openid https://ehr.example/clinical", "clinical", ""] {
        let (server, world, _, session) = sign_in_with("scope", json!(scope));
        let session = session.unwrap();
        assert!(session.may_read("Observation"), "{scope}");
        assert_eq!(codes(&session), ["unknown_scopes"], "{scope}");
        server.fhir_replies.borrow_mut().extend([
            Reply::json(
                200,
                &json!({"resourceType": "Bundle", "entry": [
                    {"resource": {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}},
                ]}),
            ),
            Reply::json(403, &json!({"resourceType": "OperationOutcome", "issue": []})),
        ]);
        let loading = session.clone();
        let parts = world
            .run(async move {
                let queries = [RecordQuery::new("Condition"), RecordQuery::new("Coverage")];
                loading.load_record(&queries, &AbortSignal::never(), &|_, _| {}).await
            })
            .unwrap()
            .unwrap();
        assert_eq!((parts[0].resources.len(), &parts[0].state), (1, &PartState::Complete), "{scope}");
        assert!(matches!(&parts[1].state, PartState::Failed(failure) if failure.code() == "forbidden"), "{scope}");
        let options = RequestOptions { check_scopes: true, ..RequestOptions::default() };
        assert!(world.run(async move { session.read("Patient/p1", options).await }).unwrap().is_ok());
    }
}

#[test]
fn t10_a_grant_with_dots_allows_its_scopes_and_no_more() {
    let (_, _, _, session) = sign_in_with("scope", json!("openid patient.Observation.read user.Condition.rs"));
    let session = session.unwrap();
    assert!(session.may_read("Observation") && session.may_read("Condition") && !session.may_read("Procedure"));
    assert!(codes(&session).is_empty());
}

#[test]
fn t10_a_refresh_for_less_grants_less_if_the_response_has_no_scope() {
    let (server, world, tab) = stage();
    let session = sign_in(&server, &world, &tab);
    let mut silent = token_response(2);
    silent["scope"] = json!(null);
    server.token_replies.borrow_mut().push_back(Reply::json(200, &silent));
    let refreshing = session.clone();
    world.run(async move { refreshing.refresh_with_scope("patient/Observation.rs").await }).unwrap().unwrap();
    assert_eq!(granted(&session), "patient/Observation.rs");
    assert!(!session.may_read("Condition"));
    assert_eq!(granted(&resume(&world, &app(&tab)).unwrap().unwrap()), "patient/Observation.rs");

    let mut saying = token_response(3);
    saying["scope"] = json!("patient/Observation.r");
    server.token_replies.borrow_mut().push_back(Reply::json(200, &saying));
    let refreshing = session.clone();
    world.run(async move { refreshing.refresh_with_scope("patient/Observation.rs").await }).unwrap().unwrap();
    assert_eq!(granted(&session), "patient/Observation.r", "the server has the last word");
}

#[test]
fn r8_t10_if_the_grant_is_unknown_a_refresh_requests_no_more_than_the_launch() {
    let (_, world, _, session) = sign_in_with("scope", json!("clinical"));
    let session = session.unwrap();
    let refresh = |scope: &'static str| {
        let session = session.clone();
        world.run(async move { session.refresh_with_scope(scope).await }).unwrap().map_err(|failure| failure.code())
    };
    assert_eq!(refresh("patient/*.cruds"), Err("invalid_scope"));
    assert_eq!(refresh("patient/Observation.rs"), Ok(()));
}

#[test]
fn t8_an_invalid_token_response_is_a_typed_error_and_opens_no_session() {
    for (member, value) in [
        ("patient", json!(7)),
        ("patient", json!("../Observation")),
        ("encounter", json!("Encounter/1")),
        ("access_token", json!("a\r\nX-Injected: 1")),
    ] {
        let (_, world, tab, session) = sign_in_with(member, value.clone());
        assert_eq!(session.err().unwrap().code(), "invalid_token_response", "{member}: {value}");
        assert!(world.requests().iter().all(|request| request.authorization().is_none()));
        assert!(tab.stored().keys().all(|key| !key.contains("session")), "{member}: {value}");
    }
}

#[test]
fn t8_a_lifetime_beyond_every_date_ends_at_a_date() {
    // The last moment of a JavaScript Date, in seconds since 1970.
    const LAST: f64 = 8.64e12;
    let (_, world, tab, session) = sign_in_with("expires_in", json!(1e18));
    let until = session.unwrap().expires_at().unwrap();
    assert!(until > NOW + 3e9 && until < LAST, "{until}");
    let reloaded = resume(&world, &app(&tab)).unwrap().unwrap();
    assert!(reloaded.expires_at().unwrap() < LAST);
}

#[test]
fn i12_an_empty_id_token_is_ignored_with_a_finding() {
    for empty in [json!(""), Value::Null, json!(7)] {
        let (_, _, _, session) = sign_in_with("id_token", empty.clone());
        let session = session.unwrap();
        assert_eq!((session.identity(), codes(&session)), (None, vec!["missing_id_token"]), "{empty}");
    }
    let (_, _, _, session) = sign_in_with("scope", json!(SCOPE));
    let session = session.unwrap();
    assert!(session.identity().is_some() && codes(&session).is_empty());
}
