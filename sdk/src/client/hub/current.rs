//! What is open according to the hub. It is requested if no event says so, and from time to time, because events may be lost.

use std::rc::Rc;

use super::connection::{Connection, End};
use super::context::{has_identity, is_same_resource};
use super::state::{HubInner, Value};
use crate::json::JsonView as _;
use crate::platform::Platform;
use crate::protocol::fhircast::current::CurrentContext;
use crate::protocol::fhircast::event::HubEvent;
use crate::protocol::fhircast::message::HubMessage;

/// How long an event may take to arrive, in milliseconds: those that say what is open after a confirmation, and one that comes after the
/// response with the same context.
const ARRIVAL: u32 = 1_000;

impl<P: Platform> HubInner<P> {
    /// Some hubs do not send what is open after a confirmation: then it is requested.
    pub(super) fn reconcile_soon(self: &Rc<Self>, connection: &Rc<Connection<P>>) {
        let (connection, events) = (connection.clone(), connection.events_before.get());
        self.in_background(|hub| async move {
            hub.platform.sleep(ARRIVAL).await;
            if !hub.is_unchanged(&connection, events) {
                return;
            }
            // A hub that does not support this, or fails, leaves the app as it is.
            if let Ok(current) = hub.current().await
                && hub.is_unchanged(&connection, events)
            {
                hub.reconcile(current);
            }
        });
    }

    /// Requests what is open. If no event has said so, events do not arrive any more: the connection is lost, although nothing has closed it.
    pub(super) fn check_soon(self: &Rc<Self>, connection: &Rc<Connection<P>>) {
        let (connection, events) = (connection.clone(), self.context_events.get());
        self.in_background(|hub| async move {
            let Ok(Some(current)) = hub.current().await else { return };
            hub.platform.sleep(ARRIVAL).await;
            if hub.is_unchanged(&connection, events) && hub.has_missed(&current) {
                hub.note("hub_missed_event", "An event of the hub did not arrive, so the app connected again.");
                hub.fall_behind();
                hub.reconcile(Some(current));
                connection.end_by(End::Lost);
            }
        });
    }

    /// Whether a connection is still the current one, and no event has changed what is open.
    fn is_unchanged(&self, connection: &Rc<Connection<P>>, events: u32) -> bool {
        let is_current = self.connection.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, connection));
        is_current && self.is_connected() && self.context_events.get() == events
    }

    /// Whether an event should have said what is open, and did not arrive.
    fn has_missed(&self, current: &CurrentContext<Value<P>>) -> bool {
        let (Some(event), Some(subscribed)) = (self.opening_of(current), self.current_subscription()) else {
            return false;
        };
        subscribed.settings.events.contains(&event.name) && has_identity(&event) && self.is_news(&event)
    }

    /// Whether what an event opens is neither open in the app nor was opened by an earlier event or response.
    fn is_news(&self, event: &HubEvent<Value<P>>) -> bool {
        !self.context.borrow().is_open(event) && !self.was_opened(event)
    }

    /// Whether an earlier event or response opened the same resource, and nothing has closed it.
    fn was_opened(&self, event: &HubEvent<Value<P>>) -> bool {
        let known = self.opened.borrow();
        let messages = known.iter().filter_map(|(_, message)| self.platform.parse(message));
        messages.filter_map(|message| self.opening_in(&message)).any(|opened| is_same_resource(&opened, event))
    }

    /// Whether an event closes what a message opened, or may do so.
    pub(super) fn may_be_closed(&self, message: &str, event: &HubEvent<Value<P>>) -> bool {
        let opened = self.platform.parse(message).and_then(|message| self.opening_in(&message));
        opened.is_none_or(|opened| !has_identity(event) || is_same_resource(&opened, event))
    }

    /// The event that opened something, in a message to the other tabs.
    fn opening_in(&self, message: &Value<P>) -> Option<HubEvent<Value<P>>> {
        if let Some(current) = message.member("current") {
            return self.opening_of(&CurrentContext::read(&current)??);
        }
        match HubMessage::read(&message.member("event")?) {
            HubMessage::Event(event) => Some(*event),
            _ => None,
        }
    }

    fn opening_of(&self, current: &CurrentContext<Value<P>>) -> Option<HubEvent<Value<P>>> {
        let (topic, version) = (Some(self.hub.topic.clone()), current.version.clone());
        Some(HubEvent::opening(current.opening()?, topic, version, current.context.clone()))
    }

    /// Handles what is open according to the hub, as if it were opened now, in all tabs.
    fn reconcile(self: &Rc<Self>, current: Option<CurrentContext<Value<P>>>) {
        let is_news = match &current {
            // A hub that never said that something is open says nothing by this.
            None => !self.opened.borrow().is_empty(),
            Some(current) => self.opening_of(current).is_some_and(|event| self.is_news(&event)),
        };
        if is_news {
            self.publish_current(current.as_ref());
            self.take_current(current);
        }
    }

    /// Handles what is open according to the hub in this tab.
    pub(super) fn take_current(self: &Rc<Self>, current: Option<CurrentContext<Value<P>>>) {
        let Some(current) = current else {
            self.context.borrow_mut().close_all();
            return self.update_view();
        };
        let Some(event) = self.opening_of(&current) else { return };
        if !self.context.borrow().is_open(&event) {
            self.reconciled.replace(Some(event.name.clone()));
            self.enqueue(event);
        }
    }

    /// Whether an event opens what a request for the current context has already opened.
    pub(super) fn is_reconciled(&self, event: &HubEvent<Value<P>>) -> bool {
        let reconciled = self.reconciled.borrow();
        reconciled.as_ref() == Some(&event.name) && self.context.borrow().is_open(event)
    }
}
