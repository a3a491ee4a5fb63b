//! Messages of a hub: whatever comes is read, or told to be invalid; a reply to an event is JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use smartrust::protocol::fhircast::event::{ReplyStatus, reply};
use smartrust::protocol::fhircast::identity::EventPatient;
use smartrust::protocol::fhircast::message::HubMessage;
use smartrust::protocol::fhircast::sync_error::SyncError;

fuzz_target!(|text: &str| {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return };
    let HubMessage::Event(event) = HubMessage::read(&message) else { return };
    let _ = (EventPatient::of(&event), SyncError::read(&event));
    let sent: Value = serde_json::from_str(&reply(&event.id, ReplyStatus::Followed)).unwrap();
    assert_eq!(sent["id"], event.id);
});
