//! The state that the handles of a hub share.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::access::HubSession;
use super::change::{HubChange, HubState, HubView};
use super::connection::Connection;
use super::context::OpenContext;
use super::options::Settings;
use super::queue::Queue;
use super::sent::Sent;
use crate::abort::AbortHandle;
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Failure, HubError};
use crate::platform::{Json, Platform};
use crate::protocol::fhircast::grant::Hub as HubUrl;
use crate::protocol::fhircast::message::GrantedEvents;
use crate::protocol::fhircast::name::EventName;
use crate::protocol::fhircast::subscription::Subscription;
use crate::protocol::finding::Finding;
use crate::protocol::guard::Guard;

pub(super) type Value<P> = <P as Json>::Value;
type Listener = Rc<dyn Fn(&HubChange)>;

/// A requested subscription, until it ends.
pub(super) struct Subscribed<V> {
    pub settings: Settings<V>,
    /// Whether this page has the WebSocket, and not another tab.
    pub leads: Cell<bool>,
    /// The outcome of the first attempt.
    pub ready: RefCell<Option<Result<(), Failure>>>,
    pub is_ready: AbortHandle,
    /// Whether it has ended.
    pub is_stopped: Cell<bool>,
    /// Aborted when it ends, or the page is left.
    pub interrupt: RefCell<AbortHandle>,
    /// Aborted when the page is shown again.
    pub restored: RefCell<AbortHandle>,
}

impl<V> Subscribed<V> {
    /// The subscription to request from the hub.
    pub fn subscription(&self) -> Subscription {
        Subscription {
            subscriber: self.settings.name.clone(),
            ..Subscription::to(self.settings.events.iter().cloned())
        }
    }

    /// Settles the first attempt, once.
    pub fn settle(&self, outcome: Result<(), Failure>) {
        self.ready.borrow_mut().get_or_insert(outcome);
        self.is_ready.abort();
    }
}

/// The state of a hub, shared by its handles.
pub(crate) struct HubInner<P: Platform> {
    pub(super) platform: P,
    pub(super) session: Box<dyn HubSession>,
    /// The id of the session, by which its tabs find each other.
    pub(super) id: String,
    pub(super) hub: HubUrl,
    pub(super) guard: Guard,
    pub(super) allow_insecure: bool,
    pub(super) state: Cell<HubState>,
    view: RefCell<HubView>,
    /// Why the subscription ended.
    pub(super) reason: RefCell<Option<Failure>>,
    pub(super) granted: RefCell<GrantedEvents>,
    pub(super) context: RefCell<OpenContext>,
    pub(super) queue: RefCell<Queue<Value<P>>>,
    /// Whether an event is being handled.
    pub(super) is_busy: Cell<bool>,
    /// Ends the wait for a decision after a reply with 202.
    pub(super) undecided: RefCell<Option<AbortHandle>>,
    /// The messages to other tabs that opened what is open, by the type of resource, the oldest first.
    pub(super) opened: RefCell<Vec<(String, String)>>,
    /// How many events changed what is open.
    pub(super) context_events: Cell<u32>,
    /// What was opened by a request for the current context.
    pub(super) reconciled: RefCell<Option<EventName>>,
    /// Whether the tab with the subscription is connected.
    pub(super) other_tab_is_connected: Cell<bool>,
    pub(super) findings: RefCell<Vec<Finding>>,
    pub(super) subscribed: RefCell<Option<Rc<Subscribed<Value<P>>>>>,
    pub(super) connection: RefCell<Option<Rc<Connection<P>>>>,
    pub(super) sent: RefCell<Vec<Rc<Sent>>>,
    pub(super) has_no_current: Cell<bool>,
    pub(super) leaving: RefCell<Option<SharedTask<()>>>,
    pub(super) channel: RefCell<Option<P::Subscription>>,
    pub(super) transitions: RefCell<Option<P::TransitionListener>>,
    listeners: RefCell<Vec<(usize, Listener)>>,
    next_listener: Cell<usize>,
}

impl<P: Platform> HubInner<P> {
    pub(super) fn new(
        platform: P,
        session: Box<dyn HubSession>,
        id: String,
        hub: HubUrl,
        allow_insecure: bool,
        context: OpenContext,
    ) -> Self {
        Self {
            platform,
            session,
            id,
            guard: Guard::new(hub.url.without_query()),
            hub,
            allow_insecure,
            state: Cell::new(HubState::Off),
            view: RefCell::new(context.view()),
            reason: RefCell::default(),
            granted: RefCell::default(),
            context: RefCell::new(context),
            queue: RefCell::default(),
            is_busy: Cell::default(),
            undecided: RefCell::default(),
            opened: RefCell::default(),
            context_events: Cell::default(),
            reconciled: RefCell::default(),
            other_tab_is_connected: Cell::default(),
            findings: RefCell::default(),
            subscribed: RefCell::default(),
            connection: RefCell::default(),
            sent: RefCell::default(),
            has_no_current: Cell::default(),
            leaving: RefCell::default(),
            channel: RefCell::default(),
            transitions: RefCell::default(),
            listeners: RefCell::default(),
            next_listener: Cell::default(),
        }
    }

    /// The subscription, if there is one.
    pub(super) fn current_subscription(&self) -> Option<Rc<Subscribed<Value<P>>>> {
        self.subscribed.borrow().clone()
    }

    /// Whether this page has the WebSocket.
    pub(super) fn leads(&self) -> bool {
        self.current_subscription().is_some_and(|subscribed| subscribed.leads.get())
    }

    pub(super) fn view(&self) -> HubView {
        self.view.borrow().clone()
    }

    pub(super) fn set_state(&self, state: HubState) {
        if self.state.replace(state) != state {
            self.emit(&HubChange::State(state));
            self.publish_state();
        }
    }

    /// Tells the listeners if what may be shown has changed.
    pub(super) fn update_view(&self) {
        let view = self.context.borrow().view();
        if self.view.replace(view.clone()) != view {
            self.emit(&HubChange::View(view));
        }
    }

    /// Notes a finding, once.
    pub(super) fn note(&self, code: &'static str, message: &str) {
        let section = crate::protocol::fhircast::SUBSCRIBING;
        let finding = Finding::new(code, message, section);
        let mut findings = self.findings.borrow_mut();
        if !findings.iter().any(|known| known.code == code) {
            findings.push(finding);
        }
    }

    /// Tells the listeners of a message that cannot be used.
    pub(super) fn report(&self, problem: &'static str) {
        self.emit(&HubChange::Problem(HubError::Message { problem }.into()));
    }

    pub(super) fn listen(&self, listener: impl Fn(&HubChange) + 'static) -> usize {
        let id = self.next_listener.get();
        self.next_listener.set(id + 1);
        self.listeners.borrow_mut().push((id, Rc::new(listener)));
        id
    }

    pub(super) fn unlisten(&self, id: usize) {
        self.listeners.borrow_mut().retain(|(known, _)| *known != id);
    }

    /// Calls the listeners.
    pub(super) fn emit(&self, change: &HubChange) {
        let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        listeners.iter().for_each(|listener| listener(change));
    }

    /// Runs a future with the hub in the background.
    pub(super) fn in_background<F: Future<Output = ()> + 'static>(self: &Rc<Self>, work: impl FnOnce(Rc<Self>) -> F) {
        self.platform.spawn(Box::pin(work(self.clone())));
    }

    /// A closure of the platform that finds the hub only while it exists.
    pub(super) fn weakly<A, F: Fn(&Rc<Self>, A) + 'static>(self: &Rc<Self>, call: F) -> impl Fn(A) + use<P, A, F> {
        let hub: Weak<Self> = Rc::downgrade(self);
        move |argument| {
            if let Some(hub) = hub.upgrade() {
                call(&hub, argument);
            }
        }
    }
}
