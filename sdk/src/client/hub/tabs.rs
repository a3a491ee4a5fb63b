//! The tabs of one session: one of them has the subscription, and sends the others what it receives.

use std::rc::Rc;

use super::change::HubState;
use super::state::HubInner;
use crate::client::server::transport::random_string;
use crate::error::{HubError, HubRefusal};
use crate::json::{JsonView, ObjectWriter};
use crate::platform::Platform;
use crate::protocol::fhircast::current::CurrentContext;
use crate::protocol::fhircast::event::{HubEvent, ReplyStatus};
use crate::protocol::fhircast::message::HubMessage;
use crate::protocol::fhircast::name::EventKind;

/// The most open resources that are repeated to a tab that asks.
const MOST_OPEN: usize = 16;

impl<P: Platform> HubInner<P> {
    /// Listens to the other tabs, and asks them for the state.
    pub(super) fn listen_to_tabs(self: &Rc<Self>) {
        let on_message = self.weakly(|hub, message: String| hub.on_tab_message(&message));
        let subscription =
            self.platform.subscribe(&self.tabs(), Rc::new(move |message| on_message(message.to_owned())));
        self.channel.replace(Some(subscription));
        self.ask_tabs();
    }

    /// Asks the other tabs for the state, and for what is open.
    pub(super) fn ask_tabs(&self) {
        self.other_tab_is_connected.set(false);
        self.send_to_tabs(&ObjectWriter::new().flag("ask", true).finish());
    }

    fn tabs(&self) -> String {
        ["smartrust.hub.", &self.id].concat()
    }

    fn send_to_tabs(&self, message: &str) {
        self.platform.publish(&self.tabs(), message);
    }

    /// Tells the other tabs the state, if this one has the subscription.
    pub(super) fn publish_state(&self) {
        if self.leads() {
            let message =
                ObjectWriter::new().text("state", self.state.get().name()).flag("connected", self.is_connected());
            self.send_to_tabs(&message.finish());
        }
    }

    /// Tells the other tabs that an event could not be read.
    pub(super) fn publish_missed(&self) {
        self.send_to_tabs(&ObjectWriter::new().flag("missed", true).finish());
    }

    /// Sends the other tabs an event, whose JSON was read.
    pub(super) fn publish_event(&self, event: &HubEvent<P::Value>, json: &str) {
        let message = ObjectWriter::new().raw("event", json).finish();
        self.send_to_tabs(&message);
        self.remember_event(event, &message);
    }

    /// Remembers what an event, which a message to tabs has, opens or closes.
    fn remember_event(&self, event: &HubEvent<P::Value>, message: &str) {
        let subject = event.name.subject().unwrap_or_default();
        match event.name.kind() {
            EventKind::Open => self.remember_open(subject, message),
            EventKind::Close => {
                self.opened.borrow_mut().retain(|(known, message)| {
                    !known.eq_ignore_ascii_case(subject) || !self.may_be_closed(message, event)
                });
            }
            EventKind::Home => self.opened.borrow_mut().clear(),
            _ => {}
        }
    }

    /// Sends the other tabs what is open according to the hub.
    pub(super) fn publish_current(&self, current: Option<&CurrentContext<P::Value>>) {
        // By the id, a tab knows a message that is repeated for another one.
        let Ok(id) = random_string::<16>(&self.platform) else { return };
        let json = CurrentContext::to_json(current);
        let message = ObjectWriter::new().text("id", &id).raw("current", &json).finish();
        self.send_to_tabs(&message);
        self.remember_current(current, &message);
    }

    fn remember_current(&self, current: Option<&CurrentContext<P::Value>>, message: &str) {
        match current {
            Some(current) => self.remember_open(&current.resource_type, message),
            None => self.opened.borrow_mut().clear(),
        }
    }

    /// Remembers the message that opened a type of resource, for tabs that ask later.
    fn remember_open(&self, resource_type: &str, message: &str) {
        let mut opened = self.opened.borrow_mut();
        opened.retain(|(known, _)| !known.eq_ignore_ascii_case(resource_type));
        if opened.len() >= MOST_OPEN {
            opened.remove(0);
        }
        opened.push((resource_type.to_owned(), message.to_owned()));
    }

    /// Asks the hub what is open, or the tab with the subscription to do so.
    pub(super) fn check(self: &Rc<Self>) {
        let connection = self.connection.borrow().clone();
        match connection {
            Some(connection) => connection.check_now(self.platform.now()),
            None => self.send_to_tabs(&ObjectWriter::new().flag("check", true).finish()),
        }
    }

    fn on_tab_message(self: &Rc<Self>, text: &str) {
        let Some(message) = self.platform.parse(text) else { return };
        if self.leads() {
            if message.member("ask").is_some() {
                self.publish_state();
                self.opened.borrow().iter().for_each(|(_, message)| self.send_to_tabs(message));
            } else if message.member("check").is_some() {
                self.check();
            }
        } else if let Some(event) = message.member("event") {
            if let HubMessage::Event(event) = HubMessage::read(&event)
                && self.take((*event).clone())
            {
                self.remember_event(&event, text);
            }
        } else if let Some(current) = message.member("current") {
            let id = message.member_text("id").unwrap_or_default();
            if let (true, Some(current)) = (self.is_new(&id), CurrentContext::read(&current)) {
                self.remember_current(current.as_ref(), text);
                self.take_current(current);
            }
        } else if message.member("missed").is_some() {
            self.fall_behind();
        } else if let Some(state) = message.member_text("state").as_deref().and_then(HubState::named) {
            let is_connected = message.member("connected").and_then(|member| member.flag()).unwrap_or(false);
            self.on_other_state(state, is_connected);
        }
    }

    /// Whether no message with this id came before.
    fn is_new(&self, id: &str) -> bool {
        let mut queue = self.queue.borrow_mut();
        let is_new = queue.reply_to(id).is_none();
        queue.remember(id, ReplyStatus::Accepted);
        is_new
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
