//! The WebSocket of a subscription, and what ends it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::state::{HubInner, HubState};
use crate::abort::AbortHandle;
use crate::error::{Error, Failure};
use crate::platform::{Platform, SocketEvent};
use crate::protocol::fhircast::subscription::Endpoint;

/// The codes of a WebSocket that was closed on purpose: normally, and because the hub is going away (RFC 6455 section 7.4.1).
const ON_PURPOSE: [u16; 2] = [NORMAL, 1001];
/// The code with which the app closes (RFC 6455 section 7.4.1).
const NORMAL: u16 = 1000;
/// How long before the end of a lease it is renewed, in seconds.
const RENEW_BEFORE: f64 = 60.0;
/// After how many seconds without a message the app requests what is open.
const QUIET_TIME: f64 = 300.0;
/// The shortest time between two such requests, in seconds.
const CHECK_PAUSE: f64 = 10.0;

/// Why a connection has ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// The hub denied the subscription, for this reason.
    Denied(Option<String>),
    /// The hub closed it on purpose.
    Closed,
    /// It was lost.
    Lost,
    /// It cannot be used.
    Failed(Failure),
}

/// A WebSocket.
pub(super) struct Connection<P: Platform> {
    pub endpoint: Endpoint,
    socket: RefCell<Option<P::Socket>>,
    pub is_confirmed: Cell<bool>,
    /// How many events had changed what is open before the first confirmation.
    pub events_before: Cell<u32>,
    /// Aborted with the first confirmation.
    pub confirmed: AbortHandle,
    /// When the lease ends, in seconds since 1970.
    pub lease_until: Cell<Option<f64>>,
    /// When the lease is renewed.
    pub renew_at: Cell<Option<f64>>,
    /// When the hub must have confirmed a renewal that it accepted.
    pub confirm_by: Cell<Option<f64>>,
    /// How many times the hub confirmed the subscription.
    pub confirmations: Cell<u32>,
    /// When the app requests what is open, and the earliest time for that.
    check_at: Cell<f64>,
    check_after: Cell<f64>,
    /// Aborted when something is to be done at once.
    woken: RefCell<AbortHandle>,
    end: RefCell<Option<End>>,
    /// Aborted when it has ended.
    pub ended: AbortHandle,
}

impl<P: Platform> Connection<P> {
    /// Ends it. The first reason counts.
    pub fn end_by(&self, end: End) {
        self.end.borrow_mut().get_or_insert(end);
        self.ended.abort();
    }

    /// Why it has ended.
    pub fn end(&self) -> Option<End> {
        self.end.borrow().clone()
    }

    /// Notes a confirmation, with its lease.
    pub fn confirm(&self, now: f64, lease_seconds: Option<f64>) {
        self.is_confirmed.set(true);
        self.confirmations.set(self.confirmations.get().wrapping_add(1));
        self.confirm_by.set(None);
        self.lease_until.set(lease_seconds.map(|lease| now + lease));
        // Half of a short lease.
        self.renew_at.set(lease_seconds.map(|lease| now + (lease - RENEW_BEFORE).max(lease / 2.0)));
        self.confirmed.abort();
    }

    /// When something is to be done, in seconds since 1970.
    pub fn next_time(&self) -> f64 {
        let times = [self.renew_at.get(), self.confirm_by.get(), self.lease_until.get()];
        times.into_iter().flatten().fold(self.check_at.get(), f64::min)
    }

    /// Completes when something is to be done at once.
    pub fn woken(&self) -> impl Future<Output = ()> + Unpin + use<P> {
        self.woken.borrow().signal().aborted()
    }

    /// Whether the hub did not confirm the subscription in time, or the lease is over.
    pub fn is_overdue(&self, now: f64) -> bool {
        [self.confirm_by.get(), self.lease_until.get()].into_iter().flatten().any(|time| now >= time)
    }

    /// Requests soon what is open, unless that was done just now.
    pub fn check_now(&self, now: f64) {
        if now >= self.check_after.get() {
            self.check_at.set(now);
            self.woken.replace(AbortHandle::new()).abort();
        }
    }

    /// Whether the app must request now what is open. If so, the next time is set.
    pub fn starts_check(&self, now: f64) -> bool {
        let is_due = now >= self.check_at.get();
        if is_due {
            self.check_after.set(now + CHECK_PAUSE);
            self.note_message(now);
        }
        is_due
    }

    /// Notes that the hub has sent something.
    fn note_message(&self, now: f64) {
        self.check_at.set(now + QUIET_TIME);
    }
}

impl<P: Platform> HubInner<P> {
    /// Opens the WebSocket of a subscription.
    pub(super) fn open_connection(self: &Rc<Self>, endpoint: Endpoint) -> Result<Rc<Connection<P>>, Failure> {
        let connection = Rc::new(Connection {
            endpoint,
            socket: RefCell::default(),
            is_confirmed: Cell::default(),
            events_before: Cell::default(),
            confirmed: AbortHandle::new(),
            lease_until: Cell::default(),
            renew_at: Cell::default(),
            confirm_by: Cell::default(),
            confirmations: Cell::default(),
            check_at: Cell::new(self.platform.now() + QUIET_TIME),
            check_after: Cell::default(),
            woken: RefCell::default(),
            end: RefCell::default(),
            ended: AbortHandle::new(),
        });
        let weak = Rc::downgrade(&connection);
        let on_event = self.weakly(move |hub, event| {
            if let Some(connection) = weak.upgrade() {
                hub.on_socket(&connection, event);
            }
        });
        *self.connection.borrow_mut() = Some(connection.clone());
        let socket = self.platform.open_socket(&connection.endpoint.expose(), Rc::new(on_event));
        *connection.socket.borrow_mut() = Some(socket.map_err(|_| Error::WebSocketUnavailable)?);
        Ok(connection)
    }

    fn on_socket(self: &Rc<Self>, connection: &Rc<Connection<P>>, event: SocketEvent) {
        connection.note_message(self.platform.now());
        match event {
            SocketEvent::Text(text) => self.receive(connection, &text),
            SocketEvent::Binary => self.note("hub_binary", "The hub sent a binary message, which was not read."),
            SocketEvent::Closed(code) if ON_PURPOSE.contains(&code) => connection.end_by(End::Closed),
            SocketEvent::Closed(_) => {
                self.fall_behind();
                connection.end_by(End::Lost);
            }
        }
    }

    /// Notes at once that the app may miss events.
    pub(super) fn fall_behind(&self) {
        if self.state.get() == HubState::Synced {
            self.set_state(HubState::Behind);
        }
    }

    /// Whether events reach this page: by its own WebSocket, or from the tab that has it.
    pub(super) fn is_connected(&self) -> bool {
        match &*self.connection.borrow() {
            Some(connection) => connection.is_confirmed.get() && connection.end().is_none(),
            None => self.other_tab_is_connected.get(),
        }
    }

    /// Sends a text to the hub.
    pub(super) fn send_text(&self, text: &str) {
        if let Some(connection) = &*self.connection.borrow()
            && let Some(socket) = &*connection.socket.borrow()
        {
            self.platform.send_text(socket, text);
        }
    }

    /// Closes a WebSocket normally.
    pub(super) fn close(&self, connection: &Connection<P>) {
        if let Some(socket) = &*connection.socket.borrow() {
            self.platform.close_socket(socket, NORMAL);
        }
    }
}
