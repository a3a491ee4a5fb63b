//! A hub that a test scripts, and a session that may use it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};

use super::super::server::*;
use crate::client::hub::{Decision, Hub, HubChange, Notice, SubscribeOptions};
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::memory::{MemoryPlatform, MemorySocket, Reply, World};
use crate::platform::Timer as _;
use crate::protocol::http::{Method, Request};

pub const HUB: &str = "https://hub.example/cast";
pub const TOPIC: &str = "topic-secret";
pub const EVENTS: [&str; 7] =
    ["Patient-open", "Patient-close", "Encounter-open", "Encounter-close", "Home-open", "UserHibernate", "UserLogout"];

/// What the hub does next; everything has a sensible default.
pub struct ScriptedHub {
    pub subscribe_replies: RefCell<VecDeque<Reply>>,
    pub post_replies: RefCell<VecDeque<Reply>>,
    /// What it sends when a WebSocket opens, in place of the confirmation.
    pub greeting: RefCell<Option<Vec<Value>>>,
    pub lease: Cell<Option<f64>>,
    pub broadcasts: Cell<bool>,
    pub current: RefCell<Reply>,
    /// The forms and events that it got, in order, and the closing of WebSockets before each.
    pub got: RefCell<Vec<String>>,
    pub posted: RefCell<Vec<Value>>,
    endpoints: Cell<u32>,
}

pub struct Stage {
    pub server: Rc<Server>,
    pub world: World,
    pub tab: MemoryPlatform,
    pub session: Session<MemoryPlatform>,
    pub hub: Rc<ScriptedHub>,
    pub changes: Rc<RefCell<Vec<HubChange>>>,
    pub notices: Rc<RefCell<Vec<Notice<Value>>>>,
}

impl ScriptedHub {
    fn new() -> Rc<Self> {
        Rc::new(Self {
            subscribe_replies: RefCell::default(),
            post_replies: RefCell::default(),
            greeting: RefCell::default(),
            lease: Cell::new(Some(3000.0)),
            broadcasts: Cell::new(true),
            current: RefCell::new(Reply::text(404, "")),
            got: RefCell::default(),
            posted: RefCell::default(),
            endpoints: Cell::new(0),
        })
    }

    fn respond(&self, world: &World, request: &Request) -> Reply {
        assert!(request.authorization().is_some_and(|value| value.starts_with("Bearer access-")), "a token");
        if request.method == Method::Get {
            assert_eq!(request.url.as_str(), format!("{HUB}/{TOPIC}"));
            self.got.borrow_mut().push("current".into());
            return self.current.borrow().clone();
        }
        assert_eq!(request.url.as_str(), HUB);
        match field(request, "hub.mode").as_deref() {
            Some("subscribe") => self.subscribed(world, request),
            Some(mode) => {
                let open = world.sockets().iter().filter(|socket| socket.is_open()).count();
                self.got.borrow_mut().push(format!("{mode} with {open} open"));
                Reply::json(202, &json!({"hub.channel.endpoint": field(request, "hub.channel.endpoint")}))
            }
            None => self.posted(world, request),
        }
    }

    fn subscribed(&self, world: &World, request: &Request) -> Reply {
        let renewed = field(request, "hub.channel.endpoint");
        self.got.borrow_mut().push(if renewed.is_some() { "renew" } else { "subscribe" }.into());
        if let Some(reply) = self.subscribe_replies.borrow_mut().pop_front() {
            return reply;
        }
        if renewed.is_some() {
            world.sockets().last().unwrap().send(&self.confirmation().to_string());
        }
        let endpoint = renewed.unwrap_or_else(|| {
            self.endpoints.set(self.endpoints.get() + 1);
            format!("wss://hub.example/socket-{}", self.endpoints.get())
        });
        Reply::json(202, &json!({"hub.channel.endpoint": endpoint}))
    }

    fn posted(&self, world: &World, request: &Request) -> Reply {
        let event: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!(event["event"]["hub.topic"], TOPIC);
        self.got.borrow_mut().push(format!("event {}", event["event"]["hub.event"].as_str().unwrap()));
        self.posted.borrow_mut().push(event.clone());
        let scripted = self.post_replies.borrow_mut().pop_front();
        if scripted.is_none() && self.broadcasts.get() && event["event"]["hub.event"] != "SyncError" {
            world.sockets().iter().for_each(|socket| socket.send(&event.to_string()));
        }
        scripted.unwrap_or_else(|| Reply::text(202, ""))
    }

    pub fn confirmation(&self) -> Value {
        let mut sent =
            json!({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.events": EVENTS.join(",") + ",SyncError"});
        if let Some(lease) = self.lease.get() {
            sent["hub.lease_seconds"] = json!(lease);
        }
        sent
    }

    pub fn count(&self, what: &str) -> usize {
        self.got.borrow().iter().filter(|got| got.starts_with(what)).count()
    }
}

/// A session whose token response has these members besides.
pub fn stage_with(members: Value) -> Stage {
    let (server, hub) = (Server::new(), ScriptedHub::new());
    *server.members.borrow_mut() = members;
    let world = server.world();
    let tab = world.tab("https://app.example/");
    let session = sign_in(&server, &world, &tab);
    let (respond, scripted, inner) = (server.clone(), hub.clone(), world.clone());
    world.respond_with(move |request| match request.url.host() {
        "hub.example" => scripted.respond(&inner, request),
        _ => respond.respond(request),
    });
    let scripted = hub.clone();
    world.greet_sockets_with(move |socket| {
        let greeting = scripted.greeting.borrow().clone();
        let greeting = greeting.unwrap_or_else(|| vec![scripted.confirmation()]);
        greeting.iter().for_each(|message| socket.send(&message.to_string()));
    });
    Stage { server, world, tab, session, hub, changes: Rc::default(), notices: Rc::default() }
}

/// A session with a hub and all scopes for events.
pub fn new_stage() -> Stage {
    stage_with(members("fhircast/*.*"))
}

/// The members of a token response with a hub.
pub fn members(scopes: &str) -> Value {
    json!({"hub.url": HUB, "hub.topic": TOPIC, "scope": format!("{SCOPE} {scopes}")})
}

impl Stage {
    pub fn handle(&self) -> Hub<MemoryPlatform> {
        self.session.hub().unwrap()
    }

    /// Subscribes with a handler that decides after some milliseconds.
    pub fn subscribe_deciding(
        &self,
        options: SubscribeOptions,
        milliseconds: u32,
        decide: impl Fn(&Notice<Value>) -> Result<Decision, Failure> + 'static,
    ) -> Result<Hub<MemoryPlatform>, Error> {
        subscribe(&self.world, &self.tab, &self.handle(), &self.notices, options, milliseconds, decide)?;
        let (hub, changes) = (self.handle(), self.changes.clone());
        // It is dropped with the test.
        std::mem::forget(hub.on_change(move |change| changes.borrow_mut().push(change.clone())));
        Ok(hub)
    }

    /// Subscribes with a handler that decides at once.
    pub fn subscribe_with(
        &self,
        decide: impl Fn(&Notice<Value>) -> Result<Decision, Failure> + 'static,
    ) -> Hub<MemoryPlatform> {
        self.subscribe_deciding(options(), 0, decide).unwrap()
    }

    /// Subscribes, and follows every event.
    pub fn subscribe(&self) -> Hub<MemoryPlatform> {
        self.subscribe_with(|_| Ok(Decision::Follow))
    }

    pub fn socket(&self) -> MemorySocket {
        self.world.sockets().last().unwrap().clone()
    }

    /// Sends an event to the app, and waits until nothing more happens at once.
    pub fn send(&self, event: &Value) {
        self.socket().send(&event.to_string());
        self.world.settle();
    }

    /// The ids and statuses of the replies.
    pub fn replies(&self) -> Vec<(String, u64)> {
        let read = |text: String| {
            let reply: Value = serde_json::from_str(&text).unwrap();
            (reply["id"].as_str().unwrap().to_owned(), reply["status"].as_u64().unwrap())
        };
        self.socket().sent().into_iter().map(read).collect()
    }

    /// Advances the clock second by second, so that everything happens in its order.
    pub fn wait(&self, seconds: u32) {
        for _ in 0..seconds {
            self.world.advance(1.0);
            self.world.settle();
        }
    }

    pub fn notice_ids(&self) -> Vec<String> {
        self.notices.borrow().iter().map(|notice| notice.event.id.clone()).collect()
    }
}

/// Subscribes in a tab.
pub fn subscribe(
    world: &World,
    tab: &MemoryPlatform,
    hub: &Hub<MemoryPlatform>,
    notices: &Rc<RefCell<Vec<Notice<Value>>>>,
    options: SubscribeOptions,
    milliseconds: u32,
    decide: impl Fn(&Notice<Value>) -> Result<Decision, Failure> + 'static,
) -> Result<(), Error> {
    let (hub, notices, tab) = (hub.clone(), notices.clone(), tab.clone());
    let subscribing = async move {
        hub.subscribe(options, move |notice| {
            let (decision, tab) = (decide(&notice), tab.clone());
            notices.borrow_mut().push(notice);
            async move {
                if milliseconds > 0 {
                    tab.sleep(milliseconds).await;
                }
                decision
            }
        })
        .await
    };
    world.run(subscribing).unwrap().map_err(Error::from)
}

/// All events, from a hub whose ids are those of the FHIR server.
pub fn options() -> SubscribeOptions {
    SubscribeOptions::new(EVENTS).name("Growth chart").shares_ids(true)
}

/// An event at a second.
pub fn event(id: &str, second: u32, name: &str, context: Value) -> Value {
    json!({
        "timestamp": format!("2023-11-14T22:14:{second:02}.00Z"), "id": id,
        "event": {"hub.topic": TOPIC, "hub.event": name, "context": context},
    })
}

/// Opens a patient.
pub fn opens(id: &str, second: u32, patient: &str) -> Value {
    event(id, second, "Patient-open", patient_context(patient))
}

/// Closes a patient.
pub fn closes(id: &str, second: u32, patient: &str) -> Value {
    event(id, second, "Patient-close", patient_context(patient))
}

pub fn patient_context(patient: &str) -> Value {
    json!([{"key": "patient", "resource": {"resourceType": "Patient", "id": patient, "name": [{"given": ["Bo"], "family": "Ray"}]}}])
}
