//! `SyncError`: an app could not follow (FHIRcast 3, SyncError).

use super::event::{HubEvent, resource_item};
use super::message::one_line;
use super::name::EventName;
use crate::json::{JsonView, ObjectWriter, array};

const CODES: &str = "https://fhircast.hl7.org/events/syncerror/";

/// Who could not follow which event. The strings are one line of text each: show them as text, never as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncError {
    /// The id of the event that was not followed.
    pub event_id: Option<String>,
    /// The name of that event.
    pub event_name: Option<String>,
    /// The name of the app that did not follow.
    pub subscriber: Option<String>,
    /// The reason.
    pub diagnostics: Option<String>,
}

impl SyncError {
    /// Reads the outcome in an event's context. Whatever is missing stays `None`.
    pub fn read<V: JsonView>(event: &HubEvent<V>) -> Self {
        let outcome = event.context.iter().find_map(|item| item.resource());
        let issue = outcome.and_then(|outcome| outcome.member_items("issue").into_iter().next());
        let Some(issue) = issue else { return Self::default() };
        let codings = issue.member("details").map(|details| details.member_items("coding")).unwrap_or_default();
        let code = |kind: &str| {
            let is_kind = |coding: &&V| coding.member_text("system").is_some_and(|system| is_of_kind(&system, kind));
            one_line(&codings.iter().find(is_kind)?.member_text("code")?)
        };
        Self {
            event_id: code("eventid"),
            event_name: code("eventname"),
            subscriber: code("subscriber"),
            diagnostics: issue.member_text("diagnostics").as_deref().and_then(one_line),
        }
    }

    /// The item of the context for an event that this app does not follow after all.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::name::EventName;
    /// use smartrust::protocol::fhircast::sync_error::SyncError;
    ///
    /// let name = EventName::parse("Patient-open").expect("a name");
    /// let item = SyncError::context_item("e1", &name, Some("Growth chart"), "The user stays with the patient.");
    /// assert!(item.contains(r#""severity":"warning""#) && item.contains("Growth chart"));
    /// ```
    pub fn context_item(event_id: &str, event: &EventName, subscriber: Option<&str>, reason: &str) -> String {
        let coding = |kind: &str, code: &str| {
            ObjectWriter::new().text("system", &[CODES, kind].concat()).text("code", code).finish()
        };
        let mut codings = vec![coding("eventid", event_id), coding("eventname", event.as_str())];
        codings.extend(subscriber.map(|name| coding("subscriber", name)));
        let details = ObjectWriter::new().raw("coding", &array(codings)).finish();
        let issue = ObjectWriter::new()
            .text("severity", "warning")
            .text("code", "processing")
            .text("diagnostics", reason)
            .raw("details", &details)
            .finish();
        let outcome =
            ObjectWriter::new().text("resourceType", "OperationOutcome").raw("issue", &array([issue])).finish();
        resource_item("operationoutcome", &outcome)
    }
}

/// Whether a system of codes is FHIRcast's of a kind, also as earlier versions wrote it.
fn is_of_kind(system: &str, kind: &str) -> bool {
    let last = system.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    system.contains("fhircast") && last.eq_ignore_ascii_case(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fhircast::message::HubMessage;
    use serde_json::{Value, json};

    fn read(context: Value) -> SyncError {
        let sent = json!({"id": "s1", "event": {"hub.topic": "t", "hub.event": "syncerror", "context": context}});
        let HubMessage::Event(event) = HubMessage::read(&sent) else { panic!("no event") };
        SyncError::read(&event)
    }

    #[test]
    fn x14_who_could_not_follow_is_read_as_text() {
        let coding = |kind: &str, code: &str| json!({"system": format!("https://fhircast.hl7.org/events/syncerror/{kind}"), "code": code});
        let error = read(
            json!([{"key": "operationoutcome", "resource": {"resourceType": "OperationOutcome", "issue": [{
                "severity": "warning", "diagnostics": "Acme failed\nto follow",
                "details": {"coding": [coding("eventid", "e7"), coding("eventname", "Patient-open"), coding("subscriber", "<b>Acme</b>")]},
            }]}}]),
        );
        assert_eq!(error.event_id.as_deref(), Some("e7"));
        assert_eq!(error.event_name.as_deref(), Some("Patient-open"));
        assert_eq!(error.subscriber.as_deref(), Some("<b>Acme</b>"));
        assert_eq!(error.diagnostics.as_deref(), Some("Acme failed to follow"));
        for context in [json!([]), json!([{"key": "operationoutcome"}]), json!([{"resource": {"issue": []}}])] {
            assert_eq!(read(context), SyncError::default());
        }
    }

    #[test]
    fn x8_a_refusal_after_the_reply_names_event_and_subscriber() {
        let name = EventName::parse("Patient-open").unwrap();
        let item: Value = serde_json::from_str(&SyncError::context_item("e1", &name, Some("Growth"), "No.")).unwrap();
        let issue = &item["resource"]["issue"][0];
        assert_eq!((&item["key"], &issue["severity"]), (&json!("operationoutcome"), &json!("warning")));
        let error = read(json!([item]));
        assert_eq!(error.event_id.as_deref(), Some("e1"));
        assert_eq!((error.event_name.as_deref(), error.subscriber.as_deref()), (Some("Patient-open"), Some("Growth")));
    }
}
