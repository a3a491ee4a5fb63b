//! Sessions from tokens that were pasted.

use super::server::*;
use crate::abort::AbortSignal;
use crate::client::launch::PastedTokenOptions;
use crate::client::session::{Revocation, Session};
use crate::error::Error;
use crate::memory::{MemoryPlatform, World};
use serde_json::json;

fn paste(
    world: &World,
    tab: &MemoryPlatform,
    token: &str,
    options: PastedTokenOptions,
) -> Result<Session<MemoryPlatform>, Error> {
    let (app, token) = (app(tab), token.to_owned());
    world.run(async move { app.session_from_token(None, &token, options).await }).unwrap().map_err(Error::from)
}

fn about_p9() -> PastedTokenOptions {
    PastedTokenOptions { patient: Some("p9".into()), ..PastedTokenOptions::default() }
}

#[test]
fn a10_a_pasted_token_opens_a_session_with_a_finding() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["introspection_endpoint"] = json!("https://ehr.example/introspect");
    let session = paste(&world, &tab, " \n\tpasted.token~+/=\r\n", about_p9()).unwrap();
    assert_eq!(session.patient().as_deref(), Some("p9"));
    assert_eq!((session.identity(), session.can_refresh(), session.expires_at()), (None, false, None));
    let codes: Vec<_> = session.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["pasted_token"]);
    let read = session.clone();
    world.run(async move { read.read("Patient/p9", &AbortSignal::never()).await }).unwrap().unwrap();
    assert_eq!(world.requests().last().unwrap().authorization(), Some("Bearer pasted.token~+/="));
    assert!(token_requests(&world).is_empty());

    let reloaded = resume(&world, &app(&tab)).unwrap().unwrap();
    let codes: Vec<_> = reloaded.findings().iter().map(|finding| finding.code).collect();
    assert_eq!((reloaded.id(), codes), (session.id(), vec!["pasted_token"]));
    assert!(!format!("{:?}", session.findings()).contains("pasted.token"));
}

#[test]
fn a10_an_expired_pasted_token_cannot_be_refreshed() {
    let (_, world, tab) = stage();
    let options = PastedTokenOptions { expires_in: Some(60.0), ..about_p9() };
    let session = paste(&world, &tab, "pasted", options).unwrap();
    assert_eq!(session.expires_at(), Some(NOW + 60.0));
    world.advance(61.0);
    let read = async move { session.read("Patient/p9", &AbortSignal::never()).await };
    assert_eq!(world.run(read).unwrap().unwrap_err(), Error::SessionExpired);
    assert!(token_requests(&world).is_empty());
}

#[test]
fn a10_the_scopes_are_those_of_the_call_or_the_configuration() {
    let (_, world, tab) = stage();
    let options = PastedTokenOptions { scope: Some("patient/Condition.rs".into()), ..about_p9() };
    let session = paste(&world, &tab, "pasted", options).unwrap();
    assert!(session.may_read("Condition") && !session.may_read("Observation"));
    assert!(paste(&world, &tab, "pasted", about_p9()).unwrap().may_read("Observation"));
}

#[test]
fn a10_s5_a_pasted_token_replaces_no_other_session() {
    let (server, world, tab) = stage();
    let signed_in = sign_in(&server, &world, &tab);
    let first = paste(&world, &tab, "pasted", about_p9()).unwrap();
    let second = paste(&world, &tab, "pasted", PastedTokenOptions::default()).unwrap();
    assert_eq!(second.patient(), None);
    let app = app(&tab);
    let mut listed: Vec<_> = world
        .run(async move { app.sessions().await })
        .unwrap()
        .unwrap()
        .iter()
        .map(|open| open.id().to_owned())
        .collect();
    let mut expected: Vec<_> = [&signed_in, &first, &second].map(|open| open.id().to_owned()).into();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    assert_eq!((signed_in.patient().as_deref(), signed_in.can_refresh()), (Some("p1"), true));
}

#[test]
fn a10_signing_out_removes_a_pasted_token_without_revoking_it() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["revocation_endpoint"] = json!("https://ehr.example/revoke");
    let session = paste(&world, &tab, "pasted", about_p9()).unwrap();
    let signed_out = world.run(async move { session.sign_out().await }).unwrap().unwrap();
    assert_eq!(signed_out, Revocation::NotOffered);
    assert!(tab.stored().is_empty());
    assert!(world.requests().iter().all(|request| request.url.path() != "/revoke"));
}

#[test]
fn a10_an_invalid_token_is_refused_and_not_sent() {
    let (_, world, tab) = stage();
    for wrong in ["", "  \n", "Bearer abc", "abc\r\ndef", "abc\0", "abc\u{7f}", "tokén", "“abc”", "a\u{a0}b"] {
        let error = paste(&world, &tab, wrong, about_p9()).err().unwrap();
        assert_eq!(error.code(), "invalid_access_token", "{wrong:?}");
        assert!(!error.message().contains("abc"), "{error}");
    }
    for patient in ["", "../x", "p 9", "Patient/9"] {
        let options = PastedTokenOptions { patient: Some(patient.into()), ..PastedTokenOptions::default() };
        assert_eq!(paste(&world, &tab, "pasted", options).err().unwrap().code(), "invalid_reference");
    }
    for seconds in [-1.0, f64::NAN, f64::INFINITY] {
        let options = PastedTokenOptions { expires_in: Some(seconds), ..about_p9() };
        assert_eq!(paste(&world, &tab, "pasted", options).err().unwrap().code(), "invalid_configuration");
    }
    assert!(world.requests().is_empty() && tab.stored().is_empty());
}
