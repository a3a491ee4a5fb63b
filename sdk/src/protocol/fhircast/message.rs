//! The messages of a hub by WebSocket: confirmations, denials and events (FHIRcast 3).

use super::event::HubEvent;
use super::name::{EventName, each_once, event_names};
use crate::json::JsonView;
use crate::protocol::secret::HubTopic;

/// The most bytes of a message that are read.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// A message of the hub.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HubMessage<V> {
    /// The subscription begins, or was renewed.
    Confirmed(Confirmation),
    /// The subscription was denied, or has ended.
    Denied(Denial),
    /// Something happened.
    Event(Box<HubEvent<V>>),
    /// A message that cannot be used.
    Invalid {
        /// Its id, if the hub expects a reply.
        id: Option<String>,
        /// What is wrong.
        problem: &'static str,
    },
}

/// The confirmation of a subscription.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Confirmation {
    /// The session that it is about.
    pub topic: Option<HubTopic>,
    /// The granted events; empty if the hub does not say.
    pub events: Vec<EventName>,
    /// The duration of the subscription in seconds, if the hub reports it.
    pub lease_seconds: Option<f64>,
}

/// The end of a subscription.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Denial {
    /// The session that it is about.
    pub topic: Option<HubTopic>,
    /// The events that are denied; empty for all.
    pub events: Vec<EventName>,
    /// The hub's reason, as text.
    pub reason: Option<String>,
}

/// The granted events in comparison with the requested ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantedEvents {
    /// The granted events.
    pub granted: Vec<EventName>,
    /// Requested events that were not granted.
    pub missing: Vec<EventName>,
    /// Granted events that were not requested.
    pub extra: Vec<EventName>,
    /// Whether the hub did not list the events, so that the requested ones count as granted.
    pub is_unlisted: bool,
}

impl GrantedEvents {
    /// Compares what was requested with what a confirmation grants.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::message::GrantedEvents;
    /// use smartrust::protocol::fhircast::name::event_names;
    ///
    /// let events = GrantedEvents::compare(&event_names("Patient-open,Patient-close"), event_names("patient-open,Home-open"));
    /// assert_eq!(events.missing, event_names("Patient-close"));
    /// assert_eq!(events.extra, event_names("Home-open"));
    /// ```
    pub fn compare(requested: &[EventName], granted: Vec<EventName>) -> Self {
        let not_in = |names: &[EventName], others: &[EventName]| {
            names.iter().filter(|name| !others.contains(name)).cloned().collect::<Vec<_>>()
        };
        if granted.is_empty() {
            return Self { granted: requested.to_vec(), is_unlisted: true, ..Self::default() };
        }
        let (missing, extra) = (not_in(requested, &granted), not_in(&granted, requested));
        Self { granted, missing, extra, is_unlisted: false }
    }
}

impl<V: JsonView> HubMessage<V> {
    /// Reads a message.
    ///
    /// ```
    /// use smartrust::protocol::fhircast::message::HubMessage;
    ///
    /// let sent = serde_json::json!({"hub.mode": "denied", "hub.topic": "t", "hub.reason": "The session has ended."});
    /// let HubMessage::Denied(denial) = HubMessage::read(&sent) else { panic!("no denial") };
    /// assert_eq!(denial.reason.as_deref(), Some("The session has ended."));
    /// ```
    pub fn read(message: &V) -> Self {
        let topic = message.member_text("hub.topic").map(HubTopic::new);
        let mode = message.member_text("hub.mode").map(|mode| mode.to_ascii_lowercase());
        match mode.as_deref() {
            Some("subscribe") => Self::Confirmed(Confirmation {
                topic,
                events: read_events(message),
                lease_seconds: read_seconds(message).filter(|seconds| *seconds > 0.0),
            }),
            // Hubs confirm the end of a subscription by a denial; some say "unsubscribe".
            Some("denied" | "unsubscribe") => {
                let reason = message.member_text("hub.reason").as_deref().and_then(one_line);
                Self::Denied(Denial { topic, events: read_events(message), reason })
            }
            Some(_) => Self::Invalid { id: None, problem: "its hub.mode is unknown" },
            None => Self::read_event(message),
        }
    }

    fn read_event(message: &V) -> Self {
        let id = message.member_text("id").filter(|id| !id.is_empty());
        let Some(id) = id else { return Self::Invalid { id: None, problem: "it has no id" } };
        match HubEvent::read(message, id.clone()) {
            Ok(event) => Self::Event(Box::new(event)),
            Err(problem) => Self::Invalid { id: Some(id), problem },
        }
    }
}

fn read_events<V: JsonView>(message: &V) -> Vec<EventName> {
    let listed = message.member_items("hub.events");
    match message.member_text("hub.events") {
        Some(text) => event_names(&text),
        None => each_once(listed.iter().filter_map(|name| EventName::parse(&name.text()?))),
    }
}

fn read_seconds<V: JsonView>(message: &V) -> Option<f64> {
    let lease = message.member("hub.lease_seconds")?;
    let seconds = lease.number().or_else(|| lease.text()?.trim().parse().ok())?;
    seconds.is_finite().then_some(seconds)
}

/// The most characters of a text of the hub that are shown.
const LONGEST: usize = 300;

/// A text of the hub on one line without control characters; `None` if nothing is left.
pub(super) fn one_line(text: &str) -> Option<String> {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn confirmed(events: Value, lease: Value) -> Confirmation {
        let sent = json!({"hub.mode": "Subscribe", "hub.topic": "t", "hub.events": events, "hub.lease_seconds": lease});
        match HubMessage::read(&sent) {
            HubMessage::Confirmed(confirmation) => confirmation,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn x5_a_confirmation_has_the_topic_the_events_and_the_lease() {
        let confirmation = confirmed(json!("Patient-open,patient-close"), json!(7200));
        assert_eq!(confirmation.topic, Some(HubTopic::new("t")));
        assert_eq!(confirmation.events, event_names("patient-open,patient-close"));
        assert_eq!(confirmation.lease_seconds, Some(7200.0));
        assert_eq!(confirmed(json!(["Patient-open", 1]), json!("60")).events, event_names("patient-open"));
        for (events, lease) in [(json!(""), json!(-1)), (json!(null), json!("x")), (json!(7), json!("inf"))] {
            let confirmation = confirmed(events, lease);
            assert_eq!((confirmation.events.len(), confirmation.lease_seconds), (0, None));
        }
    }

    #[test]
    fn x5_granted_missing_and_extra_events_are_told_apart_and_an_empty_list_grants_all() {
        let requested = event_names("Patient-open,Patient-close,SyncError");
        let some = GrantedEvents::compare(&requested, event_names("patient-OPEN,Encounter-open"));
        assert_eq!(some.missing, event_names("Patient-close,SyncError"));
        assert_eq!(some.extra, event_names("Encounter-open"));
        let unlisted = GrantedEvents::compare(&requested, Vec::new());
        assert_eq!((unlisted.granted, unlisted.missing, unlisted.is_unlisted), (requested, vec![], true));
    }

    #[test]
    fn x17_a_denial_has_the_reason_as_one_line_of_text() {
        let sent = json!({"hub.mode": "denied", "hub.topic": "t", "hub.events": "Patient-open", "hub.reason": " gone\n<b>\u{1b} "});
        let HubMessage::Denied(denial) = HubMessage::read(&sent) else { panic!("not denied") };
        assert_eq!((denial.reason.as_deref(), denial.events), (Some("gone <b>"), event_names("Patient-open")));
    }

    #[test]
    fn x7_x23_messages_that_are_none_are_told_apart() {
        let invalid = |sent: Value| match HubMessage::read(&sent) {
            HubMessage::Invalid { id, .. } => id,
            other => panic!("{other:?}"),
        };
        assert_eq!(invalid(json!({"id": "e1"})).as_deref(), Some("e1"));
        assert_eq!(invalid(json!({"id": "e1", "event": {"hub.event": "Patient-open"}})).as_deref(), Some("e1"));
        assert_eq!(invalid(json!({"id": "e1", "event": {"hub.event": "*", "context": []}})).as_deref(), Some("e1"));
        assert_eq!(invalid(json!({"id": "", "event": {"hub.event": "Patient-open", "context": []}})), None);
        let deep = (0..200).fold(json!(null), |inner, _| json!([inner]));
        for sent in [json!(null), json!([]), json!("ping"), json!({"hub.mode": "dance"}), json!({"hub.mode": 1}), deep]
        {
            assert_eq!(invalid(sent), None);
        }
    }
}
