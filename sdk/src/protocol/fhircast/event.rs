//! Events, in both directions, and the replies to them (FHIRcast 3, receiving and sending event notifications).

use super::grant::Hub;
use super::name::{EventKind, EventName};
use super::timestamp::{EventTime, read_time, write_time};
use crate::error::{Failure, HubError};
use crate::fhir::reference::ResourceId;
use crate::json::{JsonView, ObjectWriter, array};
use crate::protocol::http::{Method, Request};
use crate::protocol::secret::HubTopic;

/// An event that the hub sent. Show its strings as text, never as HTML.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HubEvent<V> {
    /// Its id, by which a repeated event is recognized.
    pub id: String,
    /// When it happened; `None` if the time cannot be read.
    pub time: Option<EventTime>,
    /// Its name.
    pub name: EventName,
    /// The context, with every item as it came.
    pub context: Vec<ContextItem<V>>,
    /// The version of the context (`context.versionId`).
    pub version: Option<String>,
    /// The session that it belongs to.
    pub topic: Option<HubTopic>,
}

/// An item of a context.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ContextItem<V> {
    /// Its key, such as `patient`.
    pub key: String,
    /// The whole item, with `resource`, `reference` or another value.
    pub value: V,
}

impl<V: JsonView> ContextItem<V> {
    pub(super) fn list(value: &V) -> Option<Vec<Self>> {
        let items = value.member("context")?.items()?;
        Some(items.into_iter().map(|value| Self { key: value.member_text("key").unwrap_or_default(), value }).collect())
    }

    /// The resource, complete or with its id and identifiers only.
    pub fn resource(&self) -> Option<V> {
        self.value.member("resource")
    }

    /// The reference, of an item that has one in place of a resource.
    pub fn reference(&self) -> Option<String> {
        let reference = self.value.member("reference")?;
        reference.text().or_else(|| reference.member_text("reference"))
    }
}

impl<V: JsonView> HubEvent<V> {
    /// The event of a message with an id. What is wrong, otherwise.
    pub(super) fn read(message: &V, id: String) -> Result<Self, &'static str> {
        let event = message.member("event").ok_or("it has no event")?;
        let name = event.member_text("hub.event").as_deref().and_then(EventName::parse);
        Ok(Self {
            id,
            time: message.member_text("timestamp").as_deref().and_then(read_time),
            name: name.ok_or("it has no hub.event")?,
            context: ContextItem::list(&event).ok_or("its context is not an array")?,
            version: event.member_text("context.versionId"),
            topic: event.member_text("hub.topic").map(HubTopic::new),
        })
    }

    /// An event that opens what is open already. It has no id, so nobody expects a reply.
    pub fn opening(
        name: EventName,
        topic: Option<HubTopic>,
        version: Option<String>,
        context: Vec<ContextItem<V>>,
    ) -> Self {
        Self { id: String::new(), time: None, name, context, version, topic }
    }

    /// The resource that an open or close event is about, in a context that may hold others.
    pub fn anchor(&self) -> Option<&ContextItem<V>> {
        anchor(self.name.subject()?, &self.context)
    }

    /// Whether it changes what is open.
    pub fn changes_context(&self) -> bool {
        matches!(self.name.kind(), EventKind::Open | EventKind::Close | EventKind::Home)
    }
}

/// The item of a resource type: by its key, else by its resource or its reference. Some keys differ from the type, such as `study`.
pub(super) fn anchor<'a, V: JsonView>(
    resource_type: &str,
    context: &'a [ContextItem<V>],
) -> Option<&'a ContextItem<V>> {
    let is_type = |text: &str| text.eq_ignore_ascii_case(resource_type);
    let has_type = |item: &&ContextItem<V>| match item.resource() {
        Some(resource) => resource.member_text("resourceType").is_some_and(|text| is_type(&text)),
        None => {
            let reference = item.reference().as_deref().and_then(ResourceId::read);
            reference.is_some_and(|reference| is_type(&reference.resource_type))
        }
    };
    context.iter().find(|item| is_type(&item.key)).or_else(|| context.iter().find(has_type))
}

/// How an app takes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyStatus {
    /// It follows.
    Followed,
    /// It has the event, and has not decided yet.
    Accepted,
    /// It does not follow.
    Refused,
    /// It could not process the event.
    Failed,
    /// The event is invalid.
    Invalid,
}

impl ReplyStatus {
    /// The status on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Followed => 200,
            Self::Accepted => 202,
            Self::Refused => 409,
            Self::Failed => 500,
            Self::Invalid => 400,
        }
    }
}

/// The reply to an event, which is sent by WebSocket.
///
/// ```
/// use smartrust::protocol::fhircast::event::{ReplyStatus, reply};
///
/// assert_eq!(reply("q9v3", ReplyStatus::Refused), r#"{"id":"q9v3","status":409}"#);
/// ```
pub fn reply(id: &str, status: ReplyStatus) -> String {
    ObjectWriter::new().text("id", id).raw("status", &status.code().to_string()).finish()
}

/// An event that the app sends.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Its id, which no other event has.
    pub id: String,
    /// When it happened, in seconds since 1970.
    pub seconds: f64,
    /// Its name.
    pub name: EventName,
    /// The items of the context, each as JSON text.
    pub context: Vec<String>,
}

impl Hub {
    /// The request that sends an event, without its token. Repeated, it has the same id and time.
    ///
    /// ```
    /// # use smartrust::protocol::{fhircast::grant::HubGrant, scope::ScopeSet};
    /// use smartrust::protocol::fhircast::event::{NewEvent, resource_item};
    /// use smartrust::protocol::fhircast::name::EventName;
    ///
    /// # let response = serde_json::json!({"hub.url": "https://hub.example/", "hub.topic": "t"});
    /// # let hub = HubGrant::read(&response).expect("a hub").hub(&ScopeSet::parse("fhircast/*.*"), false)?;
    /// let patient = resource_item("patient", r#"{"resourceType":"Patient","id":"1"}"#);
    /// let name = EventName::parse("Patient-open").expect("a name");
    /// let event = NewEvent { id: "e1".into(), seconds: 1.7e9, name, context: vec![patient] };
    /// let request = hub.event_request(&event)?;
    /// assert!(request.body.expect("a body").contains(r#""hub.event":"Patient-open""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`HubError::Message`] for an invalid time.
    pub fn event_request(&self, event: &NewEvent) -> Result<Request, Failure> {
        let time =
            write_time(event.seconds).ok_or(HubError::Message { problem: "the time of the event is invalid" })?;
        let body = ObjectWriter::new()
            .text("hub.topic", self.topic.expose())
            .text("hub.event", event.name.as_str())
            .raw("context", &array(event.context.iter().cloned()))
            .finish();
        let message = ObjectWriter::new().text("timestamp", &time).text("id", &event.id).raw("event", &body).finish();
        let mut request = Request::json(Method::Post, self.url.clone(), Some(message));
        request.set_header("Content-Type", "application/fhir+json");
        Ok(request)
    }
}

/// An item with a resource, given as JSON text.
pub fn resource_item(key: &str, resource: &str) -> String {
    ObjectWriter::new().text("key", key).raw("resource", resource).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fhircast::message::HubMessage;
    use crate::protocol::url::Url;
    use serde_json::{Value, json};

    fn event(message: &Value) -> HubEvent<Value> {
        match HubMessage::read(message) {
            HubMessage::Event(event) => *event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn x10_a_full_resource_an_identifier_and_unknown_keys_are_kept() {
        let full = event(&json!({
            "timestamp": "2018-01-08T01:37:05.14", "id": "e1",
            "event": {"hub.topic": "t", "hub.event": "imagingstudy-OPEN", "context.versionId": "v2", "context": [
                {"key": "vendor", "string": "x"},
                {"key": "patient", "resource": {"resourceType": "Patient", "identifier": [{"value": "17"}]}},
                {"key": "study", "resource": {"resourceType": "ImagingStudy", "id": "s1"}},
            ]},
        }));
        assert_eq!((full.context.len(), full.context[0].value["string"].clone()), (3, json!("x")));
        assert_eq!(full.anchor().unwrap().resource().unwrap()["id"], "s1");
        assert_eq!((full.version.as_deref(), &full.topic), (Some("v2"), &Some(HubTopic::new("t"))));
        assert!(full.changes_context());
        let referring = event(&json!({"id": "e2", "event": {"hub.event": "Encounter-open", "context": [
            {"key": "x", "reference": {"reference": "Encounter/5"}},
        ]}}));
        assert_eq!(referring.anchor().unwrap().reference().as_deref(), Some("Encounter/5"));
        assert_eq!(referring.time, None);
    }

    #[test]
    fn x7_a_reply_is_an_id_and_a_number() {
        for (status, code) in [
            (ReplyStatus::Followed, 200),
            (ReplyStatus::Accepted, 202),
            (ReplyStatus::Refused, 409),
            (ReplyStatus::Failed, 500),
            (ReplyStatus::Invalid, 400),
        ] {
            let sent: Value = serde_json::from_str(&reply("a \"b\"", status)).unwrap();
            assert_eq!(sent, json!({"id": "a \"b\"", "status": code}));
        }
    }

    #[test]
    fn x15_a_sent_event_can_be_read_as_one() {
        let hub = Hub { url: Url::parse("https://hub.example/").unwrap(), topic: HubTopic::new("t") };
        let name = EventName::parse("Patient-open").unwrap();
        let patient = resource_item("patient", &json!({"resourceType": "Patient", "id": "1"}).to_string());
        let new = NewEvent { id: "e1".into(), seconds: 1_574_687_760.5, name, context: vec![patient] };
        let request = hub.event_request(&new).unwrap();
        assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://hub.example/"));
        let read = event(&serde_json::from_str(request.body.as_deref().unwrap()).unwrap());
        assert_eq!((read.id.as_str(), read.time.unwrap().seconds), ("e1", 1_574_687_760.5));
        assert_eq!(read.topic, Some(HubTopic::new("t")));
        // X21: the topic is not printed with the event.
        let hub = Hub { topic: HubTopic::new("hush"), ..hub };
        let sent = hub.event_request(&new).unwrap();
        let read = event(&serde_json::from_str(sent.body.as_deref().unwrap()).unwrap());
        assert!(!format!("{read:?} {sent:?} {hub:?}").contains("hush"));
        assert_eq!(read.anchor().unwrap().resource().unwrap()["id"], "1");
        assert!(hub.event_request(&NewEvent { seconds: 1e18, ..new }).is_err());
    }
}
