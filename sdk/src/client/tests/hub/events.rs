//! Replies to events, and which events are handled.

use serde_json::json;

use super::support::*;
use crate::client::hub::{Decision, HubChange, HubState, HubView};
use crate::error::Error;

#[test]
fn x7_each_decision_has_its_reply() {
    for (decision, status) in
        [(Ok(Decision::Follow), 200), (Ok(Decision::Refuse("No.".into())), 409), (Err(Error::Aborted.into()), 500)]
    {
        let stage = new_stage();
        stage.subscribe_with(move |_| decision.clone());
        stage.send(&opens("e1", 1, "p1"));
        assert_eq!(stage.replies(), [("e1".into(), status)]);
        // The connection survives.
        stage.send(&opens("e2", 2, "p1"));
        assert_eq!(stage.replies().len(), 2);
        assert!(stage.hub.posted.borrow().is_empty());
    }
}

#[test]
fn x7_an_invalid_event_is_a_400_and_the_handler_is_not_called() {
    let stage = new_stage();
    stage.subscribe();
    stage.send(&json!({"id": "e1", "event": {"hub.topic": TOPIC, "hub.event": "Patient-open"}}));
    stage.send(&json!({"id": "e2", "event": {"hub.event": "Patient-open", "context": []}}));
    assert_eq!(stage.replies(), [("e1".into(), 400), ("e2".into(), 400)]);
    assert!(stage.notices.borrow().is_empty());
}

#[test]
fn x7_x8_a_slow_decision_is_a_202_and_a_refusal_then_a_sync_error() {
    let stage = new_stage();
    stage.subscribe_deciding(options(), 8_000, |_| Ok(Decision::Refuse("The user stays.".into()))).unwrap();
    stage.send(&opens("e1", 1, "p2"));
    stage.wait(4);
    assert!(stage.replies().is_empty());
    stage.wait(2);
    assert_eq!((stage.replies(), stage.hub.posted.borrow().len()), (vec![("e1".into(), 202)], 0));
    stage.wait(4);
    assert_eq!(stage.replies().len(), 1);
    let posted = stage.hub.posted.borrow()[0].clone();
    let issue = &posted["event"]["context"][0]["resource"]["issue"][0];
    assert_eq!((&posted["event"]["hub.event"], &issue["severity"]), (&json!("SyncError"), &json!("warning")));
    let codes: Vec<_> =
        issue["details"]["coding"].as_array().unwrap().iter().map(|coding| coding["code"].clone()).collect();
    assert_eq!(codes, ["e1", "Patient-open", "Growth chart"]);
    assert_eq!(issue["diagnostics"], "The user stays.");
}

#[test]
fn x7_a_slow_decision_to_follow_needs_no_further_message() {
    let stage = new_stage();
    stage.subscribe_deciding(options(), 8_000, |_| Ok(Decision::Follow)).unwrap();
    stage.send(&opens("e1", 1, "p1"));
    stage.wait(12);
    assert_eq!((stage.replies(), stage.hub.posted.borrow().len()), (vec![("e1".into(), 202)], 0));
}

#[test]
fn x9_an_older_event_and_a_repeated_one_are_answered_and_not_handled() {
    let stage = new_stage();
    stage.subscribe_with(|notice| {
        Ok(if notice.event.id == "b" { Decision::Refuse("No.".into()) } else { Decision::Follow })
    });
    stage.send(&opens("a", 30, "p1"));
    stage.send(&opens("old", 10, "p2"));
    stage.send(&opens("b", 40, "p2"));
    stage.send(&opens("b", 40, "p2"));
    assert_eq!(stage.notice_ids(), ["a", "b"]);
    let replies: Vec<_> =
        [("a", 200), ("old", 200), ("b", 409), ("b", 409)].map(|(id, status)| (id.to_owned(), status)).into();
    assert_eq!(stage.replies(), replies);
}

#[test]
fn x9_a_repetition_while_the_app_decides_does_not_ask_it_twice() {
    let stage = new_stage();
    stage.subscribe_deciding(options(), 3_000, |_| Ok(Decision::Follow)).unwrap();
    stage.send(&opens("a", 1, "p1"));
    stage.send(&opens("a", 1, "p1"));
    stage.wait(5);
    assert_eq!((stage.notice_ids().len(), stage.replies()), (1, vec![("a".into(), 202), ("a".into(), 200)]));
}

#[test]
fn x9_a_time_that_cannot_be_read_is_a_finding() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let mut malformed = opens("a", 1, "p1");
    malformed["timestamp"] = json!("2023-04-01T010:38:04.16");
    stage.send(&malformed);
    assert_eq!((stage.replies(), hub.findings()[0].code), (vec![("a".into(), 200)], "hub_time"));
}

#[test]
fn x9_an_event_from_the_future_does_not_make_the_others_old() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let mut wrong = opens("a", 1, "p1");
    wrong["timestamp"] = json!("2023-11-15T22:14:01Z");
    stage.send(&wrong);
    stage.send(&opens("b", 30, "p2"));
    assert_eq!((stage.notice_ids(), hub.findings()[0].code), (vec!["a".into(), "b".into()], "hub_clock"));
    assert_eq!(stage.replies()[1], ("b".into(), 409));
    // A clock that is a few seconds ahead is none of these.
    stage.send(&opens("c", 59, "p1"));
    stage.send(&opens("d", 58, "p2"));
    assert_eq!((stage.notice_ids().len(), stage.replies()[3].clone()), (3, ("d".into(), 200)));
}

#[test]
fn x10_other_topics_are_ignored_and_names_in_any_case_are_handled() {
    let stage = new_stage();
    stage.subscribe();
    let mut other = opens("a", 1, "p2");
    other["event"]["hub.topic"] = json!("another");
    stage.send(&other);
    assert!(stage.replies().is_empty() && stage.notices.borrow().is_empty());
    let mut upper = opens("b", 2, "p1");
    upper["event"]["hub.event"] = json!("PATIENT-OPEN");
    upper["event"]["context"].as_array_mut().unwrap().push(json!({"key": "vendor", "string": "x"}));
    stage.send(&upper);
    assert_eq!((stage.notice_ids(), stage.notices.borrow()[0].event.context.len()), (vec!["b".to_owned()], 2));
    // Extra events are answered and not handled.
    stage.send(&event("c", 3, "org.example.sparkle", json!([])));
    assert_eq!((stage.notice_ids().len(), stage.replies()[1].clone()), (1, ("c".into(), 200)));
}

#[test]
fn x10_a_requested_name_with_a_reverse_domain_is_handled() {
    let stage = new_stage();
    let options = crate::client::hub::SubscribeOptions::new(["org.example.Sparkle"]);
    stage.subscribe_deciding(options, 0, |_| Ok(Decision::Follow)).unwrap();
    stage.send(&event("c", 3, "org.example.sparkle", json!([])));
    assert_eq!((stage.notice_ids(), stage.replies()), (vec!["c".to_owned()], vec![("c".into(), 200)]));
}

#[test]
fn x23_in_a_flood_the_latest_context_wins() {
    let stage = new_stage();
    let hub = stage.subscribe_deciding(options(), 1_000, |_| Ok(Decision::Follow)).unwrap();
    for number in 0..1_000 {
        let patient = format!("p{}", number + 1);
        stage.socket().send(&opens(&format!("e{number}"), 1, &patient).to_string());
    }
    stage.wait(6);
    let handled = stage.notice_ids();
    assert!(handled.len() <= 3, "{}", handled.len());
    assert_eq!(handled.last().unwrap(), "e999");
    let answered: std::collections::HashSet<String> = stage.replies().into_iter().map(|(id, _)| id).collect();
    assert_eq!(answered.len(), 1_000);
    assert!(hub.findings().iter().any(|finding| finding.code == "hub_flood"));
}

#[test]
fn x23_a_slow_app_answers_each_event_within_ten_seconds_and_keeps_few() {
    let stage = new_stage();
    let options = crate::client::hub::SubscribeOptions::new(["org.example.tick"]);
    stage.subscribe_deciding(options, 60_000, |_| Ok(Decision::Follow)).unwrap();
    for number in 0..200 {
        stage.socket().send(&event(&format!("e{number}"), 1, "org.example.tick", json!([])).to_string());
    }
    stage.wait(10);
    let answered: std::collections::HashSet<String> = stage.replies().into_iter().map(|(id, _)| id).collect();
    assert_eq!(answered.len(), 200);
    assert!(stage.notice_ids().len() <= 65, "{}", stage.notice_ids().len());
}

#[test]
fn x23_large_binary_deep_and_foreign_messages_do_no_harm() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let socket = stage.socket();
    socket.send_binary();
    socket.send(&"[".repeat(100_000));
    socket.send("ping");
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    socket.send(
        &event("deep", 1, "Patient-open", json!([{"key": "patient", "resource": {"id": "p1", "deep": deep}}]))
            .to_string(),
    );
    stage.world.settle();
    assert_eq!((stage.replies(), hub.state()), (vec![("deep".into(), 200)], HubState::Synced));
    socket.send(&format!("\"{}\"", "x".repeat(1024 * 1024)));
    stage.world.settle();
    assert_eq!(hub.state(), HubState::Behind);
    let problems = stage.changes.borrow().clone();
    assert!(
        problems
            .iter()
            .any(|change| matches!(change, HubChange::Problem(failure) if failure.code() == "invalid_hub_message"))
    );
    let mut codes: Vec<_> = hub.findings().iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["hub_binary", "hub_large_message", "hub_not_json"]);
    // It goes on.
    stage.send(&opens("next", 2, "p1"));
    assert_eq!((hub.state(), hub.view()), (HubState::Synced, HubView::Open));
}
