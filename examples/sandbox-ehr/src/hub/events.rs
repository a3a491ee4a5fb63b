//! Events that the hub makes itself.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::oauth::random_secret;

/// A new event, at this moment.
pub fn event(topic: &str, name: &str, context: Value) -> Value {
    json!({
        "timestamp": now(), "id": random_secret(),
        "event": { "hub.topic": topic, "hub.event": name, "context": context },
    })
}

/// The time of this machine, also where a test has another clock: events are compared with those of apps.
fn now() -> String {
    DateTime::<Utc>::from(std::time::SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The event for a subscriber that did not follow another event (FHIRcast 3, SyncError).
pub fn sync_error(topic: &str, about: &Value, subscriber: &str, reason: &str) -> Value {
    let coding = |kind: &str, code: &Value| json!({ "system": format!("https://fhircast.hl7.org/events/syncerror/{kind}"), "code": code });
    let codings = json!([
        coding("eventid", &about["id"]),
        coding("eventname", &about["event"]["hub.event"]),
        coding("subscriber", &Value::from(subscriber)),
    ]);
    let issue = json!({
        "severity": "warning", "code": "processing", "diagnostics": reason, "details": { "coding": codings },
    });
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [issue] });
    event(topic, "SyncError", json!([{ "key": "operationoutcome", "resource": outcome }]))
}

/// The part of a Patient that identifies it, which is enough for an event.
pub fn identified(patient: &Value) -> Value {
    let members = ["resourceType", "id", "identifier", "name", "gender", "birthDate"];
    let known = members.into_iter().filter_map(|name| Some((name.to_owned(), patient.get(name)?.clone())));
    Value::Object(known.collect::<Map<_, _>>())
}
