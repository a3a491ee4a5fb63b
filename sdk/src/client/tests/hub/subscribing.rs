//! Subscribing and its confirmation.

use serde_json::json;

use super::super::server::*;
use super::support::*;
use crate::client::hub::{Decision, HubState};
use crate::memory::Reply;

fn code_of_hub(members: serde_json::Value) -> &'static str {
    let stage = stage_with(members);
    let sent = stage.world.requests().len();
    let code = stage.session.hub().map_or_else(|failure| failure.code(), |_| "fine");
    assert_eq!(stage.world.requests().len(), sent);
    code
}

#[test]
fn x1_x2_a_session_without_a_whole_hub_is_told_before_any_request() {
    assert_eq!(code_of_hub(members("fhircast/Patient-open.read")), "fine");
    assert_eq!(code_of_hub(json!({})), "hub_unavailable");
    assert_eq!(code_of_hub(json!({"hub.url": HUB, "scope": "fhircast/*.read"})), "hub_unavailable");
    assert_eq!(code_of_hub(json!({"hub.topic": TOPIC, "scope": "fhircast/*.read"})), "hub_unavailable");
    assert_eq!(code_of_hub(members("patient/*.rs")), "hub_unavailable");
    assert_eq!(
        code_of_hub(json!({"hub.url": "http://hub.example/", "hub.topic": TOPIC, "scope": "fhircast/*.read"})),
        "insecure_url"
    );
}

#[test]
fn x3_x5_one_request_subscribes_and_the_confirmation_makes_it_synced() {
    let stage = new_stage();
    let hub = stage.subscribe();
    assert_eq!((hub.state(), stage.hub.got.borrow().clone()), (HubState::Synced, vec!["subscribe".to_owned()]));
    let requests = stage.world.requests();
    let sent = requests.iter().find(|request| request.url.host() == "hub.example").unwrap();
    let form = |name: &str| field(sent, name).unwrap();
    assert_eq!(form("hub.events"), format!("{},SyncError", EVENTS.join(",")));
    assert_eq!((form("subscriber.name").as_str(), form("hub.topic").as_str()), ("Growth chart", TOPIC));
    // The token has an hour.
    let lease: f64 = form("hub.lease_seconds").parse().unwrap();
    assert!((3500.0..=3600.0).contains(&lease), "{lease}");
    // X2: the WebSocket gets nothing but its URL.
    assert_eq!((stage.socket().url(), stage.socket().sent().len()), ("wss://hub.example/socket-1", 0));
}

#[test]
fn x4_a_refusal_and_a_wrong_response_are_typed_errors() {
    for (reply, code) in [
        (Reply::text(403, "Topic unknown"), "hub_refused"),
        (Reply::text(500, ""), "hub_refused"),
        (Reply::text(202, "<html>"), "invalid_hub_message"),
        (Reply::json(202, &json!({"hub.channel.endpoint": "ws://hub.example/1"})), "invalid_hub_message"),
        (Reply::offline(), "network"),
        (Reply::text(202, "").after(60_000), "timeout"),
    ] {
        let stage = new_stage();
        stage.hub.subscribe_replies.borrow_mut().push_back(reply);
        let failure = stage.subscribe_deciding(options(), 0, |_| Ok(Decision::Follow)).unwrap_err();
        assert_eq!((failure.code(), stage.handle().state()), (code, HubState::Closed));
        assert!(!failure.message().contains("Topic unknown") && stage.world.sockets().is_empty());
        // It can be tried again.
        assert_eq!(stage.subscribe().state(), HubState::Synced);
    }
}

#[test]
fn x4_a_hub_of_fhircast_2_is_taken_with_a_finding() {
    let stage = new_stage();
    let old = Reply::text(200, "").header("Content-Location", "wss://hub.example/old");
    stage.hub.subscribe_replies.borrow_mut().push_back(old);
    let hub = stage.subscribe();
    assert_eq!((hub.state(), stage.socket().url()), (HubState::Synced, "wss://hub.example/old"));
    let codes: Vec<_> = hub.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["hub_status", "hub_content_location"]);
}

#[test]
fn x5_without_a_confirmation_in_time_it_is_a_timeout() {
    let stage = new_stage();
    *stage.hub.greeting.borrow_mut() = Some(vec![]);
    let failure = stage.subscribe_deciding(options(), 0, |_| Ok(Decision::Follow)).unwrap_err();
    assert_eq!((failure.code(), stage.handle().state()), ("hub_timeout", HubState::Closed));
    assert_eq!(stage.socket().closed_by_page(), Some(1000));
}

#[test]
fn x5_a_confirmation_of_another_topic_closes() {
    let stage = new_stage();
    *stage.hub.greeting.borrow_mut() =
        Some(vec![json!({"hub.mode": "subscribe", "hub.topic": "another", "hub.events": "Patient-open"})]);
    let failure = stage.subscribe_deciding(options(), 0, |_| Ok(Decision::Follow)).unwrap_err();
    assert_eq!((failure.code(), stage.socket().closed_by_page()), ("invalid_hub_message", Some(1000)));
}

#[test]
fn x5_missing_and_extra_events_are_told_apart_and_an_empty_list_is_a_finding() {
    let stage = new_stage();
    let confirmed = |events: &str| json!({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.events": events});
    *stage.hub.greeting.borrow_mut() = Some(vec![confirmed("patient-OPEN,SyncError,DiagnosticReport-open")]);
    let events = stage.subscribe().events();
    assert_eq!((events.missing.len(), events.extra[0].as_str()), (6, "DiagnosticReport-open"));

    let other = new_stage();
    *other.hub.greeting.borrow_mut() = Some(vec![confirmed("")]);
    let hub = other.subscribe();
    assert!(hub.events().missing.is_empty() && hub.events().granted.len() == 8);
    assert_eq!(hub.findings()[0].code, "hub_events");
}

#[test]
fn x16_the_current_context_is_requested_and_a_hub_without_it_only_once() {
    let stage = new_stage();
    let hub = stage.handle();
    let current = || {
        let hub = hub.clone();
        stage.world.run(async move { hub.current().await }).unwrap()
    };
    *stage.hub.current.borrow_mut() = Reply::json(200, &json!({"context.type": "", "context": []}));
    assert_eq!(current().unwrap(), None);
    let open = json!({"context.type": "Patient", "context.versionId": "1", "context": patient_context("p1")});
    *stage.hub.current.borrow_mut() = Reply::json(200, &open);
    assert_eq!(current().unwrap().unwrap().context[0].resource().unwrap()["id"], "p1");
    *stage.hub.current.borrow_mut() = Reply::text(501, "");
    assert_eq!(current().unwrap_err().code(), "not_offered");
    assert_eq!(current().unwrap_err().code(), "not_offered");
    assert_eq!(stage.hub.count("current"), 3);
}

#[test]
fn x6_events_after_the_confirmation_are_handled_and_a_silent_hub_is_asked() {
    let stage = new_stage();
    *stage.hub.greeting.borrow_mut() = Some(vec![stage.hub.confirmation(), opens("late", 1, "p1")]);
    stage.subscribe();
    stage.wait(3);
    assert_eq!((stage.notice_ids(), stage.hub.count("current")), (vec!["late".to_owned()], 0));

    let silent = new_stage();
    let open = json!({"context.type": "Patient", "context": patient_context("p2")});
    *silent.hub.current.borrow_mut() = Reply::json(200, &open);
    silent.subscribe_with(|_| Ok(Decision::Refuse("No.".into())));
    silent.wait(3);
    assert_eq!((silent.notices.borrow().len(), silent.hub.count("current")), (1, 1));
    assert!(silent.replies().is_empty());
}

#[test]
fn x6_what_the_request_for_the_context_opened_is_not_delivered_twice() {
    let stage = new_stage();
    let open = json!({"context.type": "Encounter", "context": [
        {"key": "encounter", "resource": {"resourceType": "Encounter", "id": "e1"}},
        {"key": "patient", "resource": {"resourceType": "Patient", "id": "p1"}},
    ]});
    *stage.hub.current.borrow_mut() = Reply::json(200, &open);
    stage.subscribe();
    stage.wait(3);
    assert_eq!(stage.notices.borrow().len(), 1);
    stage.send(&event("e", 1, "Encounter-open", open["context"].clone()));
    assert_eq!((stage.notices.borrow().len(), stage.replies()), (1, vec![("e".into(), 200)]));
}

#[test]
fn x22_without_a_websocket_it_is_a_typed_error() {
    let stage = new_stage();
    stage.world.set_sockets_available(false);
    let failure = stage.subscribe_deciding(options(), 0, |_| Ok(Decision::Follow)).unwrap_err();
    assert_eq!((failure.code(), stage.handle().state()), ("websocket_unavailable", HubState::Closed));
}

#[test]
fn wrong_options_are_refused_before_any_request() {
    let stage = new_stage();
    for (options, code) in [
        (crate::client::hub::SubscribeOptions::new(["Patient open"]), "invalid_configuration"),
        (crate::client::hub::SubscribeOptions::new([""; 0]), "invalid_configuration"),
        (options().follow_other_patients(), "invalid_scope"),
    ] {
        let failure = stage.subscribe_deciding(options, 0, |_| Ok(Decision::Follow)).unwrap_err();
        assert_eq!(failure.code(), code);
    }
    assert!(stage.hub.got.borrow().is_empty());
    stage.subscribe();
    let twice = stage.subscribe_deciding(options(), 0, |_| Ok(Decision::Follow)).unwrap_err();
    assert_eq!((twice.code(), stage.hub.count("subscribe")), ("hub_unavailable", 1));
}

#[test]
fn x21_the_topic_is_stored_with_the_tokens_only_and_never_printed() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let stored = stage.tab.stored();
    let with_topic: Vec<_> =
        stored.iter().filter(|(_, text)| text.contains(TOPIC)).map(|(key, _)| key.clone()).collect();
    assert_eq!(with_topic, [format!("smartrust.session.{}", stage.session.id())]);
    assert!(!stored.values().any(|text| text.contains("socket-1")));
    assert!(!stage.session.context().to_json().contains(TOPIC));
    let printed = format!("{hub:?} {:?} {:?} {:?}", stage.session, hub.findings(), stage.world.requests());
    assert!(!printed.contains(TOPIC) && !printed.contains("socket-1"));
    // A refresh whose response has no hub keeps it.
    *stage.server.members.borrow_mut() = json!({});
    let session = stage.session.clone();
    stage.world.run(async move { session.refresh().await }).unwrap().unwrap();
    let reloaded = resume(&stage.world, &app(&stage.tab)).unwrap().unwrap();
    assert!(
        reloaded.hub().is_err_and(|failure| failure.code() == "hub_unavailable"),
        "the grant has no scope any more"
    );
}
