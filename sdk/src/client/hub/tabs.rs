//! The tabs of one session: one of them has the subscription, and tells the others.

use std::rc::Rc;

use super::state::{HubInner, HubState};
use crate::error::{HubError, HubRefusal};
use crate::json::{JsonView, ObjectWriter};
use crate::platform::Platform;
use crate::protocol::fhircast::event::HubEvent;
use crate::protocol::fhircast::message::HubMessage;
use crate::protocol::fhircast::name::EventKind;

/// The most open resources that are repeated to a tab that asks.
const MOST_OPEN: usize = 16;

impl<P: Platform> HubInner<P> {
    /// Listens to the other tabs, and asks them for the state.
    pub(super) fn listen_to_tabs(self: &Rc<Self>) {
        let heard = self.weakly(|hub, message: String| hub.on_tab_message(&message));
        let subscription = self.platform.subscribe(&self.tabs(), Rc::new(move |message| heard(message.to_owned())));
        self.channel.replace(Some(subscription));
        self.ask_tabs();
    }

    /// Asks the other tabs for the state, and for what is open.
    pub(super) fn ask_tabs(&self) {
        self.other_tab_is_connected.set(false);
        self.tell_tabs(&ObjectWriter::new().flag("ask", true).finish());
    }

    fn tabs(&self) -> String {
        ["smartrust.hub.", &self.id].concat()
    }

    fn tell_tabs(&self, message: &str) {
        self.platform.publish(&self.tabs(), message);
    }

    /// Tells the other tabs the state, if this one has the subscription.
    pub(super) fn publish_state(&self) {
        if self.leads() {
            let message =
                ObjectWriter::new().text("state", self.state.get().name()).flag("connected", self.is_connected());
            self.tell_tabs(&message.finish());
        }
    }

    /// Tells the other tabs that an event could not be read.
    pub(super) fn publish_missed(&self) {
        self.tell_tabs(&ObjectWriter::new().flag("missed", true).finish());
    }

    /// Tells the other tabs of an event, whose JSON was read.
    pub(super) fn publish_event(&self, event: &HubEvent<P::Value>, json: &str) {
        let subject = event.name.subject().unwrap_or_default().to_ascii_lowercase();
        let mut opened = self.opened.borrow_mut();
        match event.name.kind() {
            EventKind::Open => {
                opened.retain(|(known, _)| *known != subject);
                if opened.len() >= MOST_OPEN {
                    opened.remove(0);
                }
                opened.push((subject, json.to_owned()));
            }
            EventKind::Close => opened.retain(|(known, _)| *known != subject),
            EventKind::Home => opened.clear(),
            _ => {}
        }
        self.tell_tabs(&ObjectWriter::new().raw("event", json).finish());
    }

    fn on_tab_message(self: &Rc<Self>, message: &str) {
        let Some(message) = self.platform.parse(message) else { return };
        if self.leads() {
            if message.member("ask").is_some() {
                self.publish_state();
                for (_, json) in &*self.opened.borrow() {
                    self.tell_tabs(&ObjectWriter::new().raw("event", json).finish());
                }
            }
        } else if let Some(event) = message.member("event") {
            if let HubMessage::Event(event) = HubMessage::read(&event) {
                self.take(*event);
            }
        } else if message.member("missed").is_some() {
            self.fall_behind();
        } else if let Some(state) = message.member_text("state").as_deref().and_then(HubState::named) {
            let is_connected = message.member("connected").and_then(|member| member.flag()).unwrap_or(false);
            self.on_other_state(state, is_connected);
        }
    }

    /// The tab with the subscription has another state.
    fn on_other_state(self: &Rc<Self>, state: HubState, is_connected: bool) {
        let Some(subscribed) = self.current_subscription() else { return };
        let was_connected = self.other_tab_is_connected.replace(is_connected);
        match state {
            HubState::Denied | HubState::Closed => {
                let denied = HubError::Refused(Box::new(HubRefusal::Denied { reason: None }));
                self.reason.replace(Some(denied.clone().into()));
                self.set_state(state);
                self.end_here(denied.into());
            }
            // The other tab unsubscribes: this one subscribes instead.
            HubState::Off => self.fall_behind(),
            _ if is_connected => {
                subscribed.settle(Ok(()));
                // Whether this tab follows the events that come later is its own decision.
                if !was_connected {
                    self.set_synced();
                }
            }
            _ => self.fall_behind(),
        }
    }
}

impl HubState {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Synced => "synced",
            Self::Behind => "behind",
            Self::Denied => "denied",
            Self::Closed => "closed",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let all = [Self::Off, Self::Connecting, Self::Synced, Self::Behind, Self::Denied, Self::Closed];
        all.into_iter().find(|state| state.name() == name)
    }
}
