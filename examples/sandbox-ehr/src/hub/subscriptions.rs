//! The hub's state: its subscriptions, the open resources, and the events that wait for a reply.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::Sandbox;
use crate::control::Deviation;

/// What the hub sends to a WebSocket.
#[derive(Debug)]
pub enum Outgoing {
    /// A message.
    Text(String),
    /// Bytes.
    Binary,
    /// It ends as if the network had failed.
    Lost,
    /// It ends normally.
    Close,
}

/// A subscription.
pub struct Subscription {
    pub topic: String,
    /// The granted events, as they were requested.
    pub events: Vec<String>,
    /// The name of the app.
    pub name: String,
    pub lease_seconds: u64,
    /// The WebSocket, once the app has opened it.
    pub socket: Option<UnboundedSender<Outgoing>>,
    /// The events that wait for a reply, by their ids.
    pub unanswered: HashMap<String, Value>,
}

#[derive(Default)]
pub struct State {
    /// By the last part of the endpoint.
    pub subscriptions: HashMap<String, Subscription>,
    /// The events of the open resources of each topic, by the type of resource, the newest last.
    opened: HashMap<String, Vec<(String, Value)>>,
}

impl Subscription {
    pub fn send(&self, message: Outgoing) {
        if let Some(socket) = &self.socket {
            // The WebSocket may have ended meanwhile.
            let _ = socket.send(message);
        }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.events.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
    }

    /// The message by which the hub confirms (FHIRcast 3, subscription confirmation).
    pub fn confirmation(&self) -> Value {
        json!({
            "hub.mode": "subscribe", "hub.topic": self.topic, "hub.events": self.events.join(","),
            "hub.lease_seconds": self.lease_seconds,
        })
    }

    /// The message by which it ends.
    pub fn denial(&self, reason: &str) -> Value {
        let events = self.events.join(",");
        json!({ "hub.mode": "denied", "hub.topic": self.topic, "hub.events": events, "hub.reason": reason })
    }

    /// Sends an event, which then waits for a reply.
    pub fn tell(&mut self, event: &Value) {
        self.unanswered.insert(text(&event["id"]), event.clone());
        self.send(Outgoing::Text(event.to_string()));
    }
}

impl State {
    /// Notes what an event opens or closes.
    pub fn remember(&mut self, event: &Value) {
        let name = text(&event["event"]["hub.event"]);
        let Some((kind, verb)) = name.split_once('-') else { return };
        let kind = kind.to_ascii_lowercase();
        let topic = text(&event["event"]["hub.topic"]);
        let is_other_patient = kind == "patient" && !self.is_open(&topic, "Patient", &resource(event));
        let opened = self.opened.entry(topic).or_default();
        match verb.to_ascii_lowercase().as_str() {
            "open" if kind == "home" => opened.clear(),
            "open" => {
                if is_other_patient {
                    opened.clear();
                }
                opened.retain(|(known, _)| *known != kind);
                opened.push((kind, event.clone()));
            }
            "close" => opened.retain(|(known, open)| *known != kind || resource(open)["id"] != resource(event)["id"]),
            _ => {}
        }
    }

    /// Whether a resource with the same id is open.
    pub fn is_open(&self, topic: &str, kind: &str, wanted: &Value) -> bool {
        let same = |opened: &Value| resource(opened)["id"] == wanted["id"];
        self.opened
            .get(topic)
            .into_iter()
            .flatten()
            .any(|(known, opened)| known.eq_ignore_ascii_case(kind) && same(opened))
    }

    /// The events of the open resources of a topic.
    pub fn opened(&self, topic: &str) -> Vec<Value> {
        self.opened.get(topic).into_iter().flatten().map(|(_, event)| event.clone()).collect()
    }

    /// Sends an event to all that subscribed to it and its topic, except one.
    pub fn send(&mut self, sandbox: &Sandbox, event: &Value, but: Option<&str>) {
        let name = text(&event["event"]["hub.event"]);
        for (endpoint, subscription) in &mut self.subscriptions {
            let is_of_topic = event["event"]["hub.topic"] == subscription.topic;
            if but == Some(endpoint.as_str()) || !is_of_topic || !subscription.wants(&name) {
                continue;
            }
            if sandbox.meets(Deviation::HubLost) {
                subscription.send(Outgoing::Lost);
            } else if sandbox.meets(Deviation::HubMalformed) {
                subscription.send(Outgoing::Binary);
                subscription.send(Outgoing::Text("{\"id\":".to_owned()));
                subscription.send(Outgoing::Text(json!({ "id": event["id"], "event": {} }).to_string()));
            } else {
                subscription.tell(event);
            }
        }
    }
}

/// The resource of the type that an event opens or closes.
pub fn resource(event: &Value) -> Value {
    let name = text(&event["event"]["hub.event"]);
    let kind = name.split_once('-').map_or("", |(kind, _)| kind);
    let items = event["event"]["context"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_kind =
        |item: &&Value| item["resource"]["resourceType"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind));
    items.iter().find(is_kind).map(|item| item["resource"].clone()).unwrap_or_default()
}

/// A string, or nothing.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
