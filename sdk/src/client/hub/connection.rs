//! A connection to a hub: when it is renewed and checked, and what ends it.

use std::cell::{Cell, RefCell};

use crate::abort::AbortHandle;
use crate::error::Failure;
use crate::platform::Platform;
use crate::protocol::fhircast::subscription::Endpoint;

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
    pub socket: RefCell<Option<P::Socket>>,
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
    /// A connection whose WebSocket is not open yet.
    pub fn new(endpoint: Endpoint, now: f64) -> Self {
        Self {
            endpoint,
            socket: RefCell::default(),
            is_confirmed: Cell::default(),
            events_before: Cell::default(),
            confirmed: AbortHandle::new(),
            lease_until: Cell::default(),
            renew_at: Cell::default(),
            confirm_by: Cell::default(),
            confirmations: Cell::default(),
            check_at: Cell::new(now + QUIET_TIME),
            check_after: Cell::default(),
            woken: RefCell::default(),
            end: RefCell::default(),
            ended: AbortHandle::new(),
        }
    }

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
    pub fn note_message(&self, now: f64) {
        self.check_at.set(now + QUIET_TIME);
    }
}
