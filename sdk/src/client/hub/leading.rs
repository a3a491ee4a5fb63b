//! The tab that has the subscription: it subscribes, renews the lease, and subscribes again after the connection was lost.

use std::rc::Rc;

use futures_util::future::select;

use super::change::HubState;
use super::connection::{Connection, End};
use super::state::{HubInner, Subscribed, Value};
use crate::abort::AbortSignal;
use crate::client::server::transport::random_fraction;
use crate::error::{Error, Failure, HubError, HubRefusal};
use crate::platform::Platform;
use crate::protocol::fhircast::subscription::{Accepted, Subscription};

/// How long the hub may take to confirm a subscription, in milliseconds.
const CONFIRMATION_TIMEOUT: u32 = 10_000;
/// The longest pause before the app subscribes again, in seconds.
const LONGEST_PAUSE: f64 = 60.0;
/// How long the app tries to subscribe again if the hub named no lease, in seconds.
const USUAL_LEASE: f64 = 3600.0;
/// The pause before a failed renewal is tried again, in seconds.
const RENEWAL_PAUSE: f64 = 15.0;
/// How long the lock is held after the end, in milliseconds, so that tabs that wait for it learn of the end first.
const END_DELAY: u32 = 50;

/// How an attempt has ended.
enum Attempt {
    /// The app unsubscribed, or the page was left.
    Interrupted,
    /// The hub denied the subscription.
    Denied(Option<String>),
    /// Another attempt is in vain.
    Over(Failure),
    /// Another attempt may succeed.
    Lost {
        failure: Failure,
        /// Until when, in seconds since 1970. `None` if it was never confirmed.
        until: Option<f64>,
    },
}

impl<P: Platform> HubInner<P> {
    /// Subscribes as soon as no other tab of the session has a subscription, until the subscription ends.
    pub(super) async fn keep_subscribed(self: Rc<Self>, subscribed: Rc<Subscribed<Value<P>>>) {
        let lock = ["smartrust.hub.", &self.id].concat();
        loop {
            let interrupt = subscribed.interrupt.borrow().signal();
            if let Some(lock) = interrupt.unless_aborted(Box::pin(self.platform.lock(&lock))).await {
                subscribed.leads.set(true);
                let is_over = self.lead(&subscribed, &interrupt).await;
                subscribed.leads.set(false);
                drop(lock);
                if is_over {
                    return;
                }
            }
            let restored = subscribed.restored.borrow().signal();
            if !subscribed.is_stopped.get() {
                restored.aborted().await;
            }
            if subscribed.is_stopped.get() {
                return;
            }
        }
    }

    /// Returns whether the subscription has ended.
    async fn lead(self: &Rc<Self>, subscribed: &Rc<Subscribed<Value<P>>>, interrupt: &AbortSignal) -> bool {
        let (mut tries, mut give_up_at) = (0, None);
        loop {
            let (failure, until) = match self.connect(subscribed, interrupt).await {
                Attempt::Interrupted => return false,
                Attempt::Denied(reason) => {
                    let denied = HubError::Refused(Box::new(HubRefusal::Denied { reason }));
                    return self.finish(HubState::Denied, denied.into()).await;
                }
                Attempt::Over(failure) => return self.finish(HubState::Closed, failure).await,
                Attempt::Lost { failure, until } => (failure, until),
            };
            if until.is_some() {
                (tries, give_up_at) = (0, until);
            }
            let now = self.platform.now();
            // Before the first confirmation, the caller decides whether to try again.
            if give_up_at.is_none_or(|end| now >= end) {
                return self.finish(HubState::Closed, failure).await;
            }
            self.set_state(HubState::Behind);
            let pause = pause_before(tries, random_fraction(&self.platform)).min(give_up_at.unwrap_or(now) - now);
            tries += 1;
            if interrupt.unless_aborted(Box::pin(self.sleep(pause))).await.is_none() {
                return false;
            }
        }
    }

    /// One attempt: returns when it has ended.
    async fn connect(self: &Rc<Self>, subscribed: &Rc<Subscribed<Value<P>>>, interrupt: &AbortSignal) -> Attempt {
        if self.state.get() != HubState::Behind {
            self.set_state(HubState::Connecting);
        }
        let subscription = subscribed.subscription();
        let subscribing = Box::pin(self.subscribe(&subscription));
        let connection = match interrupt.unless_aborted(subscribing).await {
            None => return Attempt::Interrupted,
            Some(accepted) => match accepted.and_then(|accepted| self.open_accepted(accepted)) {
                Ok(connection) => connection,
                Err(failure) => return attempt_of(failure, None),
            },
        };
        let attempt = self.converse(&connection, subscribed, interrupt).await;
        let is_current = |current: &Rc<Connection<P>>| Rc::ptr_eq(current, &connection);
        // Whoever interrupts takes the connection first, to unsubscribe.
        if self.connection.borrow().as_ref().is_some_and(is_current) {
            self.connection.take();
            self.close(&connection);
        }
        attempt
    }

    fn open_accepted(self: &Rc<Self>, accepted: Accepted) -> Result<Rc<Connection<P>>, Failure> {
        accepted.findings.iter().for_each(|finding| self.note(finding.code, &finding.message));
        self.open_connection(accepted.endpoint)
    }

    /// Waits for the confirmation and then for the end, and renews the lease.
    async fn converse(
        self: &Rc<Self>,
        connection: &Rc<Connection<P>>,
        subscribed: &Rc<Subscribed<Value<P>>>,
        interrupt: &AbortSignal,
    ) -> Attempt {
        let first = select(connection.confirmed.signal().aborted(), connection.ended.signal().aborted());
        let first = Box::pin(select(first, Box::pin(self.platform.sleep(CONFIRMATION_TIMEOUT))));
        if interrupt.unless_aborted(first).await.is_none() {
            return Attempt::Interrupted;
        }
        if connection.is_confirmed.get() {
            self.set_synced();
            subscribed.settle(Ok(()));
            self.reconcile_soon(connection);
        } else if connection.end().is_none() {
            return attempt_of(HubError::Timeout { what: "confirm the subscription" }.into(), None);
        }
        loop {
            let pause = connection.next_time() - self.platform.now();
            let called = select(connection.ended.signal().aborted(), connection.woken());
            let waiting = select(called, Box::pin(self.sleep(pause)));
            if interrupt.unless_aborted(waiting).await.is_none() {
                return Attempt::Interrupted;
            }
            let until = connection.is_confirmed.get().then(|| connection.lease_until.get());
            let until = until.map(|lease| lease.unwrap_or_else(|| self.platform.now() + USUAL_LEASE));
            let lost = || Error::Network { host: connection.endpoint.host().into() }.into();
            match connection.end() {
                None => self.maintain(connection, subscribed).await,
                Some(End::Denied(reason)) => return Attempt::Denied(reason),
                Some(End::Closed) => return Attempt::Over(lost()),
                Some(End::Lost) => return Attempt::Lost { failure: lost(), until },
                Some(End::Failed(failure)) => return attempt_of(failure, until),
            }
        }
    }

    /// Does what is due for a connection.
    async fn maintain(self: &Rc<Self>, connection: &Rc<Connection<P>>, subscribed: &Subscribed<Value<P>>) {
        let now = self.platform.now();
        if connection.is_overdue(now) {
            self.fall_behind();
            connection.end_by(End::Lost);
        } else if connection.renew_at.get().is_some_and(|time| now >= time) {
            self.renew(connection, subscribed).await;
        } else if connection.starts_check(now) {
            self.check_soon(connection);
        }
    }

    /// Renews the lease, which the hub confirms with the same WebSocket.
    async fn renew(self: &Rc<Self>, connection: &Connection<P>, subscribed: &Subscribed<Value<P>>) {
        connection.renew_at.set(None);
        let confirmations = connection.confirmations.get();
        let endpoint = Some(connection.endpoint.clone());
        let renewed = self.subscribe(&Subscription { endpoint, ..subscribed.subscription() }).await;
        match renewed {
            Ok(accepted) if accepted.endpoint != connection.endpoint => {
                self.note("hub_new_endpoint", "The hub renewed the subscription with another WebSocket.");
                self.fall_behind();
                connection.end_by(End::Lost);
            }
            Err(failure) if matches!(attempt_of(failure.clone(), None), Attempt::Over(_)) => {
                connection.end_by(End::Failed(failure));
            }
            // The confirmation may have come before the response.
            _ if connection.confirmations.get() != confirmations => {}
            // Without a confirmation, the hub does not reach the app any more.
            Ok(_) => {
                connection.confirm_by.set(Some(self.platform.now() + f64::from(CONFIRMATION_TIMEOUT) / 1000.0));
            }
            Err(_) => connection.renew_at.set(Some(self.platform.now() + RENEWAL_PAUSE)),
        }
    }

    /// Ends the subscription for good. Returns `true`.
    async fn finish(self: &Rc<Self>, state: HubState, failure: Failure) -> bool {
        self.reason.replace(Some(failure.clone()));
        self.set_state(state);
        self.end_here(failure);
        self.platform.sleep(END_DELAY).await;
        true
    }

    async fn sleep(&self, seconds: f64) {
        // A cast of a number that is out of range returns the nearest one.
        self.platform.sleep((seconds.max(0.0) * 1000.0).ceil() as u32).await;
    }
}

/// The pause before another attempt, in seconds. `chance` is a random number from 0 to 1.
fn pause_before(tries: i32, chance: f64) -> f64 {
    (2_f64.powi(tries.min(10)) * (1.0 + chance)).min(LONGEST_PAUSE)
}

/// Whether another attempt may succeed after a failure.
fn attempt_of(failure: Failure, until: Option<f64>) -> Attempt {
    let may_pass = match &*failure {
        Error::Network { .. } | Error::Timeout { .. } | Error::Hub(HubError::Timeout { .. }) => true,
        Error::Hub(HubError::Refused(_)) | Error::TokenResponse { .. } | Error::Token(_) => {
            failure.status().is_some_and(|status| matches!(status, 408 | 429 | 500..))
        }
        _ => false,
    };
    if may_pass { Attempt::Lost { failure, until } } else { Attempt::Over(failure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x18_pauses_are_random_grow_and_end_at_a_minute() {
        let bounds = |tries| (pause_before(tries, 0.0), pause_before(tries, 1.0));
        assert_eq!([bounds(0), bounds(1), bounds(2)], [(1.0, 2.0), (2.0, 4.0), (4.0, 8.0)]);
        assert_eq!([bounds(5), bounds(6), bounds(1_000)], [(32.0, 60.0), (60.0, 60.0), (60.0, 60.0)]);
    }
}
