//! The state that the handles of a session share, and its events.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use super::messages;
#[cfg(feature = "hub")]
use crate::client::hub::HubInner;
use crate::client::server::connection::Connection;
use crate::client::server::discovery;
use crate::client::store::current::Current;
use crate::client::store::pending;
use crate::client::store::records::{self, SessionRecord};
use crate::client::tasks::shared_task::SharedTask;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::guard::Guard;
use crate::protocol::secret::IdToken;
use crate::protocol::token::TokenClient;
use crate::protocol::url::Url;

/// An event of a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// It has a new access token.
    Refreshed,
    /// The check of the ID token's signature has ended, and the session is still active.
    IdentityChecked,
    /// It has ended: [`Error::SignedOut`] after signing out, or else the reason.
    SignedOut(Failure),
}

type Listener = Rc<dyn Fn(&SessionEvent)>;

/// The state of a session, shared by its handles.
pub(crate) struct Inner<P: Platform> {
    pub platform: P,
    pub current: Rc<Current>,
    pub connection: Rc<Connection>,
    pub id: String,
    pub guard: Guard,
    pub record: RefCell<Rc<SessionRecord>>,
    /// Whether the record is stored. If the store failed, the session is only in memory.
    pub is_stored: Cell<bool>,
    /// Whether the record comes from the store, where another tab may have a newer one.
    pub may_be_stale: Cell<bool>,
    pub ended: RefCell<Option<Failure>>,
    pub refreshing: RefCell<Option<SharedTask<()>>>,
    /// When the last refresh in the background started, in seconds since 1970.
    pub background_refresh_at: Cell<f64>,
    pub signature_check: SignatureCheck,
    /// Whether the server linked to its own pages by http in place of https.
    pub insecure_links: Cell<bool>,
    listeners: RefCell<Vec<(usize, Listener)>>,
    next_listener: Cell<usize>,
    pub subscription: RefCell<Option<P::Subscription>>,
    #[cfg(feature = "hub")]
    pub hub: RefCell<Weak<HubInner<P>>>,
}

/// The name of the lock that prevents concurrent refreshes of a session in several tabs.
pub(crate) fn refresh_lock(id: &str) -> String {
    ["smartrust.refresh.", id].concat()
}

/// The running check of an ID token's signature, and its failed attempts.
#[derive(Default)]
pub(crate) struct SignatureCheck {
    pub running: RefCell<Option<IdToken>>,
    pub failed: Cell<u32>,
    pub last_failed: Cell<f64>,
}

/// The guard of a session: its tokens may be sent to the FHIR server, and to the locations that the server named.
fn guard(connection: &Connection, record: &SessionRecord) -> Guard {
    let server = &connection.server;
    let mut guard = Guard::new(server.fhir_base.clone());
    let locations = record.context.authorization_details.iter().flat_map(|detail| &detail.locations);
    for location in locations.filter_map(|location| Url::parse(location).ok()) {
        if location.is_confidential() || server.record.allow_insecure_http {
            guard.admit(location);
        }
    }
    guard
}

impl<P: Platform> Inner<P> {
    /// The state of an active session.
    pub fn new(
        platform: P,
        current: Rc<Current>,
        connection: Rc<Connection>,
        id: String,
        record: Rc<SessionRecord>,
        may_be_stale: bool,
    ) -> Self {
        let guard = guard(&connection, &record);
        Self {
            platform,
            current,
            connection,
            id,
            guard,
            record: RefCell::new(record),
            is_stored: Cell::new(true),
            may_be_stale: Cell::new(may_be_stale),
            ended: RefCell::default(),
            refreshing: RefCell::default(),
            background_refresh_at: Cell::new(f64::NEG_INFINITY),
            signature_check: SignatureCheck::default(),
            insecure_links: Cell::default(),
            listeners: RefCell::default(),
            next_listener: Cell::new(0),
            subscription: RefCell::default(),
            #[cfg(feature = "hub")]
            hub: RefCell::default(),
        }
    }

    /// The client with its credential for one token, introspection or revocation request.
    pub async fn client(&self, endpoint: &Url) -> Result<TokenClient, Failure> {
        let endpoints = self.record.borrow().endpoints.clone();
        self.connection.server.client(endpoint, &endpoints).await
    }

    pub fn topic(&self) -> String {
        ["smartrust.session.", &self.id].concat()
    }

    /// The lock that prevents concurrent refreshes in several tabs.
    pub async fn lock_refresh(&self) -> P::Guard {
        self.platform.lock(&refresh_lock(&self.id)).await
    }

    pub fn check_active(&self) -> Result<(), Failure> {
        match &*self.ended.borrow() {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }

    /// Replaces the record in memory by a newer one.
    pub fn adopt(&self, record: Rc<SessionRecord>) {
        *self.record.borrow_mut() = record;
        self.emit(&SessionEvent::Refreshed);
    }

    /// Ends the session, once, and emits the event.
    pub fn end(&self, reason: Failure) {
        if self.ended.borrow().is_some() {
            return;
        }
        *self.ended.borrow_mut() = Some(reason.clone());
        #[cfg(feature = "hub")]
        self.leave_hub();
        self.emit(&SessionEvent::SignedOut(reason));
    }

    /// Unsubscribes from the hub in the background, if the app is subscribed.
    #[cfg(feature = "hub")]
    fn leave_hub(&self) {
        let hub = self.hub.borrow().upgrade();
        if let Some(hub) = hub {
            self.platform.spawn(Box::pin(async move { hub.unsubscribe().await }));
        }
    }

    /// Ends the session in all tabs, and removes its tokens from the store.
    pub async fn end_and_forget(&self, reason: Failure) {
        self.end(reason);
        self.publish(&messages::signed_out(self.record.borrow().renewals));
        // The session has ended even if the store fails.
        let _ = self.forget().await;
    }

    /// Ends an expired session. Other tabs notice on their own.
    pub async fn expire(&self) -> Failure {
        let reason = Failure::from(Error::SessionExpired);
        self.end(reason.clone());
        // The next page removes what stays in the store.
        let _ = self.remove().await;
        reason
    }

    /// Sends a message to the other tabs with this session.
    pub fn publish(&self, message: &str) {
        self.platform.publish(&self.topic(), message);
    }

    /// Stores a record of the session. If the session ends meanwhile, the record is removed again. If the store fails, a refresh token that
    /// this record replaces is removed.
    pub async fn store(&self, record: &SessionRecord) -> Result<(), Failure> {
        let stored = records::save_session(&self.platform, &self.id, record).await;
        self.is_stored.set(stored.is_ok());
        if self.check_active().is_err() || (stored.is_err() && self.is_replaced_in_store(record).await) {
            // This page does not use it even if it cannot be removed.
            let _ = records::remove_session(&self.platform, &self.id).await;
        }
        stored
    }

    /// Whether the store holds an older record of the session, with another refresh token.
    async fn is_replaced_in_store(&self, record: &SessionRecord) -> bool {
        let stored = records::load_session(&self.platform, &self.id).await.ok().flatten();
        stored.is_some_and(|stored| stored.renewals < record.renewals && stored.refresh_token != record.refresh_token)
    }

    async fn remove(&self) -> Result<(), Failure> {
        self.current.unset(&self.platform, &self.id);
        records::remove_session(&self.platform, &self.id).await
    }

    /// Removes everything about the session from the store: its tokens, pending launches in its context, and the endpoints of its
    /// server.
    pub async fn forget(&self) -> Result<(), Failure> {
        self.remove().await?;
        let patient = self.record.borrow().context.patient.clone();
        pending::remove_launches_for_patient(&self.platform, &self.connection.server.key, patient.as_deref()).await?;
        discovery::forget(&self.platform, &self.connection.server).await
    }

    /// Calls a function with every event until the returned subscription is dropped.
    pub fn listen(self: &Rc<Self>, listener: impl Fn(&SessionEvent) + 'static) -> EventSubscription<P> {
        let id = self.next_listener.get();
        self.next_listener.set(id + 1);
        self.listeners.borrow_mut().push((id, Rc::new(listener)));
        EventSubscription { session: Rc::downgrade(self), id }
    }

    /// Calls the listeners.
    pub fn emit(&self, event: &SessionEvent) {
        let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        listeners.iter().for_each(|listener| listener(event));
    }
}

/// Keeps a listener of a session's events. Dropping it ends the subscription.
#[must_use = "dropping it ends the subscription"]
pub struct EventSubscription<P: Platform> {
    session: Weak<Inner<P>>,
    id: usize,
}

impl<P: Platform> Drop for EventSubscription<P> {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

impl<P: Platform> fmt::Debug for EventSubscription<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EventSubscription").finish_non_exhaustive()
    }
}
