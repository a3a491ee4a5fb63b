//! The hub's messages: which event is handled, what is replied, and what the app may show meanwhile.

use std::rc::Rc;

use futures_util::future::{Either, select};

use super::change::HubState;
use super::connection::{Connection, End};
use super::context::{PatientMatch, Turn, is_in_future};
use super::options::{Decision, Notice};
use super::queue::Waiting;
use super::state::{HubInner, Subscribed, Value};
use crate::abort::AbortHandle;
use crate::error::{Failure, HubError};
use crate::json::JsonView as _;
use crate::platform::Platform;
use crate::protocol::fhircast::event::{HubEvent, ReplyStatus, reply};
use crate::protocol::fhircast::identity::{EventPatient, Sameness, have_common_identifier};
use crate::protocol::fhircast::message::{Confirmation, GrantedEvents, HubMessage, MAX_MESSAGE_BYTES};
use crate::protocol::fhircast::name::EventKind;

/// How long the app may decide before the hub gets a provisional reply, in seconds.
const DECISION_TIME: f64 = 5.0;

type Subscription<P> = Rc<Subscribed<Value<P>>>;
/// Whether an event is about the app's patient, and the app's decision.
type Decided = (PatientMatch, Result<Decision, Failure>);

impl<P: Platform> HubInner<P> {
    /// Handles a message of the hub.
    pub(super) fn receive(self: &Rc<Self>, connection: &Rc<Connection<P>>, text: &str) {
        if text.len() > MAX_MESSAGE_BYTES {
            self.note("hub_large_message", "The hub sent a message of more than 1 MB, which was not read.");
            self.miss_event();
            return self.report("it sent a message of more than 1 MB");
        }
        let Some(message) = self.platform.parse(text) else {
            return self.note("hub_not_json", "The hub sent a message that is not JSON.");
        };
        match HubMessage::read(&message) {
            HubMessage::Confirmed(confirmation) => self.on_confirmation(connection, confirmation),
            HubMessage::Denied(denial) => {
                if denial.topic.is_none_or(|topic| topic == self.hub.topic) {
                    connection.end_by(End::Denied(denial.reason));
                }
            }
            HubMessage::Event(event) => self.on_event(*event, text),
            HubMessage::Invalid { id, problem } => {
                self.note("hub_message", &format!("The hub sent a message that cannot be used: {problem}."));
                if message.member("event").is_some() {
                    self.miss_event();
                }
                if let Some(id) = id {
                    self.send_text(&reply(&id, ReplyStatus::Invalid));
                }
            }
        }
    }

    fn on_confirmation(&self, connection: &Connection<P>, confirmation: Confirmation) {
        let Some(subscribed) = self.current_subscription() else { return };
        if confirmation.topic.as_ref() != Some(&self.hub.topic) {
            let problem = "it confirmed a subscription to another session";
            return connection.end_by(End::Failed(HubError::Message { problem }.into()));
        }
        let granted = GrantedEvents::compare(&subscribed.subscription().events, confirmation.events);
        if granted.is_unlisted {
            self.note("hub_events", "The hub's confirmation does not list the events.");
        }
        self.granted.replace(granted);
        if !connection.is_confirmed.get() {
            connection.events_before.set(self.context_events.get());
        }
        connection.confirm(self.platform.now(), confirmation.lease_seconds);
    }

    /// Handles an event that came by this page's WebSocket.
    fn on_event(self: &Rc<Self>, event: HubEvent<Value<P>>, text: &str) {
        if event.topic.is_none() {
            self.note("hub_message", "The hub sent an event without hub.topic.");
            self.miss_event();
            return self.send_text(&reply(&event.id, ReplyStatus::Invalid));
        }
        if self.take(event.clone()) {
            self.publish_event(&event, text);
        }
    }

    /// Handles an event that came by the WebSocket or from another tab. Returns `false` if it is another topic's, or not new.
    pub(super) fn take(self: &Rc<Self>, event: HubEvent<Value<P>>) -> bool {
        let Some(subscribed) = self.current_subscription() else { return false };
        if event.topic.as_ref() != Some(&self.hub.topic) {
            self.note("hub_other_topic", "The hub sent an event of another session, which was ignored.");
            return false;
        }
        let known = self.queue.borrow().reply_to(&event.id);
        if let Some(status) = known {
            self.send_text(&reply(&event.id, status));
            return false;
        }
        if event.time.is_none() {
            self.note("hub_time", "The hub sent an event whose time cannot be read.");
        } else if is_in_future(&event, self.platform.now()) {
            self.note(
                "hub_clock",
                "The hub sent an event from the future: a clock is wrong. Its time was not compared with others.",
            );
        }
        self.take_new(&subscribed, event);
        true
    }

    fn take_new(self: &Rc<Self>, subscribed: &Subscription<P>, event: HubEvent<Value<P>>) {
        let is_stale = self.context.borrow().is_stale(&event);
        let is_followed_already = is_stale || self.is_reconciled(&event);
        if event.name.kind() == EventKind::SyncError {
            self.on_sync_error(&event);
        } else if self.confirm_sent(&event.id) {
            // If it is stale, a newer event may have opened another patient.
            if !is_stale {
                self.follow_own(&event);
            }
        } else if !is_followed_already && subscribed.settings.events.contains(&event.name) {
            return self.enqueue(event);
        }
        self.answer(&event.id, ReplyStatus::Followed);
    }

    /// The app opened or closed it itself.
    fn follow_own(&self, event: &HubEvent<Value<P>>) {
        let is_same = self.context.borrow().compare(event) == Sameness::Same;
        let patient = if is_same { PatientMatch::Same } else { PatientMatch::Other };
        let mut context = self.context.borrow_mut();
        let turn = context.announce(event, self.platform.now());
        context.follow(event, patient, turn);
        drop(context);
        self.set_synced_if_connected();
        self.update_view();
    }

    pub(super) fn enqueue(self: &Rc<Self>, event: HubEvent<Value<P>>) {
        if event.changes_context() {
            self.sent.borrow().iter().for_each(|sent| sent.is_over.set(true));
            self.context_events.set(self.context_events.get().wrapping_add(1));
        }
        let arrived = self.platform.now();
        let turn = self.context.borrow_mut().announce(&event, arrived);
        self.update_view();
        self.remember_reply(&event.id, ReplyStatus::Accepted);
        let waiting = Waiting { event, turn, arrived };
        let replaced = self.queue.borrow_mut().push(waiting);
        for event in replaced {
            self.note("hub_flood", "Events came faster than the app could handle them: only the latest were handled.");
            self.answer(&event.id, ReplyStatus::Accepted);
        }
        if !self.is_busy.replace(true) {
            self.in_background(|hub| async move { hub.work().await });
        }
    }

    async fn work(self: Rc<Self>) {
        loop {
            let next = self.queue.borrow_mut().pop();
            let Some(waiting) = next else { break };
            self.handle(waiting).await;
        }
        self.is_busy.set(false);
    }

    /// Asks the app, and replies within five seconds of the event's arrival.
    async fn handle(self: &Rc<Self>, waiting: Waiting<Value<P>>) {
        let Some(subscribed) = self.current_subscription() else { return };
        let Waiting { event, turn, arrived } = waiting;
        // Since the event arrived, the app may have changed to another patient.
        self.context.borrow_mut().lock_for(&event, turn);
        self.update_view();
        let supersedes = self.context.borrow().supersedes(&event);
        if supersedes && let Some(previous) = self.undecided.take() {
            previous.abort();
        }
        let (hub, subscription, undecided) = (self.clone(), subscribed.clone(), event.clone());
        let deciding = Box::pin(async move { hub.ask(&subscription, undecided, turn).await });
        let rest = (arrived + DECISION_TIME - self.platform.now()).max(0.0) * 1000.0;
        match select(deciding, Box::pin(self.platform.sleep(rest as u32))).await {
            Either::Left((decided, _)) => self.decide(&subscribed, &event, turn, decided, false).await,
            Either::Right(((), deciding)) => {
                self.answer(&event.id, ReplyStatus::Accepted);
                let abandon = AbortHandle::new();
                self.undecided.replace(Some(abandon.clone()));
                self.in_background(|hub| async move {
                    if let Some(decided) = abandon.signal().unless_aborted(deciding).await {
                        hub.decide(&subscribed, &event, turn, decided, true).await;
                    }
                });
            }
        }
    }

    async fn ask(self: &Rc<Self>, subscribed: &Subscription<P>, event: HubEvent<Value<P>>, turn: Turn) -> Decided {
        let patient = self.patient_of(&event).await;
        if patient == PatientMatch::Same {
            // The comparison may have needed the identifiers of the app's patient, which `patient_of` reads.
            self.context.borrow_mut().recognize(&event, turn);
            self.update_view();
        }
        let subject = EventPatient::of(&event);
        (patient, (subscribed.settings.handler)(Notice { event, patient, subject }).await)
    }

    async fn patient_of(&self, event: &HubEvent<Value<P>>) -> PatientMatch {
        let opens_or_closes = matches!(event.name.kind(), EventKind::Open | EventKind::Close);
        let subject = EventPatient::of(event);
        if subject.is_none() && !opens_or_closes {
            return PatientMatch::None;
        }
        let sameness = self.context.borrow().compare(event);
        let is_same = match sameness {
            Sameness::Same => true,
            Sameness::ByIdentifiers => {
                let own = self.session.identifiers().await;
                have_common_identifier(&own, &subject.unwrap_or_default().identifiers)
            }
            _ => false,
        };
        if is_same { PatientMatch::Same } else { PatientMatch::Other }
    }

    /// Carries out what the app decided. `is_late` is set if the hub got a provisional reply.
    async fn decide(
        self: &Rc<Self>,
        subscribed: &Subscription<P>,
        event: &HubEvent<Value<P>>,
        turn: Turn,
        (patient, decision): Decided,
        is_late: bool,
    ) {
        if !self.current_subscription().is_some_and(|current| Rc::ptr_eq(&current, subscribed)) {
            return;
        }
        let goes_elsewhere = patient == PatientMatch::Other && event.name.kind() == EventKind::Open;
        let refusal = match decision {
            Ok(Decision::Follow) if goes_elsewhere && !subscribed.settings.follow_other_patients => {
                Some((ReplyStatus::Refused, "The app stays with the patient of its session.".to_owned()))
            }
            Ok(Decision::Follow) => None,
            Ok(Decision::Refuse(reason)) => Some((ReplyStatus::Refused, reason)),
            Err(_) => Some((ReplyStatus::Failed, "The app could not process the event.".to_owned())),
        };
        match refusal {
            None => {
                self.follow(event, patient, turn);
                if !is_late {
                    self.answer(&event.id, ReplyStatus::Followed);
                }
                if event.name.kind() == EventKind::Logout {
                    self.session.sign_out().await;
                }
            }
            Some((status, reason)) => {
                self.stay(event, patient, turn);
                let by_event = is_late || !self.leads() || event.name.kind() == EventKind::Logout;
                if !by_event {
                    return self.answer(&event.id, status);
                }
                if !is_late {
                    self.answer(&event.id, ReplyStatus::Accepted);
                }
                self.send_sync_error(subscribed, event, &reason).await;
            }
        }
    }

    fn follow(&self, event: &HubEvent<Value<P>>, patient: PatientMatch, turn: Turn) {
        self.context.borrow_mut().follow(event, patient, turn);
        if matches!(event.name.kind(), EventKind::Open | EventKind::Home) {
            self.set_synced_if_connected();
        }
        self.update_view();
    }

    fn stay(&self, event: &HubEvent<Value<P>>, patient: PatientMatch, turn: Turn) {
        // An app does not show the patient that it refuses to close.
        let is_elsewhere = event.name.kind() == EventKind::Close && patient == PatientMatch::Other;
        if event.changes_context() && !is_elsewhere {
            self.context.borrow_mut().stay(event, turn);
            self.fall_behind();
            self.update_view();
        }
    }

    fn set_synced_if_connected(&self) {
        if self.is_connected() {
            self.set_synced();
        }
    }

    /// Notes that the app is connected. Its state is `Synced`, or `Behind` if it did not follow to the patient that was opened last.
    pub(super) fn set_synced(&self) {
        let is_in_step = self.context.borrow().is_in_step();
        self.set_state(if is_in_step { HubState::Synced } else { HubState::Behind });
    }

    /// Notes that an event could not be read. It may have opened another patient.
    fn miss_event(&self) {
        self.fall_behind();
        self.publish_missed();
    }

    /// Replies to an event, and remembers the reply in case the event is repeated.
    fn answer(&self, id: &str, status: ReplyStatus) {
        self.remember_reply(id, status);
        if !id.is_empty() {
            self.send_text(&reply(id, status));
        }
    }

    fn remember_reply(&self, id: &str, status: ReplyStatus) {
        if !id.is_empty() {
            self.queue.borrow_mut().remember(id, status);
        }
    }
}
