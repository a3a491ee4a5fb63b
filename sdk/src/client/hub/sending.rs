//! Events that the app sends, and what becomes of them.

use std::rc::Rc;

use futures_util::future::select;

use super::change::HubChange;
use super::sent::Sent;
use super::state::{HubInner, Subscribed, Value};
use crate::client::server::transport::random_string;
use crate::error::{Error, Failure, HubError, HubRefusal};
use crate::platform::Platform;
use crate::protocol::fhircast::event::{HubEvent, NewEvent};
use crate::protocol::fhircast::grant::check_may_write;
use crate::protocol::fhircast::name::EventName;
use crate::protocol::fhircast::sync_error::SyncError;

/// How long the hub may take to send an event to all, in milliseconds.
const BROADCAST_TIMEOUT: u32 = 10_000;
/// The pause before an event is repeated that another app did not follow, in milliseconds.
const REPEAT_PAUSE: u32 = 10_000;
/// How often it is repeated, at most.
const MOST_REPEATS: u8 = 6;
/// How many of the app's own events are remembered.
const MOST_SENT: usize = 16;

impl<P: Platform> HubInner<P> {
    /// Sends an event, and waits until the hub has sent it to all.
    pub(super) async fn send(self: &Rc<Self>, name: EventName, context: Vec<String>) -> Result<(), Failure> {
        check_may_write(&self.session.granted(), &name)?;
        if !self.is_connected() {
            return Err(HubError::Unavailable { problem: "it is not connected to the hub: subscribe first" }.into());
        }
        let id = random_string::<16>(&self.platform)?;
        let sent = Rc::new(Sent::new(NewEvent { id, seconds: self.platform.now(), name, context }));
        self.remember_sent(&sent);
        if let Err(failure) = self.post(&sent.event).await {
            self.sent.borrow_mut().retain(|known| !Rc::ptr_eq(known, &sent));
            return Err(failure);
        }
        select(sent.settled.signal().aborted(), Box::pin(self.platform.sleep(BROADCAST_TIMEOUT))).await;
        let outcome = sent.outcome.borrow().clone();
        outcome.unwrap_or_else(|| Err(HubError::Timeout { what: "send the event to the other apps" }.into()))
    }

    fn remember_sent(&self, sent: &Rc<Sent>) {
        let mut all = self.sent.borrow_mut();
        all.iter().for_each(|earlier| earlier.is_over.set(true));
        if all.len() >= MOST_SENT {
            all.remove(0);
        }
        all.push(sent.clone());
    }

    fn sent_event(&self, id: &str) -> Option<Rc<Sent>> {
        self.sent.borrow().iter().find(|sent| sent.event.id == id).cloned()
    }

    /// Whether an event is the app's own, which is complete now.
    pub(super) fn confirm_sent(&self, id: &str) -> bool {
        let sent = self.sent_event(id);
        sent.inspect(|sent| sent.settle(Ok(()))).is_some()
    }

    /// Another app could not follow.
    pub(super) fn on_sync_error(self: &Rc<Self>, event: &HubEvent<Value<P>>) {
        let error = SyncError::read(event);
        self.emit(&HubChange::NotFollowed(error.clone()));
        let sent = error.event_id.as_deref().and_then(|id| self.sent_event(id));
        if let Some(sent) = sent {
            let refusal = HubRefusal::NotFollowed { subscriber: error.subscriber };
            sent.settle(Err(HubError::Refused(Box::new(refusal)).into()));
            self.repeat_later(sent);
        }
    }

    fn repeat_later(self: &Rc<Self>, sent: Rc<Sent>) {
        if sent.repeats.get() >= MOST_REPEATS || sent.is_scheduled.replace(true) {
            return;
        }
        self.in_background(|hub| async move {
            hub.platform.sleep(REPEAT_PAUSE).await;
            sent.is_scheduled.set(false);
            if !sent.is_over.get() && hub.is_connected() {
                sent.repeats.set(sent.repeats.get() + 1);
                // The next SyncError leads to the next attempt.
                let _ = hub.post(&sent.event).await;
            }
        });
    }

    /// Tells the other apps that this one does not follow an event after all.
    pub(super) async fn send_sync_error(
        &self,
        subscribed: &Subscribed<Value<P>>,
        event: &HubEvent<Value<P>>,
        reason: &str,
    ) {
        let name = subscribed.settings.name.as_deref();
        let item = SyncError::context_item(&event.id, &event.name, name, reason);
        let Ok(id) = random_string::<16>(&self.platform) else { return };
        let new = NewEvent { id, seconds: self.platform.now(), name: EventName::sync_error(), context: vec![item] };
        if let Err(failure) = self.post(&new).await {
            self.emit(&HubChange::Problem(failure));
        }
    }

    /// Gives up all events that wait for the hub.
    pub(super) fn abandon_sent(&self) {
        for sent in self.sent.take() {
            sent.is_over.set(true);
            sent.settle(Err(Error::Aborted.into()));
        }
    }
}
