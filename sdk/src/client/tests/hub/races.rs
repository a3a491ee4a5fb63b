//! Events that overlap: the view stays locked as long as another patient is open elsewhere and the app has not decided.

use serde_json::{Value, json};

use super::support::*;
use crate::client::hub::{Decision, Hub, HubState, HubView, Notice, PatientMatch};
use crate::error::Failure;
use crate::memory::{MemoryPlatform, Reply};
use crate::platform::Spawn as _;

/// A stage whose app needs three seconds to refuse.
fn slow_stage() -> (Stage, Hub<MemoryPlatform>) {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 3_000, |_| Ok(Decision::Refuse("The user stays.".into()))).unwrap();
    (stage, hub)
}

fn is_locked(hub: &Hub<MemoryPlatform>) -> bool {
    matches!(hub.view(), HubView::Locked { .. })
}

/// Refuses to open a patient, and follows everything else.
fn stay_with_patient(notice: &Notice<Value>) -> Result<Decision, Failure> {
    match notice.event.name.as_str() {
        "Patient-open" => Ok(Decision::Refuse("The user stays.".into())),
        _ => Ok(Decision::Follow),
    }
}

/// An encounter of a patient.
fn encounter_of(patient: &str) -> Value {
    json!([{"key": "encounter", "resource": {"resourceType": "Encounter", "id": format!("of-{patient}"), "subject": {"reference": format!("Patient/{patient}")}}}])
}

#[test]
fn x11_a_decision_about_an_older_event_does_not_unlock_the_view_for_a_newer_one() {
    let (stage, hub) = slow_stage();
    stage.send(&opens("a", 1, "p2"));
    stage.wait(1);
    stage.send(&event("b", 2, "Encounter-open", encounter_of("p3")));
    for _ in 0..4 {
        stage.wait(1);
        assert!(is_locked(&hub), "{:?} after {:?}", hub.view(), stage.replies());
    }
    assert_eq!(stage.replies(), [("a".into(), 409)]);
    stage.wait(2);
    assert_eq!((hub.view(), stage.replies().len()), (HubView::Open, 2));
}

#[test]
fn x11_x12_a_comparison_that_ends_late_does_not_unlock_the_view_for_a_newer_patient() {
    let stage = new_stage();
    let own = json!({"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": "7"}]});
    stage.server.fhir_replies.borrow_mut().push_back(Reply::json(200, &own));
    stage.server.fhir_delay.set(2_000);
    let hub = stage.subscribe_deciding(options().shares_ids(false), 2_000, |_| Ok(Decision::Follow)).unwrap();
    let same = json!([{"key": "patient", "resource": {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "7"}]}}]);
    stage.send(&event("a", 1, "Patient-open", same));
    assert!(is_locked(&hub), "it is not compared yet");
    stage.send(&event("b", 2, "Encounter-open", json!([])));
    for _ in 0..5 {
        stage.wait(1);
        assert!(is_locked(&hub), "{:?} after {:?}", hub.view(), stage.replies());
    }
    let matches: Vec<_> = stage.notices.borrow().iter().map(|notice| notice.patient).collect();
    assert_eq!(matches, [PatientMatch::Same, PatientMatch::Other]);
    stage.wait(2);
    assert_eq!(hub.view(), HubView::Open);
}

#[test]
fn x11_x13_closing_something_else_does_not_unlock_the_view() {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 20_000, stay_with_patient).unwrap();
    stage.send(&opens("a", 1, "p2"));
    stage.send(&event("b", 2, "Encounter-close", encounter_of("p1")));
    stage.send(&closes("c", 3, "p3"));
    stage.wait(19);
    assert!(is_locked(&hub), "{:?}", hub.view());
    // The question about the other patient is still open, and its answer still counts.
    stage.wait(2);
    assert_eq!(hub.view(), HubView::Open);
    assert_eq!(stage.hub.count("event SyncError"), 1);
}

#[test]
fn x13_closing_the_other_patient_ends_the_question() {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 8_000, stay_with_patient).unwrap();
    stage.send(&opens("a", 1, "p2"));
    stage.wait(6);
    stage.send(&closes("b", 2, "p2"));
    assert!(is_locked(&hub));
    stage.wait(20);
    assert_eq!((hub.view(), stage.hub.count("event SyncError")), (HubView::Open, 0));
}

#[test]
fn x11_x23_an_event_that_closes_does_not_take_the_place_of_one_that_opens() {
    let (stage, hub) = slow_stage();
    stage.send(&event("a", 1, "Encounter-open", encounter_of("p1")));
    stage.send(&opens("b", 2, "p2"));
    stage.send(&closes("c", 3, "p1"));
    assert!(is_locked(&hub));
    stage.wait(5);
    assert!(is_locked(&hub));
    stage.wait(10);
    assert_eq!(stage.notice_ids(), ["a", "b", "c"]);
}

#[test]
fn x11_x18_an_app_that_stays_is_behind_until_its_patient_is_opened_again() {
    let stage = new_stage();
    let decide = |notice: &Notice<Value>| match notice.patient {
        PatientMatch::Other if notice.event.name.as_str() == "Patient-open" => Ok(Decision::Refuse("No.".into())),
        _ => Ok(Decision::Follow),
    };
    let hub = stage.subscribe_with(decide);
    stage.send(&opens("a", 1, "p2"));
    assert_eq!(hub.state(), HubState::Behind);
    // Something of its own patient is closed, and the connection is lost and made again: the other one is still open.
    stage.send(&event("b", 2, "Encounter-close", encounter_of("p1")));
    assert_eq!(hub.state(), HubState::Behind);
    stage.socket().close(1006);
    stage.wait(10);
    assert_eq!((hub.state(), stage.hub.count("subscribe")), (HubState::Behind, 2));
    stage.send(&opens("c", 3, "p1"));
    assert_eq!((hub.state(), hub.view()), (HubState::Synced, HubView::Open));
}

#[test]
fn x13_an_event_from_before_the_sleep_does_not_wake() {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 3_000, |_| Ok(Decision::Follow)).unwrap();
    stage.send(&opens("a", 1, "p1"));
    stage.send(&event("b", 2, "UserHibernate", json!([])));
    stage.wait(10);
    assert_eq!((hub.view(), stage.replies().len()), (HubView::Locked { patient: None }, 2));
}

#[test]
fn x13_a_user_who_opened_another_patient_after_the_sleep_can_stay() {
    let stage = new_stage();
    let decide = |notice: &Notice<Value>| match notice.patient {
        PatientMatch::Other => Ok(Decision::Refuse("The user stays.".into())),
        _ => Ok(Decision::Follow),
    };
    let hub = stage.subscribe_with(decide);
    stage.send(&event("a", 1, "UserHibernate", json!([])));
    assert!(is_locked(&hub));
    stage.send(&opens("b", 2, "p2"));
    assert_eq!((hub.view(), hub.state()), (HubView::Open, HubState::Behind));
}

#[test]
fn x15_the_apps_own_event_that_comes_late_does_not_unlock_the_view() {
    let (stage, hub) = slow_stage();
    stage.hub.broadcasts.set(false);
    let opening = hub.clone();
    let sent = async move { opening.open("Patient-open", vec![patient_context("p1")[0].to_string()]).await };
    stage.tab.spawn(Box::pin(async move { drop(sent.await) }));
    stage.world.settle();
    let own = stage.hub.posted.borrow()[0].clone();
    stage.send(&opens("a", 59, "p2"));
    stage.send(&own);
    assert!(is_locked(&hub), "{:?}", hub.view());
}

#[test]
fn x11_an_event_that_cannot_be_read_may_have_opened_another_patient() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(&json!({"event": {"hub.topic": TOPIC, "hub.event": "Patient-open", "context": []}}));
    assert_eq!(hub.state(), HubState::Behind);
    stage.send(&opens("b", 2, "p1"));
    assert_eq!(hub.state(), HubState::Synced);
    // This is no event.
    stage.send(&json!({"ping": true}));
    assert_eq!(hub.state(), HubState::Synced);
}
