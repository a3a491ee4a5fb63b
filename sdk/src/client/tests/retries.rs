use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::fhir::{RequestOptions, Retries};
use crate::client::session::Session;
use crate::error::Failure;
use crate::fhir::request::{FhirRequest, Interaction};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::platform::Clock;
use serde_json::{Value, json};

/// A session whose FHIR requests get these responses, in order.
fn with_replies(replies: impl IntoIterator<Item = Reply>) -> (World, Session<MemoryPlatform>) {
    let server = Server::new();
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    server.fhir_replies.borrow_mut().extend(replies);
    (world, session)
}

/// The result of a request, how often it was sent, and how many seconds it took.
fn send(
    world: &World,
    session: &Session<MemoryPlatform>,
    request: FhirRequest,
    retries: Retries,
) -> (Result<Option<Value>, Failure>, usize, f64) {
    let (before, started) = (world.requests().len(), session.inner.platform.now());
    let sender = session.clone();
    let options = RequestOptions { retries, ..RequestOptions::default() };
    let outcome = world.run(async move { sender.request(&request, options).await }).unwrap();
    let took = session.inner.platform.now() - started;
    (outcome.map(|response| response.resource), world.requests().len() - before, took)
}

fn read() -> FhirRequest {
    FhirRequest::read("Patient/p1")
}

fn busy(status: u16) -> Reply {
    Reply::text(status, "busy")
}

#[test]
fn f6_retry_after_is_followed() {
    for status in [429, 503] {
        let (world, session) = with_replies([busy(status).header("Retry-After", "7")]);
        let (outcome, sent, took) = send(&world, &session, read(), Retries::WhenSafe);
        assert_eq!((outcome.unwrap().unwrap()["id"].clone(), sent), (json!("p1"), 2));
        assert!((7.0..7.1).contains(&took), "{took}");
    }
}

#[test]
fn f6_a_date_in_retry_after_is_followed() {
    // Twenty seconds after the world's clock, which starts at Tue, 14 Nov 2023 22:13:20 GMT.
    let (world, session) = with_replies([busy(503).header("Retry-After", "Tue, 14 Nov 2023 22:13:40 GMT")]);
    let (outcome, sent, took) = send(&world, &session, read(), Retries::WhenSafe);
    assert!(outcome.is_ok());
    assert_eq!(sent, 2);
    assert!((19.9..20.1).contains(&took), "{took}");
}

#[test]
fn f6_a_server_cannot_make_the_caller_wait_for_long() {
    let (world, session) = with_replies([busy(503).header("Retry-After", "3600")]);
    let (outcome, sent, took) = send(&world, &session, read(), Retries::WhenSafe);
    assert_eq!((outcome.unwrap_err().status(), sent, took), (Some(503), 1, 0.0));

    let (world, session) = with_replies(std::iter::repeat_n(busy(429).header("Retry-After", "10"), 9));
    let (outcome, sent, took) = send(&world, &session, read(), Retries::WhenSafe);
    assert_eq!((outcome.unwrap_err().status(), sent), (Some(429), 4));
    assert!((30.0..30.1).contains(&took), "{took}");
}

#[test]
fn f6_reads_are_retried_soon_and_not_for_long() {
    for reply in [Reply::offline(), busy(502), busy(503), busy(504)] {
        let (world, session) = with_replies([reply.clone(), reply.clone()]);
        let (outcome, sent, took) = send(&world, &session, read(), Retries::WhenSafe);
        assert!(outcome.is_ok(), "{reply:?}");
        assert_eq!(sent, 3);
        assert!((0.9..=1.8).contains(&took), "{took}");

        let (world, session) = with_replies([reply.clone(), reply.clone(), reply.clone(), reply]);
        let (outcome, sent, _) = send(&world, &session, read(), Retries::WhenSafe);
        assert!(outcome.is_err());
        assert_eq!(sent, 3);
    }
}

#[test]
fn f5_if_retry_after_is_hidden_there_is_a_default_wait() {
    let (world, session) = with_replies([busy(429)]);
    let (outcome, sent, took) = send(&world, &session, read(), Retries::WhenSafe);
    assert!(outcome.is_ok());
    assert_eq!(sent, 2);
    assert!((0.3..=0.6).contains(&took), "{took}");
}

#[test]
fn f6_a_request_that_is_not_idempotent_is_sent_once() {
    let patient = json!({"resourceType": "Patient", "id": "p1"});
    for request in [
        FhirRequest::create(&patient),
        FhirRequest::new(Interaction::Operation, "Patient/$match").body("{}"),
        FhirRequest::new(Interaction::Bundle, "").body("{}"),
        FhirRequest::new(Interaction::Patch, "Patient/p1").body("[]"),
        FhirRequest::update(&patient).if_match("W/\"1\""),
        FhirRequest::new(Interaction::Delete, "Patient").with("identifier", "1"),
    ] {
        for reply in [Reply::offline(), busy(503), busy(503).header("Retry-After", "1"), busy(429), busy(502)] {
            // A bundle is sent to the base itself, to which this server responds separately.
            let (world, session) = with_replies([]);
            world.respond_with(move |_| reply.clone());
            let (outcome, sent, took) = send(&world, &session, request.clone(), Retries::WhenSafe);
            assert!(outcome.is_err());
            assert_eq!((sent, took), (1, 0.0));
        }
    }
}

#[test]
fn f6_an_idempotent_request_is_sent_again() {
    let patient = json!({"resourceType": "Patient", "id": "p1"});
    for request in [
        FhirRequest::update(&patient),
        FhirRequest::new(Interaction::Delete, "Patient/p1"),
        FhirRequest::search("Patient", &[]).posted(),
        FhirRequest::new(Interaction::History, "Patient/p1"),
        FhirRequest::new(Interaction::Operation, "Patient/p1/$everything"),
    ] {
        let (world, session) = with_replies([Reply::offline(), busy(503)]);
        let (outcome, sent, _) = send(&world, &session, request, Retries::WhenSafe);
        assert!(outcome.is_ok());
        assert_eq!(sent, 3);
    }
}

#[test]
fn f6_a_permanent_error_is_returned_immediately() {
    for status in [400, 403, 404, 409, 410, 412, 422, 500] {
        let (world, session) = with_replies([busy(status).header("Retry-After", "1")]);
        let (outcome, sent, _) = send(&world, &session, read(), Retries::Always);
        assert_eq!((outcome.unwrap_err().status(), sent), (Some(status), 1));
    }
}

#[test]
fn f6_retries_can_be_turned_off_and_on() {
    let (world, session) = with_replies([busy(503)]);
    let (outcome, sent, _) = send(&world, &session, read(), Retries::Never);
    assert_eq!((outcome.is_err(), sent), (true, 1));

    let (world, session) = with_replies([busy(503)]);
    let operation = FhirRequest::new(Interaction::Operation, "Patient/$match").body("{}");
    let (outcome, sent, _) = send(&world, &session, operation, Retries::Always);
    assert_eq!((outcome.is_ok(), sent), (true, 2));
}

#[test]
fn f7_an_abort_ends_the_wait_before_a_retry() {
    let (world, session) = with_replies([busy(503).header("Retry-After", "50")]);
    let handle = AbortHandle::new();
    let (signal, platform) = (handle.signal(), session.inner.platform.clone());
    crate::platform::Spawn::spawn(
        &platform.clone(),
        Box::pin(async move {
            crate::platform::Timer::sleep(&platform, 2000).await;
            handle.abort();
        }),
    );
    let sent = world.requests().len();
    let reader = session.clone();
    let outcome = world.run(async move { reader.read("Patient/p1", &signal).await }).unwrap();
    assert_eq!(outcome.unwrap_err().code(), "aborted");
    assert!((2.0..2.1).contains(&(session.inner.platform.now() - NOW)));
    world.advance(100.0);
    world.settle();
    assert_eq!(world.requests().len(), sent + 1);
}

#[test]
fn r4_a_refresh_that_fails_is_not_repeated_by_the_request_that_needed_it() {
    let (world, session) = with_replies([]);
    world.advance(3601.0);
    world.respond_with(|_| Reply::offline());
    let sent = world.requests().len();
    let reader = session.clone();
    let outcome = world.run(async move { reader.read("Patient/p1", &AbortSignal::never()).await }).unwrap();
    assert_eq!(outcome.unwrap_err().code(), "network");
    assert_eq!(world.requests().len(), sent + 1);
    assert!(session.is_active());
}
