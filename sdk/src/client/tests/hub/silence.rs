//! A connection that is dead although nothing has closed it: the app asks the hub what is open, and expects confirmations of renewals.

use serde_json::{Value, json};

use super::support::*;
use crate::client::hub::{Decision, HubState, HubView, PatientMatch};
use crate::memory::Reply;

/// The hub's answer to the request for what is open.
fn current_patient(patient: &str) -> Reply {
    Reply::json(200, &json!({"context.type": "Patient", "context.versionId": "1", "context": patient_context(patient)}))
}

/// The hub says that this patient is open, and no event did.
fn open_silently(stage: &Stage, patient: &str) {
    *stage.hub.current.borrow_mut() = current_patient(patient);
}

/// The reply to a renewal that no confirmation follows.
fn unconfirmed(stage: &Stage) {
    let reply = Reply::json(202, &json!({"hub.channel.endpoint": "wss://hub.example/socket-1"}));
    stage.hub.subscribe_replies.borrow_mut().push_back(reply);
}

fn is_locked(view: &HubView) -> bool {
    matches!(view, HubView::Locked { patient: Some(name) } if name == "Bo Ray")
}

#[test]
fn x18_an_event_that_did_not_arrive_is_noticed_after_five_quiet_minutes() {
    let stage = new_stage();
    open_silently(&stage, "p1");
    let hub = stage.subscribe_deciding(options(), 30_000, |_| Ok(Decision::Refuse("The user stays.".into()))).unwrap();
    stage.wait(10);
    assert_eq!(stage.hub.count("current"), 1);
    open_silently(&stage, "p2");
    stage.wait(285);
    assert_eq!((hub.state(), hub.view(), stage.hub.count("current")), (HubState::Synced, HubView::Open, 1));
    stage.wait(10);
    assert!(is_locked(&hub.view()), "{:?}", hub.view());
    assert_eq!((hub.state(), stage.notices.borrow()[0].patient), (HubState::Behind, PatientMatch::Other));
    // The dead connection is replaced.
    assert_eq!((stage.socket().url(), stage.hub.count("subscribe")), ("wss://hub.example/socket-2", 2));
    assert_eq!(stage.world.sockets()[0].closed_by_page(), Some(1000));
    assert!(hub.findings().iter().any(|finding| finding.code == "hub_missed_event"));
    // The user stays, and what the hub says is known from now on.
    stage.wait(900);
    assert_eq!((hub.view(), hub.state()), (HubView::Open, HubState::Behind));
    assert_eq!((stage.notices.borrow().len(), stage.hub.count("subscribe")), (1, 2));
}

#[test]
fn x18_what_events_said_is_not_missed_and_messages_postpone_the_question() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(&opens("a", 1, "p1"));
    let encounter = json!([
        {"key": "encounter", "resource": {"resourceType": "Encounter", "id": "e1"}},
        {"key": "patient", "resource": {"resourceType": "Patient", "id": "p1"}},
    ]);
    stage.send(&event("b", 2, "Encounter-open", encounter.clone()));
    for number in 0..4 {
        stage.wait(200);
        stage.send(&event(&format!("t{number}"), 3, "org.example.tick", json!([])));
    }
    assert_eq!(stage.hub.count("current"), 0);
    *stage.hub.current.borrow_mut() = Reply::json(200, &json!({"context.type": "Encounter", "context": encounter}));
    stage.wait(305);
    assert_eq!(stage.hub.count("current"), 1);
    // The other patient's event came, and the app refused.
    stage.send(&opens("c", 4, "p2"));
    open_silently(&stage, "p2");
    stage.wait(305);
    assert_eq!((stage.hub.count("current"), stage.notices.borrow().len()), (2, 3));
    // Nor did the patient who was open before, and is closed now, hide it.
    stage.send(&closes("d", 5, "p1"));
    stage.wait(305);
    assert_eq!((stage.hub.count("current"), stage.notices.borrow().len()), (3, 4));
    stage.send(&opens("e", 6, "p1"));
    // What the app did not subscribe to, or cannot be told apart, is not missed.
    for context in [
        json!({"context.type": "ImagingStudy", "context": [{"key": "study", "resource": {"resourceType": "ImagingStudy", "id": "i1"}}]}),
        json!({"context.type": "Patient", "context": [{"key": "patient", "resource": {"resourceType": "Patient"}}]}),
        json!({"context.type": "", "context": []}),
    ] {
        *stage.hub.current.borrow_mut() = Reply::json(200, &context);
        stage.wait(305);
    }
    assert_eq!((stage.hub.count("current"), stage.hub.count("subscribe"), hub.view()), (6, 1, HubView::Open));
}

#[test]
fn x18_a_user_who_returns_to_the_page_sees_at_once_what_was_missed() {
    let stage = new_stage();
    open_silently(&stage, "p1");
    let hub = stage.subscribe_deciding(options(), 30_000, |_| Ok(Decision::Follow)).unwrap();
    stage.wait(10);
    for _ in 0..5 {
        stage.tab.return_to_page();
        stage.wait(1);
    }
    assert_eq!((stage.hub.count("current"), stage.notices.borrow().len()), (2, 0));
    stage.wait(10);
    open_silently(&stage, "p2");
    stage.tab.return_to_page();
    stage.wait(2);
    assert!(is_locked(&hub.view()) && hub.state() == HubState::Behind, "{:?}", hub.view());
}

#[test]
fn x18_an_event_that_the_answer_has_overtaken_is_not_missed() {
    let stage = new_stage();
    open_silently(&stage, "p1");
    let hub = stage.subscribe_with(|_| Ok(Decision::Refuse("No.".into())));
    stage.wait(10);
    open_silently(&stage, "p2");
    stage.tab.return_to_page();
    stage.world.settle();
    stage.send(&opens("a", 1, "p2"));
    stage.wait(60);
    assert_eq!((stage.notice_ids(), stage.hub.count("subscribe")), (vec!["a".to_owned()], 1));
    assert!(hub.findings().is_empty());
}

#[test]
fn x17_x18_a_renewal_without_a_confirmation_is_a_lost_connection() {
    let stage = new_stage();
    stage.hub.lease.set(Some(600.0));
    let hub = stage.subscribe();
    unconfirmed(&stage);
    stage.wait(545);
    assert_eq!((stage.hub.count("renew"), hub.state()), (1, HubState::Synced));
    stage.wait(6);
    assert_eq!(hub.state(), HubState::Behind);
    stage.wait(3);
    assert_eq!((stage.hub.count("subscribe"), hub.state()), (2, HubState::Synced));
    assert_eq!(stage.world.sockets()[0].closed_by_page(), Some(1000));
}

#[test]
fn x17_x18_a_lease_that_could_not_be_renewed_ends_the_subscription() {
    let stage = new_stage();
    stage.hub.lease.set(Some(600.0));
    let hub = stage.subscribe();
    for _ in 0..50 {
        stage.hub.subscribe_replies.borrow_mut().push_back(Reply::offline());
    }
    stage.wait(595);
    assert!(stage.hub.count("renew") >= 3, "{}", stage.hub.count("renew"));
    assert_eq!(hub.state(), HubState::Synced);
    stage.wait(10);
    assert_eq!((hub.state(), hub.reason().unwrap().code()), (HubState::Closed, "network"));
    assert_eq!(stage.socket().closed_by_page(), Some(1000));
}

#[test]
fn x6_what_is_open_is_not_delivered_again_after_a_lost_connection() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let context: Value = json!([
        {"key": "encounter", "resource": {"resourceType": "Encounter", "id": "e1"}},
        {"key": "patient", "resource": {"resourceType": "Patient", "id": "p1"}},
    ]);
    stage.send(&event("a", 1, "Encounter-open", context.clone()));
    *stage.hub.current.borrow_mut() = Reply::json(200, &json!({"context.type": "Encounter", "context": context}));
    stage.socket().close(1006);
    stage.wait(10);
    assert_eq!((stage.hub.count("subscribe"), stage.hub.count("current"), hub.state()), (2, 1, HubState::Synced));
    assert_eq!(stage.notice_ids(), ["a"]);
}
