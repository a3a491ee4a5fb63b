//! Events of the app.

use serde_json::{Value, json};

use super::support::*;
use crate::client::hub::{HubChange, HubState};
use crate::error::Error;
use crate::memory::Reply;
use crate::protocol::fhircast::event::resource_item;

fn patient(id: &str) -> Vec<String> {
    vec![resource_item("patient", &json!({"resourceType": "Patient", "id": id}).to_string())]
}

fn open(stage: &Stage, event: &str) -> Result<(), Error> {
    let (hub, event) = (stage.handle(), event.to_owned());
    stage.world.run(async move { hub.open(&event, patient("p1")).await }).unwrap().map_err(Error::from)
}

fn sync_error(id: &str, second: u32, about: &str) -> Value {
    let coding = |kind: &str, code: &str| json!({"system": format!("https://fhircast.hl7.org/events/syncerror/{kind}"), "code": code});
    let issue = json!({"severity": "warning", "diagnostics": "No", "details": {"coding": [coding("eventid", about), coding("subscriber", "<b>Acme</b>")]}});
    event(
        id,
        second,
        "SyncError",
        json!([{"key": "operationoutcome", "resource": {"resourceType": "OperationOutcome", "issue": [issue]}}]),
    )
}

#[test]
fn x15_an_event_is_complete_when_the_hub_sends_it_to_all() {
    let stage = new_stage();
    let hub = stage.subscribe();
    open(&stage, "Patient-open").unwrap();
    let posted = stage.hub.posted.borrow()[0].clone();
    assert_eq!(
        (&posted["event"]["hub.event"], posted["timestamp"].as_str().unwrap().len()),
        (&json!("Patient-open"), 24)
    );
    // The app's own handler is not called, and the hub gets its reply.
    assert!(stage.notices.borrow().is_empty());
    assert_eq!(
        (stage.replies(), hub.state()),
        (vec![(posted["id"].as_str().unwrap().to_owned(), 200)], HubState::Synced)
    );
    let ids: Vec<String> = (0..2)
        .map(|_| {
            open(&stage, "Patient-open").unwrap();
            stage.hub.posted.borrow().last().unwrap()["id"].to_string()
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn x15_without_a_scope_a_subscription_or_a_fitting_name_nothing_is_sent() {
    let stage = stage_with(members("fhircast/*.read fhircast/Patient-close.write"));
    assert_eq!(open(&stage, "Patient-open").unwrap_err().code(), "not_granted");
    stage.subscribe();
    assert_eq!(open(&stage, "Patient-open").unwrap_err().code(), "not_granted");
    assert_eq!(open(&stage, "Patient-close").unwrap_err().code(), "invalid_configuration");
    assert_eq!(open(&stage, "Patient open").unwrap_err().code(), "invalid_configuration");
    let hub = stage.handle();
    stage.world.run(async move { hub.close("Patient-close", patient("p1")).await }).unwrap().unwrap();
    assert_eq!(stage.hub.posted.borrow().len(), 1);

    let unsubscribed = new_stage();
    assert_eq!(open(&unsubscribed, "Patient-open").unwrap_err().code(), "hub_unavailable");
    assert!(unsubscribed.hub.posted.borrow().is_empty());
}

#[test]
fn x15_a_success_of_the_request_alone_is_a_timeout() {
    let stage = new_stage();
    stage.subscribe();
    stage.hub.broadcasts.set(false);
    assert_eq!(open(&stage, "Patient-open").unwrap_err().code(), "hub_timeout");
    // X21: a hub may repeat what it got.
    let echo = Reply::text(400, &format!("The topic {TOPIC} is unknown."));
    stage.hub.post_replies.borrow_mut().push_back(echo);
    let refused = open(&stage, "Patient-open").unwrap_err();
    assert_eq!((refused.code(), refused.status()), ("hub_refused", Some(400)));
    assert!(format!("{refused:?}").contains("The topic [redacted] is unknown."), "{refused:?}");
}

#[test]
fn x14_x15_a_sync_error_fails_the_event_and_it_is_repeated_as_it_was() {
    let stage = new_stage();
    stage.subscribe();
    stage.hub.broadcasts.set(false);
    let (hub, world) = (stage.handle(), stage.world.clone());
    let outcome = std::rc::Rc::new(std::cell::RefCell::new(None));
    let slot = outcome.clone();
    use crate::platform::Spawn as _;
    stage.tab.spawn(Box::pin(async move { *slot.borrow_mut() = Some(hub.open("Patient-open", patient("p1")).await) }));
    world.settle();
    let first = stage.hub.posted.borrow()[0].clone();
    let id = first["id"].as_str().unwrap().to_owned();
    stage.send(&sync_error("s0", 1, &id));
    let failure = outcome.borrow_mut().take().unwrap().unwrap_err();
    assert!(failure.code() == "hub_refused" && failure.message().contains("<b>Acme</b>"), "{failure}");
    let changes = stage.changes.borrow().clone();
    assert!(changes.iter().any(
        |change| matches!(change, HubChange::NotFollowed(error) if error.subscriber.as_deref() == Some("<b>Acme</b>"))
    ));
    stage.wait(9);
    assert_eq!(stage.hub.posted.borrow().len(), 1);
    stage.wait(2);
    assert_eq!(stage.hub.posted.borrow()[1], first);
    // No more SyncErrors: all follow.
    stage.wait(60);
    assert_eq!(stage.hub.posted.borrow().len(), 2);
    for number in 1..20 {
        stage.send(&sync_error(&format!("s{number}"), 2, &id));
        stage.wait(12);
    }
    assert_eq!(stage.hub.posted.borrow().len(), 7);
}

#[test]
fn x14_a_newer_event_ends_the_repetitions() {
    let stage = new_stage();
    stage.subscribe();
    open(&stage, "Patient-open").unwrap();
    let id = stage.hub.posted.borrow()[0]["id"].as_str().unwrap().to_owned();
    stage.send(&sync_error("s0", 20, &id));
    stage.send(&opens("new", 59, "p1"));
    stage.wait(30);
    assert_eq!(stage.hub.posted.borrow().len(), 1);
}
