//! The app: starts launches, brings sessions back.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::config::{Server, SmartAppConfig};
use super::identity;
pub use super::launch::{AuthorizationMethod, LaunchOptions};
use super::parts::{Parts, at_hand};
use super::popup::POPUP;
use super::records::{self, SessionRecord};
use super::session::{Inner, Session};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::callback::{Callback, without_callback};
use crate::protocol::finding::Finding;
use crate::protocol::launch::LaunchLink;

/// A SMART app: its servers, and the sessions that it holds.
pub struct SmartApp<P: Platform> {
    platform: P,
    parts: Rc<dyn Parts<P>>,
    servers: Vec<Rc<Server>>,
    sessions: RefCell<Vec<Weak<Inner<P>>>>,
}

impl<P: Platform> SmartApp<P> {
    /// An app on a platform.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is wrong.
    pub fn new(platform: P, config: SmartAppConfig) -> Result<Self, Failure> {
        Self::with_parts(platform, at_hand(), config)
    }

    /// An app whose less common code is reached in a way of its own.
    pub(crate) fn with_parts(platform: P, parts: Rc<dyn Parts<P>>, config: SmartAppConfig) -> Result<Self, Failure> {
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
        Ok(Self { platform, parts, servers, sessions: RefCell::default() })
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

    /// Brings the session back: from the redirect that the page was opened by, else from the store. `None` where there is
    /// none, where the page was opened by an EHR's launch link, which asks for a new one, and in the window of
    /// [`Self::launch_in_popup`], whose redirect goes to the page that opened it.
    ///
    /// It may be called twice at once, as React's StrictMode does. Afterwards the page's address is clean.
    ///
    /// # Errors
    /// [`Error::StateMismatch`], [`Error::CallbackReplayed`], [`Error::Authorization`], [`Error::Token`],
    /// [`Error::TokenResponse`], [`Error::IdToken`], [`Error::Network`], [`Error::Storage`].
    pub async fn resume(&self) -> Result<Option<Session<P>>, Failure> {
        let location = self.platform.location().unwrap_or_default();
        let outcome = match Callback::read(&location) {
            Ok(Some(Callback { state: Some(state), .. })) if state.ends_with(POPUP) => {
                self.parts.hand_over(self.platform.clone(), state, location).await.map(|()| None)
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
        match records::current_session(&self.platform).await? {
            Some(id) => self.open_session(&id).await,
            None => Ok(None),
        }
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

    /// All sessions that the store holds, of every configured server. What cannot be read, or belongs to a server that is
    /// not configured, is left out.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn sessions(&self) -> Result<Vec<Session<P>>, Failure> {
        let mut sessions = Vec::new();
        for id in records::session_ids(&self.platform).await? {
            sessions.extend(self.open_session(&id).await?);
        }
        Ok(sessions)
    }

    /// The session of an id: the one that is open, else the stored one, if it belongs to a configured server.
    pub(super) async fn open_session(&self, id: &str) -> Result<Option<Session<P>>, Failure> {
        if let Some(inner) = self.open_inner(id) {
            return Ok(Some(Session { inner }).filter(Session::is_active));
        }
        let Some(record) = records::load_session(&self.platform, id).await? else { return Ok(None) };
        let server = self.server_by_key(&record.server).filter(|server| {
            server.record.client_id == record.client_id && server.record.fhir_base == record.fhir_base
        });
        Ok(server.map(|server| self.session(server, id.to_owned(), record)))
    }

    pub(super) fn session(&self, server: Rc<Server>, id: String, record: Rc<SessionRecord>) -> Session<P> {
        if let Some(inner) = self.open_inner(&id).filter(|inner| inner.check_active().is_ok()) {
            return Session { inner };
        }
        let session = Session::new(self.platform.clone(), self.parts.clone(), server, id, record);
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

    pub(super) fn parts(&self) -> &Rc<dyn Parts<P>> {
        &self.parts
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
