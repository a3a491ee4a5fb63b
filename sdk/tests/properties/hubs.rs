//! What a hub sends: messages, responses, times.

use proptest::prelude::*;
use serde_json::Value;
use smartrust::platform::Body;
use smartrust::protocol::fhircast::current::read_current;
use smartrust::protocol::fhircast::event::{ReplyStatus, reply};
use smartrust::protocol::fhircast::grant::HubGrant;
use smartrust::protocol::fhircast::identity::EventPatient;
use smartrust::protocol::fhircast::message::HubMessage;
use smartrust::protocol::fhircast::subscription::read_subscription;
use smartrust::protocol::fhircast::sync_error::SyncError;
use smartrust::protocol::fhircast::timestamp::{read_time, write_time};
use smartrust::protocol::scope::ScopeSet;

use crate::generated::{cases, json, object, text};

const MEMBERS: &[&str] = &[
    "id",
    "timestamp",
    "event",
    "hub.mode",
    "hub.topic",
    "hub.events",
    "hub.lease_seconds",
    "hub.reason",
    "hub.event",
    "context",
    "context.type",
    "hub.channel.endpoint",
    "hub.url",
    "resource",
    "key",
];
const VALUES: &[&str] = &[
    r#""hidden-topic""#,
    r#""subscribe""#,
    r#""denied""#,
    r#""Patient-open,patient-close""#,
    r#""2018-01-08T01:37:05.14""#,
    r#""wss://hub.example/1""#,
    r#""https://hub.example/""#,
    "7200",
    "[]",
    r#"{"hub.topic": "hidden-topic", "hub.event": "Patient-open", "context": [{"key": "patient", "resource": {"id": "1", "name": [{"family": 1}]}}]}"#,
    r#"{"hub.topic": "hidden-topic", "hub.event": "SyncError", "context": [{"resource": {"issue": [{"details": {"coding": [{}]}}]}}]}"#,
];

fn message() -> impl Strategy<Value = Value> {
    prop_oneof![6 => object(MEMBERS, VALUES), 1 => json()]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn x23_any_message_is_read_or_told_to_be_invalid(message in message()) {
        let read = HubMessage::read(&message);
        if let HubMessage::Event(event) = &read {
            prop_assert!(!event.id.is_empty());
            let _ = (EventPatient::of(event), SyncError::read(event), event.anchor().is_some());
        }
        prop_assert!(!matches!(&read, HubMessage::Confirmed(confirmed) if confirmed.lease_seconds.is_some_and(|lease| lease <= 0.0)));
    }

    #[test]
    fn x4_x16_any_response_is_read_or_is_a_typed_error(status in any::<u16>(), response in message()) {
        if let Ok(accepted) = read_subscription(status, &Body::Json(response.clone()), None, false) {
            let is_secure = accepted.endpoint.expose().starts_with("wss://");
            prop_assert!((200..300).contains(&status) && is_secure, "{}", accepted.endpoint.expose());
        }
        if let Ok(Some(current)) = read_current(status, &Body::Json(response)) {
            prop_assert!((200..300).contains(&status) && !current.resource_type.is_empty());
        }
    }

    #[test]
    fn x1_x2_a_hub_that_is_taken_is_complete_and_secure(response in message(), scope in text()) {
        let granted = ScopeSet::parse(&format!("{scope} fhircast/*.read"));
        let Some(grant) = HubGrant::read(&response) else { return Ok(()) };
        if let Ok(hub) = grant.hub(&granted, false) {
            prop_assert!(hub.url.is_confidential() && !hub.topic.expose().is_empty());
        }
        let kept: Value = serde_json::from_str(&grant.to_json()).expect("JSON");
        prop_assert_eq!(HubGrant::read(&kept), Some(grant));
    }

    #[test]
    fn x9_any_time_is_read_or_none_and_what_is_written_is_read(text in text(), seconds in -6.2e10..2.5e11) {
        let _ = read_time(&text);
        let written = write_time(seconds).expect("a date");
        let read = read_time(&written).expect("a time");
        prop_assert!((read.seconds - seconds).abs() <= 0.0011, "{written} {seconds} {}", read.seconds);
    }

    #[test]
    fn x7_a_reply_is_json_with_the_id(id in text()) {
        let sent: Value = serde_json::from_str(&reply(&id, ReplyStatus::Followed)).expect("JSON");
        prop_assert_eq!(sent["id"].as_str(), Some(id.as_str()));
    }
}
