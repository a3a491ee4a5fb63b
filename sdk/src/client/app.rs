//! The app: starts launches, brings sessions back.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::config::{Server, SmartAppConfig};
use super::current::{Current, folder};
use super::identity;
pub use super::launch::{AuthorizationMethod, LaunchOptions};
use super::pending;
use super::popup::{POPUP, deliver_to_opener};
use super::records::{self, SessionRecord};
use super::session::{Inner, Origin, Session};
use crate::error::{Error, Failure};
use crate::platform::{PageKind, Platform};
use crate::protocol::callback::{Callback, without_callback};
use crate::protocol::finding::Finding;
use crate::protocol::launch::LaunchLink;

/// A SMART app: its servers, and the sessions that it holds.
pub struct SmartApp<P: Platform> {
    platform: P,
    servers: Vec<Rc<Server>>,
    current: Rc<Current>,
    sessions: RefCell<Vec<Weak<Inner<P>>>>,
}

impl<P: Platform> SmartApp<P> {
    /// An app on a platform.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
    pub fn new(platform: P, config: SmartAppConfig) -> Result<Self, Failure> {
        let wrong = |problem: &str| Error::configuration("servers", problem);
        if config.servers.is_empty() {
            return Err(wrong("there is none"));
        }
        let servers = config.servers.into_iter().map(|record| Server::read(record).map(Rc::new));
        let servers: Vec<Rc<Server>> = servers.collect::<Result<_, _>>()?;
        let has_twin =
            |(index, server): (usize, &Rc<Server>)| servers.iter().skip(index + 1).any(|other| other.key == server.key);
        if servers.iter().enumerate().any(has_twin) {
            return Err(wrong("two of them have the same name"));
        }
        let current = Rc::new(Current::of(&servers));
        Ok(Self { platform, servers, current, sessions: RefCell::default() })
    }

    /// What is risky about the configuration on this host: a secret in a page, where everybody can read it.
    pub fn findings(&self) -> Vec<Finding> {
        let in_page = self.platform.location().is_some();
        let exposed = self.servers.iter().filter(|server| in_page && server.record.authentication.has_secret());
        let finding = |server: &Rc<Server>| {
            let client_id = &server.record.client_id;
            let message = [
                "The client secret of ",
                client_id,
                " can be read by everybody who opens this page: keep it on \
                a server of yours, or register a public client.",
            ];
            Finding::new("secret_in_browser", message.concat(), "RFC 6749 section 2.1")
        };
        exposed.map(finding).collect()
    }

    /// Brings the session of this page back: from the redirect that the page was opened by, else from the store. A reload brings back
    /// the session that the page showed, or none where that has ended; another page's or another app's is never taken. A session whose
    /// time was up meanwhile leaves the store, and comes back this once for [`Self::launch_again`].
    ///
    /// A page that never showed one: in a tab, the last session that this app showed in the tab; where there is none, and the store is
    /// shared by all tabs, the only session of this app. In a frame or a worker, none.
    ///
    /// `None`, too, where the page was opened by an EHR's launch link, which asks for a new session, and in the window of
    /// [`Self::launch_in_popup`], whose redirect goes to the page that opened it.
    ///
    /// Where the code of a redirect could not be exchanged because the server was away, it may be called again for ten minutes, also
    /// after a reload. It may be called twice at once, as React's StrictMode does. Afterwards the page's URL is clean.
    ///
    /// # Errors
    /// [`Error::StateMismatch`], [`Error::CallbackReplayed`], [`Error::Authorization`], [`Error::Token`],
    /// [`Error::TokenResponse`], [`Error::IdToken`], [`Error::Network`], [`Error::Storage`].
    pub async fn resume(&self) -> Result<Option<Session<P>>, Failure> {
        let location = self.platform.location().unwrap_or_default();
        let outcome = match Callback::read(&location) {
            Ok(Some(Callback { state: Some(state), .. })) if state.ends_with(POPUP) => {
                deliver_to_opener(&self.platform, &state, &location).await.map(|()| None)
            }
            Ok(Some(callback)) => self.complete(callback).await.map(Some),
            Ok(None) => return self.restore(&location).await,
            Err(error) => Err(error),
        };
        self.clean_address();
        outcome
    }

    async fn restore(&self, location: &str) -> Result<Option<Session<P>>, Failure> {
        if !matches!(LaunchLink::read(location), Ok(None)) {
            return Ok(None);
        }
        let restored = self.restore_own().await;
        self.tidy();
        restored
    }

    async fn restore_own(&self) -> Result<Option<Session<P>>, Failure> {
        if let Some(state) = self.current.waiting(&self.platform) {
            if let Some(session) = self.complete_again(&state).await? {
                return Ok(Some(session));
            }
            self.current.stop_waiting(&self.platform);
        }
        match self.current.id(&self.platform) {
            Some(Some(id)) => self.open_session(&id).await,
            Some(None) => Ok(None),
            None => self.only_session().await,
        }
    }

    /// The only session of this app that stands, for a page that never showed one and whose user expects it in every tab.
    async fn only_session(&self) -> Result<Option<Session<P>>, Failure> {
        let is_offered = match self.platform.page_kind() {
            PageKind::Tab => self.platform.is_shared_by_tabs(),
            PageKind::Program => true,
            PageKind::Frame | PageKind::Worker => false,
        };
        // Also where none is offered: a store that is blocked is told before anybody leaves the page.
        match <[Session<P>; 1]>::try_from(self.sessions().await?) {
            Ok([only]) if is_offered => {
                self.current.set(&self.platform, only.id());
                Ok(Some(only))
            }
            _ => Ok(None),
        }
    }

    /// Removes from the store, in the background, what is over and would stay there for ever. What another app of the same origin
    /// stored is left to that app.
    fn tidy(&self) {
        let (platform, servers) = (self.platform.clone(), self.servers.clone());
        self.platform.spawn(Box::pin(async move {
            let is_own = |record: &SessionRecord| {
                servers.iter().any(|server| server.key == record.server && is_of_server(record, server))
            };
            // What cannot be removed now is looked at again by the next page.
            let _ = records::remove_over_sessions(&platform, is_own).await;
            let _ = pending::remove_old_launches(&platform).await;
        }));
    }

    fn clean_address(&self) {
        if let Some(location) = self.platform.location() {
            let clean = without_callback(&location);
            if clean != location {
                // Where the address cannot be replaced, the code in it is spent all the same.
                let _ = self.platform.replace(&clean);
            }
        }
    }

    /// All sessions that the store holds and that stand, of every configured server. What cannot be read, or belongs to a server
    /// that is not configured, is left out.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn sessions(&self) -> Result<Vec<Session<P>>, Failure> {
        let mut sessions = Vec::new();
        for id in records::session_ids(&self.platform).await? {
            sessions.extend(self.open_session(&id).await?.filter(Session::is_active));
        }
        Ok(sessions)
    }

    /// The session of an id: the one that is open, else the stored one, if it belongs to a configured server. One that is over leaves
    /// the store, and is good for launching again in its context.
    pub(super) async fn open_session(&self, id: &str) -> Result<Option<Session<P>>, Failure> {
        if let Some(inner) = self.open_inner(id) {
            return Ok(Some(Session { inner }).filter(|session| session.inner.check_active().is_ok()));
        }
        let Some(record) = records::load_session(&self.platform, id).await? else { return Ok(None) };
        let Some(server) = self.server_by_key(&record.server).filter(|server| is_of_server(&record, server)) else {
            return Ok(None);
        };
        if record.is_over(self.platform.now()) {
            records::remove_session(&self.platform, id).await?;
        }
        Ok(Some(self.session(server, id.to_owned(), record, Origin::Store)))
    }

    pub(super) fn session(
        &self,
        server: Rc<Server>,
        id: String,
        record: Rc<SessionRecord>,
        origin: Origin,
    ) -> Session<P> {
        if let Some(inner) = self.open_inner(&id).filter(|inner| inner.check_active().is_ok()) {
            return Session { inner };
        }
        let current = self.current.clone();
        let session = Session::new(self.platform.clone(), current, server, id, record, origin);
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|open| open.strong_count() > 0);
        sessions.push(Rc::downgrade(&session.inner));
        drop(sessions);
        identity::check_signature(&session.inner);
        session
    }

    fn open_inner(&self, id: &str) -> Option<Rc<Inner<P>>> {
        // The newest first: a session that was signed out may still be held beside its successor.
        self.sessions.borrow().iter().rev().filter_map(Weak::upgrade).find(|inner| inner.id == id)
    }

    pub(super) fn platform(&self) -> &P {
        &self.platform
    }

    pub(super) fn current(&self) -> &Current {
        &self.current
    }

    pub(super) fn server_by_key(&self, key: &str) -> Option<Rc<Server>> {
        self.servers.iter().find(|server| server.key == key).cloned()
    }

    pub(super) fn server_by_issuer(&self, iss: &str) -> Result<Rc<Server>, Failure> {
        let trusting = self.servers.iter().find(|server| server.trusts(iss));
        trusting.cloned().ok_or_else(|| Error::UntrustedIssuer { iss: iss.into() }.into())
    }

    pub(super) fn server_by_name(&self, name: Option<&str>) -> Result<Rc<Server>, Failure> {
        let server = match (name, self.servers.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), servers) => servers.iter().find(|server| server.record.name.as_deref() == Some(name)),
        };
        server.cloned().ok_or_else(|| Error::UnknownServer { name: name.map(Box::from) }.into())
    }
}

/// Whether a stored session is one of this app's at a server.
fn is_of_server(record: &SessionRecord, server: &Server) -> bool {
    let configured = &server.record;
    let is_same_folder = |redirect_uri: &String| folder(redirect_uri) == folder(&configured.redirect_uri);
    configured.client_id == record.client_id
        && configured.fhir_base == record.fhir_base
        && record.redirect_uri.as_ref().is_none_or(is_same_folder)
}
