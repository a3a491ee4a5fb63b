//! A session: tokens that stay inside, and what the server said of the launch.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::config::Server;
use super::current::Current;
use super::discovery;
use super::flight::Flight;
use super::identity::{self, SignatureCheck};
use super::messages;
use super::pending;
use super::records::{self, SessionRecord};
pub use super::records::{CheckedIdentity, Signature};
use crate::error::{Error, Failure};
use crate::fhir::reference::ResourceId;
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::finding::Finding;
use crate::protocol::guard::Guard;
use crate::protocol::scope::{Context, ScopeGrant, ScopeSet};
use crate::protocol::secret::AccessToken;
use crate::protocol::token::TokenClient;
use crate::protocol::url::Url;

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEvent {
    /// It has a new access token.
    Refreshed,
    /// The check of the ID token's signature has ended, and the session stands.
    IdentityChecked,
    /// It has ended: [`Error::SignedOut`] where the user asked for it, else what ended it.
    SignedOut(Failure),
}

/// A signed-in session. Cloning it gives another handle to the same session.
pub struct Session<P: Platform> {
    pub(super) inner: Rc<Inner<P>>,
}

impl<P: Platform> Clone for Session<P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

type Listener = Rc<dyn Fn(&SessionEvent)>;

pub(super) struct Inner<P: Platform> {
    pub platform: P,
    pub current: Rc<Current>,
    pub server: Rc<Server>,
    pub id: String,
    pub guard: Guard,
    pub record: RefCell<Rc<SessionRecord>>,
    /// Whether the store holds this record. Where it refused, the session lives in memory alone.
    pub is_stored: Cell<bool>,
    /// Whether the record comes from a store, which may be a copy that another tab has left behind.
    pub may_be_stale: Cell<bool>,
    pub ended: RefCell<Option<Failure>>,
    pub refreshing: RefCell<Option<Flight<()>>>,
    /// When a refresh in the background was last begun, in seconds since 1970.
    pub refreshed_ahead: Cell<f64>,
    pub signature_check: SignatureCheck,
    /// Whether the server linked to pages of its own with http in place of https.
    pub insecure_links: Rc<Cell<bool>>,
    listeners: RefCell<Vec<(usize, Listener)>>,
    next_listener: Cell<usize>,
    subscription: RefCell<Option<P::Subscription>>,
}

/// How long before its end an access token is replaced in the background, in seconds.
const SOON: f64 = 60.0;

const OPENID_DISCOVERY: &str = "OpenID Connect Discovery 1.0 section 4.3";

/// Where the record of a session comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The server has just issued its tokens.
    Server,
    /// It was stored before.
    Store,
}

impl<P: Platform> Session<P> {
    pub(super) fn new(
        platform: P,
        current: Rc<Current>,
        server: Rc<Server>,
        id: String,
        record: Rc<SessionRecord>,
        origin: Origin,
    ) -> Self {
        let mut guard = Guard::new(server.fhir_base.clone());
        let locations = record.context.authorization_details.iter().flat_map(|detail| &detail.locations);
        for location in locations.filter_map(|location| Url::parse(location).ok()) {
            if location.is_confidential() || server.record.allow_insecure_http {
                guard.admit(location);
            }
        }
        let inner = Rc::new(Inner {
            platform,
            current,
            server,
            id,
            guard,
            record: RefCell::new(record),
            is_stored: Cell::new(true),
            may_be_stale: Cell::new(origin == Origin::Store),
            ended: RefCell::default(),
            refreshing: RefCell::default(),
            refreshed_ahead: Cell::new(f64::NEG_INFINITY),
            signature_check: SignatureCheck::default(),
            insecure_links: Rc::default(),
            listeners: RefCell::default(),
            next_listener: Cell::new(0),
            subscription: RefCell::default(),
        });
        let weak = Rc::downgrade(&inner);
        let subscription =
            inner.platform.subscribe(&inner.topic(), Rc::new(move |message| messages::hear(&weak, message)));
        *inner.subscription.borrow_mut() = Some(subscription);
        Self { inner }
    }

    /// What tells the session from others of the same app. It is no secret.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The id of the patient in context.
    pub fn patient(&self) -> Option<String> {
        self.inner.record.borrow().context.patient.clone()
    }

    /// The id of the encounter in context.
    pub fn encounter(&self) -> Option<String> {
        self.inner.record.borrow().context.encounter.clone()
    }

    /// Everything that the server said of the launch.
    pub fn context(&self) -> Rc<LaunchContext> {
        self.inner.record.borrow().context.clone()
    }

    /// Who the user is and what of it was checked; `None` where no ID token came.
    pub fn identity(&self) -> Option<Rc<CheckedIdentity>> {
        self.inner.record.borrow().identity.clone()
    }

    /// The type and id of the user's own resource.
    pub fn fhir_user(&self) -> Option<ResourceId> {
        ResourceId::read(self.identity()?.identity.fhir_user.as_deref()?)
    }

    /// What was asked for and what was granted.
    pub fn scopes(&self) -> ScopeGrant {
        let record = self.inner.record.borrow();
        ScopeGrant::new(ScopeSet::parse(&record.requested_scope), record.granted_scope.as_deref())
    }

    /// What was odd about the launch or a refresh and yet no reason to stop.
    pub fn findings(&self) -> Vec<Finding> {
        let record = self.inner.record.borrow();
        let issuer = "The redirect names an issuer, and the server's documents name none to hold it against.";
        let renewal =
            "A refresh brought an ID token without its audience or nonce: who the user is stands as the launch said.";
        let not_stored = "The browser did not store the session: it ends when this page is reloaded or left.";
        let pasted = "The access token was pasted: who the user is was not checked, and the session cannot be renewed.";
        let aside = "The server's OpenID configuration speaks of another issuer, or contradicts its SMART configuration: its \
                     keys and its issuer were not used.";
        let no_identity = "The scope openid was granted, and no ID token came: who the user is is not known.";
        let unknown =
            "The server granted scopes in no syntax that is known: what they allow shows only when it is tried.";
        let granted = self.scopes().granted;
        let lacks_identity = record.identity.is_none() && !record.is_pasted && granted.contains("openid");
        let insecure = "The server links to the next page by http://, where its base begins with https://: it was fetched by https.";
        [
            (self.inner.insecure_links.get(), "insecure_link", insecure, "RFC 6750 section 5.3"),
            (record.issuer_unknown, "unknown_issuer", issuer, "RFC 9207 section 2.4"),
            (record.endpoints.left_openid_aside, "foreign_openid_configuration", aside, OPENID_DISCOVERY),
            (lacks_identity, "missing_id_token", no_identity, "OpenID Connect Core section 3.1.3.3"),
            (granted.is_unknown(), "unknown_scopes", unknown, "SMART App Launch 2.2, scopes and launch context"),
            (record.renewal_incomplete, "incomplete_id_token", renewal, "OpenID Connect Core section 12.2"),
            (record.is_pasted, "pasted_token", pasted, "SMART App Launch 2.2, launch app: obtain access token"),
            (!self.is_stored(), "session_not_stored", not_stored, "HTML Standard, Web storage"),
        ]
        .into_iter()
        .filter(|(is_so, ..)| *is_so)
        .map(|(_, code, message, section)| Finding::new(code, message, section))
        .chain(dropped_scopes(&self.scopes()))
        .collect()
    }

    /// Whether resources of a type may be read, as one patient's or as all that the user may see.
    pub fn may_read(&self, resource_type: &str) -> bool {
        let granted = self.scopes().granted;
        granted.may_read(Context::Patient, resource_type) || granted.may_read(Context::User, resource_type)
    }

    /// When the access token runs out, in seconds since 1970, where the server says.
    pub fn expires_at(&self) -> Option<f64> {
        self.inner.record.borrow().expires_at
    }

    /// Whether a new access token can be had without the user.
    pub fn can_refresh(&self) -> bool {
        self.inner.record.borrow().refresh_token.is_some()
    }

    /// Whether the session stands: it was not ended, and its access token is good or can be replaced.
    pub fn is_active(&self) -> bool {
        self.inner.ended.borrow().is_none() && !self.is_over()
    }

    /// Whether the store holds the session. Where it refused, as a full one does, the session goes on in memory, and ends when the
    /// page is left.
    pub fn is_stored(&self) -> bool {
        self.inner.is_stored.get()
    }

    pub(super) fn is_over(&self) -> bool {
        self.inner.record.borrow().is_over(self.inner.platform.now())
    }

    /// The FHIR base that the session's requests go to.
    pub fn fhir_base(&self) -> String {
        self.inner.server.fhir_base.as_str().to_owned()
    }

    /// A page of the server's on which the user manages what was shared, to link to; `None` where the server has none. It is
    /// never fetched.
    pub fn management_endpoint(&self) -> Option<Url> {
        self.inner.record.borrow().endpoints.management.clone()
    }

    /// The configured name of the session's server.
    pub fn server_name(&self) -> Option<String> {
        self.inner.server.record.name.clone()
    }

    /// Makes the session the one that this page shows, and that a reload of it brings back. Other tabs and frames keep theirs.
    ///
    /// # Errors
    /// What ended the session, where it has ended.
    pub async fn make_current(&self) -> Result<(), Failure> {
        self.inner.check_active()?;
        self.inner.current.set(&self.inner.platform, &self.inner.id);
        Ok(())
    }

    /// Calls a function with every event from now on, until the returned subscription is dropped.
    pub fn on_event(&self, listener: impl Fn(&SessionEvent) + 'static) -> EventSubscription<P> {
        let id = self.inner.next_listener.get();
        self.inner.next_listener.set(id + 1);
        self.inner.listeners.borrow_mut().push((id, Rc::new(listener)));
        EventSubscription { session: Rc::downgrade(&self.inner), id }
    }

    /// An access token that has not run out, refreshed where it has. A session that has none and can get none ends.
    pub(super) async fn access_token(&self) -> Result<AccessToken, Failure> {
        self.inner.check_active()?;
        if self.is_over() {
            return Err(self.inner.expire().await);
        }
        identity::check_again(&self.inner);
        if self.expires_within(0.0) {
            self.replace_token().await?;
        } else if self.expires_within(SOON) {
            self.refresh_ahead();
        }
        Ok(self.inner.record.borrow().access_token.clone())
    }

    /// Refreshes. A new token that could not be stored is good all the same, though only this page has it.
    pub(super) async fn replace_token(&self) -> Result<(), Failure> {
        match self.refresh().await {
            Err(failure) if matches!(&*failure, Error::Storage) && !self.expires_within(0.0) => Ok(()),
            refreshed => refreshed,
        }
    }

    pub(super) fn expires_within(&self, seconds: f64) -> bool {
        self.expires_at().is_some_and(|expires_at| self.inner.platform.now() + seconds >= expires_at)
    }
}

/// The finding on scopes of version 1 that the server dropped.
fn dropped_scopes(scopes: &ScopeGrant) -> Option<Finding> {
    let dropped = scopes.dropped_version_1();
    if dropped.is_empty() {
        return None;
    }
    let message = format!(
        "The server granted none of the scopes that are written as in SMART App Launch 1: the user denied them, or the server knows \
         version 2 alone. Ask for {}.",
        dropped.join(" ")
    );
    Some(Finding::new("dropped_v1_scopes", message, "SMART App Launch 2.2, scopes for requesting FHIR resources"))
}

impl<P: Platform> Inner<P> {
    /// The client as which tokens are asked for, asked about and given back, authenticated for one request.
    pub async fn client(&self, endpoint: &Url) -> Result<TokenClient, Failure> {
        let endpoints = self.record.borrow().endpoints.clone();
        self.server.client(endpoint, &endpoints).await
    }

    pub fn topic(&self) -> String {
        ["smartrust.session.", &self.id].concat()
    }

    /// Waits until no tab refreshes the session, and keeps others from it until the lock is dropped.
    pub async fn lock_refresh(&self) -> P::Guard {
        self.platform.lock(&["smartrust.refresh.", &self.id].concat()).await
    }

    pub fn check_active(&self) -> Result<(), Failure> {
        match &*self.ended.borrow() {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }

    /// Takes over a record that is newer than the one in memory.
    pub fn adopt(&self, record: Rc<SessionRecord>) {
        *self.record.borrow_mut() = record;
        self.tell(&SessionEvent::Refreshed);
    }

    /// Ends the session, once, and tells the listeners why.
    pub fn end(&self, reason: Failure) {
        if self.ended.borrow().is_some() {
            return;
        }
        *self.ended.borrow_mut() = Some(reason.clone());
        self.tell(&SessionEvent::SignedOut(reason));
    }

    /// Ends the session in every tab for a reason of its own, and takes its tokens out of the store.
    pub async fn end_and_forget(&self, reason: Failure) {
        self.end(reason);
        self.publish(&messages::signed_out(self));
        // The session is over whether or not the store can be reached.
        let _ = self.forget().await;
    }

    /// Ends a session whose time is up. Other tabs notice it by themselves.
    pub async fn expire(&self) -> Failure {
        let reason = Failure::from(Error::SessionExpired);
        self.end(reason.clone());
        // What stays in the store is removed by the next page.
        let _ = self.remove().await;
        reason
    }

    /// Tells the other tabs that hold the session.
    pub fn publish(&self, message: &str) {
        self.platform.publish(&self.topic(), message);
    }

    /// Stores a record of the session. Where the session ends while a slow store is writing, nothing stays there; where the store
    /// refuses, no refresh token that this record replaces.
    pub async fn store(&self, record: &SessionRecord) -> Result<(), Failure> {
        let stored = records::save_session(&self.platform, &self.id, record).await;
        self.is_stored.set(stored.is_ok());
        if self.check_active().is_err() || (stored.is_err() && self.is_replaced_in_store(record).await) {
            // What cannot be removed is void for this page all the same.
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
        self.current.leave(&self.platform, &self.id);
        records::remove_session(&self.platform, &self.id).await
    }

    /// Takes everything of the session out of the store: its tokens, launches that were to follow it, and what was found
    /// out about its server.
    pub async fn forget(&self) -> Result<(), Failure> {
        self.remove().await?;
        let patient = self.record.borrow().context.patient.clone();
        pending::remove_launches_about(&self.platform, &self.server.key, patient.as_deref()).await?;
        discovery::forget(&self.platform, &self.server).await
    }

    pub fn tell(&self, event: &SessionEvent) {
        let listeners: Vec<Listener> = self.listeners.borrow().iter().map(|(_, listener)| listener.clone()).collect();
        listeners.iter().for_each(|listener| listener(event));
    }
}

/// Keeps a listener of a session's events. Dropping it ends the subscription.
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
