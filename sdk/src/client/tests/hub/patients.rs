//! Which patient is open, and what the app may show.

use serde_json::{Value, json};

use super::super::server::*;
use super::support::*;
use crate::client::hub::{Decision, HubState, HubView, PatientMatch};
use crate::memory::Reply;

fn locked(name: Option<&str>) -> HubView {
    HubView::Locked { patient: name.map(str::to_owned) }
}

fn fhir_requests(stage: &Stage) -> usize {
    fhir_lines(&stage.world).len()
}

#[test]
fn x11_the_sessions_patient_is_followed_without_a_lock() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(&opens("a", 1, "p1"));
    let encounter = json!([{"key": "encounter", "resource": {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}}]);
    stage.send(&event("b", 2, "Encounter-open", encounter));
    let matches: Vec<_> = stage.notices.borrow().iter().map(|notice| notice.patient).collect();
    assert_eq!(matches, [PatientMatch::Same, PatientMatch::Same]);
    assert_eq!((hub.state(), hub.view()), (HubState::Synced, HubView::Open));
}

#[test]
fn x11_for_another_patient_the_view_is_locked_at_once_until_the_app_decides() {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 8_000, |_| Ok(Decision::Refuse("The user stays.".into()))).unwrap();
    let before = fhir_requests(&stage);
    stage.send(&opens("a", 1, "p2"));
    assert_eq!(hub.view(), locked(Some("Bo Ray")));
    assert_eq!(stage.notices.borrow()[0].patient, PatientMatch::Other);
    stage.wait(7);
    assert_eq!(hub.view(), locked(Some("Bo Ray")));
    stage.wait(3);
    assert_eq!((hub.view(), hub.state()), (HubView::Open, HubState::Behind));
    // Back to the session's patient.
    stage.send(&opens("b", 2, "p1"));
    stage.wait(9);
    assert_eq!(hub.view(), HubView::Open);
    assert_eq!(fhir_requests(&stage), before);
}

#[test]
fn x11_following_to_another_patient_needs_the_option() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(&opens("a", 1, "p2"));
    assert_eq!((stage.replies(), hub.view(), hub.state()), (vec![("a".into(), 409)], HubView::Open, HubState::Behind));

    let stage = stage_with(members("fhircast/*.* user/*.rs"));
    let hub = stage.subscribe_deciding(options().follow_other_patients(), 0, |_| Ok(Decision::Follow)).unwrap();
    stage.send(&opens("a", 1, "p2"));
    assert_eq!((stage.replies(), hub.view(), hub.state()), (vec![("a".into(), 200)], HubView::Open, HubState::Synced));
    stage.send(&opens("b", 2, "p2"));
    stage.send(&opens("c", 3, "p1"));
    let matches: Vec<_> = stage.notices.borrow().iter().map(|notice| notice.patient).collect();
    assert_eq!(matches, [PatientMatch::Other, PatientMatch::Same, PatientMatch::Other]);
}

#[test]
fn x11_a_newer_event_takes_the_place_of_an_undecided_one() {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 20_000, |_| Ok(Decision::Refuse("Late.".into()))).unwrap();
    stage.send(&opens("a", 1, "p2"));
    stage.wait(6);
    stage.send(&opens("b", 2, "p1"));
    assert_eq!(hub.view(), HubView::Open);
    stage.wait(60);
    // Only the second event is decided.
    let refused: Vec<Value> = stage.hub.posted.borrow().clone();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].to_string().contains("\"b\""));
}

#[test]
fn x12_another_base_is_compared_by_identifiers() {
    let own = json!({"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": "7"}]});
    for (value, expected, view) in [("7", PatientMatch::Same, HubView::Open), ("8", PatientMatch::Other, HubView::Open)]
    {
        let stage = new_stage();
        stage.server.fhir_replies.borrow_mut().push_back(Reply::json(200, &own));
        let decide = |notice: &crate::client::hub::Notice<Value>| match notice.patient {
            PatientMatch::Same => Ok(Decision::Follow),
            _ => Ok(Decision::Refuse("No.".into())),
        };
        // The hub is at another origin than the FHIR server.
        let options = crate::client::hub::SubscribeOptions::new(EVENTS);
        let hub = stage.subscribe_deciding(options, 0, decide).unwrap();
        let subject = json!([{"key": "patient", "resource": {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": value}]}}]);
        stage.send(&event("a", 1, "Patient-open", subject));
        assert_eq!((stage.notices.borrow()[0].patient, hub.view()), (expected, view));
        let status = if expected == PatientMatch::Same { 200 } else { 409 };
        assert_eq!(stage.replies(), [("a".into(), status)]);
    }
}

#[test]
fn x12_what_cannot_be_compared_is_another_patient() {
    // Equal ids say nothing.
    let stage = new_stage();
    stage.subscribe_deciding(options().shares_ids(false), 0, |_| Ok(Decision::Follow)).unwrap();
    stage.send(&opens("a", 1, "p1"));
    assert_eq!(stage.replies(), [("a".into(), 409)]);
    stage.send(&event("b", 2, "Encounter-open", json!([])));
    assert_eq!(stage.notices.borrow()[1].patient, PatientMatch::Other);
}

#[test]
fn x13_closing_what_is_open_leaves_nothing_and_closing_another_changes_nothing() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(&closes("a", 1, "p2"));
    assert_eq!(hub.view(), HubView::Open);
    let encounter = json!([
        {"key": "encounter", "resource": {"resourceType": "Encounter", "id": "e1"}},
        {"key": "patient", "resource": {"resourceType": "Patient", "id": "p1"}},
    ]);
    stage.send(&event("b", 2, "Encounter-open", encounter.clone()));
    stage.send(&event("c", 3, "Encounter-close", encounter));
    assert_eq!(hub.view(), HubView::Open);
    stage.send(&closes("d", 4, "p1"));
    assert_eq!(hub.view(), HubView::Nothing);
    stage.send(&opens("e", 5, "p1"));
    assert_eq!(hub.view(), HubView::Open);
    stage.send(&event("f", 6, "Home-open", json!([])));
    assert_eq!((hub.view(), stage.replies().len()), (HubView::Nothing, 6));
    assert!(stage.replies().iter().all(|(_, status)| *status == 200));
}

#[test]
fn x13_an_app_that_refuses_to_close_another_patient_is_not_behind() {
    let stage = new_stage();
    let refuse = || Decision::Refuse("The user stays.".into());
    let hub = stage.subscribe_with(move |notice| {
        Ok(if notice.patient == PatientMatch::Other { refuse() } else { Decision::Follow })
    });
    stage.send(&opens("a", 1, "p2"));
    stage.send(&opens("b", 2, "p1"));
    stage.send(&closes("c", 3, "p2"));
    assert_eq!(
        (hub.state(), hub.view(), stage.replies()[2].clone()),
        (HubState::Synced, HubView::Open, ("c".into(), 409))
    );

    let own = new_stage();
    let hub = own.subscribe_with(move |_| Ok(refuse()));
    own.send(&closes("a", 1, "p1"));
    assert_eq!((hub.state(), hub.view()), (HubState::Behind, HubView::Open));
}

#[test]
fn x13_a_sleeping_session_is_locked_until_something_is_opened() {
    let stage = new_stage();
    let hub = stage.subscribe();
    stage.send(&event("a", 1, "UserHibernate", json!([])));
    assert_eq!((hub.view(), stage.replies()), (locked(None), vec![("a".into(), 200)]));
    stage.send(&opens("b", 2, "p1"));
    assert_eq!(hub.view(), HubView::Open);
}

#[test]
fn x13_a_logout_signs_out_unless_the_app_refuses() {
    let leaving = new_stage();
    leaving.subscribe();
    leaving.send(&event("a", 1, "UserLogout", json!([])));
    leaving.wait(1);
    assert!(!leaving.session.is_active() && leaving.tab.stored().is_empty());
    assert_eq!(leaving.replies(), [("a".into(), 200)]);

    let staying = new_stage();
    staying.subscribe_with(|_| Ok(Decision::Refuse("Unsaved changes.".into())));
    staying.send(&event("a", 1, "UserLogout", json!([])));
    assert!(staying.session.is_active());
    assert_eq!(staying.replies(), [("a".into(), 202)]);
    assert_eq!(staying.hub.posted.borrow()[0]["event"]["hub.event"], "SyncError");
}
