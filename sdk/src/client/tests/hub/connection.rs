//! The end of a subscription: denials, leases, lost connections, unsubscribing.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;

use super::super::server::*;
use super::support::*;
use crate::abort::AbortSignal;
use crate::client::hub::{Decision, HubState};
use crate::memory::Reply;
use crate::platform::Timer as _;

#[test]
fn x17_a_denial_ends_the_subscription_with_its_reason_and_without_a_retry() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(
        &json!({"hub.mode": "denied", "hub.topic": TOPIC, "hub.events": "Patient-open", "hub.reason": "Time is\nup"}),
    );
    stage.wait(120);
    assert_eq!((hub.state(), stage.hub.count("subscribe")), (HubState::Denied, 1));
    let reason = hub.reason().unwrap();
    assert!(reason.code() == "hub_refused" && reason.message().contains("Time is up"), "{reason}");

    let at_once = new_stage();
    *at_once.hub.greeting.borrow_mut() = Some(vec![json!({"hub.mode": "denied", "hub.topic": TOPIC})]);
    let failure = at_once.subscribe_deciding(options(), 0, |_| Ok(Decision::Follow)).unwrap_err();
    assert_eq!((failure.code(), at_once.handle().state()), ("hub_refused", HubState::Denied));
}

#[test]
fn x17_a_lease_is_renewed_a_minute_before_its_end_with_the_same_endpoint() {
    let stage = new_stage();
    stage.hub.lease.set(Some(600.0));
    let hub = stage.subscribe();
    stage.wait(535);
    assert_eq!(stage.hub.count("renew"), 0);
    stage.wait(10);
    assert_eq!((stage.hub.count("renew"), stage.world.sockets().len()), (1, 1));
    let requests = stage.world.requests();
    let renewal = requests.iter().rfind(|request| request.url.host() == "hub.example").unwrap();
    assert_eq!(field(renewal, "hub.channel.endpoint").as_deref(), Some("wss://hub.example/socket-1"));
    stage.wait(545);
    assert_eq!((stage.hub.count("renew"), hub.state()), (2, HubState::Synced));
}

#[test]
fn x17_a_renewal_has_a_fresh_token_and_a_failed_one_is_tried_again() {
    let stage = new_stage();
    stage.hub.lease.set(Some(3600.0));
    let hub = stage.subscribe();
    stage.hub.subscribe_replies.borrow_mut().push_back(Reply::text(503, ""));
    stage.wait(3560);
    assert_eq!((stage.hub.count("renew"), hub.state()), (2, HubState::Synced));
    stage.wait(300);
    let refreshed = token_requests(&stage.world).iter().filter_map(|request| field(request, "refresh_token")).count();
    assert!(refreshed >= 1 && stage.session.is_active());
    // A refresh does not affect the connection.
    assert_eq!((stage.world.sockets().len(), hub.state()), (1, HubState::Synced));
}

#[test]
fn x17_r10_a_session_that_expires_closes_the_hub_and_is_ended_by_its_next_request_alone() {
    let mut without_refresh = members("fhircast/*.*");
    without_refresh["refresh_token"] = json!(null);
    without_refresh["expires_in"] = json!(600);
    let stage = stage_with(without_refresh);
    stage.hub.lease.set(Some(600.0));
    let hub = stage.subscribe();
    let ended = Rc::new(Cell::new(false));
    let noted = ended.clone();
    let _events = stage.session.on_event(move |_| noted.set(true));
    stage.wait(605);
    stage.socket().close(1006);
    stage.wait(120);
    assert_eq!((hub.state(), hub.reason().unwrap().code()), (HubState::Closed, "session_expired"));
    assert!(!ended.get());
    let session = stage.session.clone();
    let read = async move { session.read("Patient/p1", &AbortSignal::never()).await };
    assert_eq!(stage.world.run(read).unwrap().unwrap_err().code(), "session_expired");
    assert!(ended.get());
}

#[test]
fn x18_a_lost_connection_is_reported_at_once_and_made_again_with_increasing_pauses() {
    let stage = new_stage();
    let hub = stage.subscribe();
    for _ in 0..3 {
        stage.hub.subscribe_replies.borrow_mut().push_back(Reply::offline());
    }
    stage.socket().close(1006);
    stage.world.settle();
    assert_eq!(hub.state(), HubState::Behind);
    let mut attempts = Vec::new();
    for second in 0..60 {
        if stage.hub.count("subscribe") > attempts.len() + 1 {
            attempts.push(second);
        }
        stage.wait(1);
    }
    assert_eq!((attempts.len(), hub.state()), (4, HubState::Synced));
    assert!(attempts[0] >= 1, "{attempts:?}");
    let pauses: Vec<_> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.is_sorted() && pauses[2] > pauses[0], "{attempts:?}");
    // Events reach the new WebSocket.
    stage.send(&opens("a", 1, "p1"));
    assert_eq!(stage.replies(), [("a".into(), 200)]);
}

#[test]
fn x18_it_is_given_up_when_the_lease_is_over() {
    let stage = new_stage();
    stage.hub.lease.set(Some(100.0));
    let hub = stage.subscribe();
    for _ in 0..50 {
        stage.hub.subscribe_replies.borrow_mut().push_back(Reply::offline());
    }
    stage.socket().close(1006);
    stage.wait(200);
    let attempts = stage.hub.count("subscribe");
    assert_eq!(hub.state(), HubState::Closed);
    stage.wait(300);
    assert_eq!(stage.hub.count("subscribe"), attempts);
    assert!((4..=12).contains(&attempts), "{attempts}");
}

#[test]
fn x18_a_refusal_ends_it_and_a_hub_that_closes_on_purpose_too() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.hub.subscribe_replies.borrow_mut().push_back(Reply::text(403, ""));
    stage.socket().close(1006);
    stage.wait(10);
    assert_eq!((hub.state(), hub.reason().unwrap().code()), (HubState::Closed, "hub_refused"));

    for code in [1000, 1001] {
        let stage = new_stage();
        let hub = stage.subscribe();
        stage.socket().close(code);
        stage.wait(10);
        assert_eq!((hub.state(), stage.hub.count("subscribe")), (HubState::Closed, 1));
    }
}

#[test]
fn x20_unsubscribing_tells_the_hub_and_then_closes() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let leaving = hub.clone();
    stage.world.run(async move { leaving.unsubscribe().await }).unwrap();
    assert_eq!(stage.hub.got.borrow()[1], "unsubscribe with 1 open");
    assert_eq!((stage.socket().closed_by_page(), hub.state()), (Some(1000), HubState::Off));
    stage.wait(120);
    assert_eq!(stage.hub.got.borrow().len(), 2);
    // It can subscribe again.
    assert_eq!(stage.subscribe().state(), HubState::Synced);
}

#[test]
fn x20_signing_out_unsubscribes_before_the_tokens_are_revoked() {
    let stage = stage_with_revocation();
    stage.subscribe();
    let session = stage.session.clone();
    stage.world.run(async move { session.sign_out().await }).unwrap().unwrap();
    let requests = stage.world.requests();
    let place = |test: &dyn Fn(&crate::protocol::http::Request) -> bool| requests.iter().position(test).unwrap();
    let unsubscribed = place(&|request| field(request, "hub.mode").as_deref() == Some("unsubscribe"));
    let revoked = place(&|request| request.url.path() == "/revoke");
    assert!(unsubscribed < revoked);
    assert!(requests[unsubscribed].keepalive);
    assert_eq!(stage.socket().closed_by_page(), Some(1000));
}

fn stage_with_revocation() -> Stage {
    let stage = new_stage();
    let (server, hub) = (stage.server.clone(), stage.hub.clone());
    server.configuration.borrow_mut()["revocation_endpoint"] = json!("https://ehr.example/revoke");
    let tab = stage.world.tab("https://app.example/");
    let session = sign_in(&server, &stage.world, &tab);
    Stage { tab, session, hub, ..stage }
}

#[test]
fn x20_a_page_that_is_left_unsubscribes_and_subscribes_again_when_it_is_restored() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.tab.leave();
    stage.world.settle();
    assert_eq!(stage.hub.got.borrow()[1], "unsubscribe with 1 open");
    assert_eq!((stage.socket().closed_by_page(), hub.state()), (Some(1000), HubState::Connecting));
    stage.wait(60);
    assert_eq!(stage.hub.count("subscribe"), 1);
    // Meanwhile, another patient was opened.
    let open = json!({"context.type": "Patient", "context": patient_context("p2")});
    *stage.hub.current.borrow_mut() = Reply::json(200, &open);
    stage.tab.restore();
    stage.wait(3);
    assert_eq!((stage.hub.count("subscribe"), stage.world.sockets().len()), (2, 2));
    assert_eq!(stage.notices.borrow().last().unwrap().subject.as_ref().unwrap().id.as_deref(), Some("p2"));
}

#[test]
fn x20_a_session_that_ends_by_itself_unsubscribes() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let platform = stage.tab.clone();
    stage.server.token_replies.borrow_mut().push_back(Reply::json(400, &json!({"error": "invalid_grant"})));
    let session = stage.session.clone();
    stage.world.run(async move { session.refresh().await }).unwrap().unwrap_err();
    stage.world.run(async move { platform.sleep(1_000).await });
    assert_eq!(
        (hub.state(), stage.hub.count("unsubscribe"), stage.socket().closed_by_page()),
        (HubState::Off, 1, Some(1000))
    );
    assert_eq!(stage.session.hub().unwrap_err().code(), "invalid_grant");
}
