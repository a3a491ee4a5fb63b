//! The app: its servers, and the sessions that are open in this page. Its methods for launches are in `launch/`.

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

use super::server::configured::Server;
use super::server::connection::Connection;
use super::server::diagnosis;
use super::server::{ServerRecord, SmartAppConfig};
use super::session::Session;
use super::session::open::Origin;
use super::session::state::Inner;
#[cfg(feature = "keep")]
use super::store::connections::ConnectionRecord;
use super::store::current::{Current, folder};
use super::store::own_client::OwnClient;
use super::store::records::{self, SessionRecord};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::diagnosis::refused_client_finding;
use crate::protocol::finding::Finding;

/// A SMART app: its servers and its open sessions.
pub struct SmartApp<P: Platform> {
    platform: P,
    connections: RefCell<Vec<Rc<Connection>>>,
    current: Rc<Current>,
    sessions: RefCell<Vec<Weak<Inner<P>>>>,
}

impl<P: Platform> SmartApp<P> {
    /// Creates an app from its configuration.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, ServerRecord, SmartApp, SmartAppConfig, platform::Platform};
    /// # fn example<P: Platform>(platform: P) -> Result<SmartApp<P>, Failure> {
    /// let scope = "launch/patient openid fhirUser patient/*.rs";
    /// let clinic = ServerRecord::new("https://ehr.example/fhir", "my-app", "https://app.example/", scope);
    /// let hospital = ServerRecord::new("https://hospital.example/fhir", "app-7", "https://app.example/", scope);
    /// SmartApp::new(platform, SmartAppConfig::new([clinic.name("Clinic"), hospital.name("Hospital")]))
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the wrong member.
    pub fn new(platform: P, config: SmartAppConfig) -> Result<Self, Failure> {
        let wrong = |problem: &str| Error::configuration("servers", problem);
        if config.servers.is_empty() && config.registrations.is_empty() {
            return Err(wrong("there is none"));
        }
        let servers: Vec<Server> = config.servers.into_iter().map(Server::read).collect::<Result<_, _>>()?;
        let has_twin =
            |(index, server): (usize, &Server)| servers.iter().skip(index + 1).any(|other| other.key == server.key);
        if servers.iter().enumerate().any(has_twin) {
            return Err(wrong("two of them have the same name"));
        }
        let clients = servers.iter().map(|server| (&*server.record.client_id, &*server.record.redirect_uri));
        let later = config.registrations.iter().map(|later| (&*later.client_id, &*later.redirect_uri));
        let current = Rc::new(Current::of(clients.chain(later)));
        let connections: Vec<_> = servers.into_iter().map(|server| Rc::new(Connection::new(server))).collect();
        Ok(Self { platform, connections: RefCell::new(connections), current, sessions: RefCell::default() })
    }

    /// Adds a server, such as one that a user found in a directory. It must have a name. A server that was added before with the same
    /// name and the same record remains as it is.
    ///
    /// The next page must add it again before it completes the launch or restores a session: remember the choice, but take the client id from
    /// the app's own configuration, never from a directory.
    ///
    /// ```
    /// # #[cfg(feature = "memory")] {
    /// use smartrust::client::server::Registration;
    /// use smartrust::memory::{Reply, World};
    /// use smartrust::{ServerRecord, SmartApp, SmartAppConfig};
    ///
    /// let tab = World::new(0.0, |_| Reply::offline()).tab("https://app.example/");
    /// let registration = Registration::new("my-app", "https://app.example/");
    /// let app = SmartApp::new(tab, SmartAppConfig::default().registration(registration)).unwrap();
    /// let scope = "launch/patient openid fhirUser patient/*.rs";
    /// let chosen = ServerRecord::new("https://fhir.example.org/r4", "my-app", "https://app.example/", scope);
    /// app.add_server(chosen.name("https://fhir.example.org/r4")).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] with the name of the wrong member, and for the name of another server.
    pub fn add_server(&self, record: ServerRecord) -> Result<(), Failure> {
        if record.name.is_none() {
            return Err(Error::configuration("name", "it is missing"));
        }
        let server = Server::read(record)?;
        match self.connection_by_key(&server.key) {
            None => self.connections.borrow_mut().push(Rc::new(Connection::new(server))),
            Some(known) if known.server.is_same_as(&server) => {}
            Some(_) => return Err(Error::configuration("name", "another server has the same one")),
        }
        Ok(())
    }

    /// Risks of the configuration on this host, such as a client secret in a page.
    ///
    /// For an example, see [`Self::diagnose`].
    pub fn findings(&self) -> Vec<Finding> {
        let in_page = self.platform.location().is_some();
        let connections = self.server_connections();
        let records = connections.iter().map(|connection| &connection.server.record);
        let exposed = records.filter(|record| in_page && record.authentication.has_secret());
        let finding = |record: &ServerRecord| {
            let client_id = &record.client_id;
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

    /// All active sessions in the store, of every configured server. Sessions that cannot be read, or whose server is not configured,
    /// are left out.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// for session in app.sessions().await? {
    ///     println!("patient {:?} at {:?}", session.patient(), session.server_name());
    /// }
    /// # Ok(())
    /// # }
    /// ```
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

    /// Fetches a server's documents and checks them. Each finding has a message and the section of the standard. `name` is the
    /// server's configured name, which is required if there are several servers.
    ///
    /// After a token request that failed with `invalid_client`, a finding says what to try. A missing document is a finding, too. A launch
    /// does not need this method.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// let of_documents = app.diagnose(Some("Clinic")).await?;
    /// for finding in app.findings().into_iter().chain(of_documents) {
    ///     println!("{}: {} ({})", finding.code, finding.message, finding.section);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::UnknownServer`].
    pub async fn diagnose(&self, name: Option<&str>) -> Result<Vec<Finding>, Failure> {
        let connection = self.connection_by_name(name)?;
        let mut findings = diagnosis::findings_of(&self.platform, &connection.server).await?;
        if connection.refused_client.get() {
            findings.push(refused_client_finding(&connection.server.record.authentication));
        }
        Ok(findings)
    }

    /// The session with an id: the open one, or else the stored one if its server is configured. An expired session is removed from the
    /// store. It is returned nevertheless, so that it can be launched again in its context.
    pub(crate) async fn open_session(&self, id: &str) -> Result<Option<Session<P>>, Failure> {
        if let Some(inner) = self.open_inner(id) {
            return Ok(Some(Session { inner }).filter(|session| session.inner.check_active().is_ok()));
        }
        let Some(record) = records::load_session(&self.platform, id).await? else { return Ok(None) };
        let connection = self.connection_by_key(&record.server);
        let Some(connection) = connection.filter(|connection| is_of_server(&record, &connection.server)) else {
            return Ok(None);
        };
        if record.is_expired(self.platform.now()) {
            records::remove_session(&self.platform, id).await?;
        }
        let connection = self.connection_of_client(connection, id, &record.client_id, record.own_client.as_ref());
        Ok(Some(self.session(connection, id.to_owned(), record, Origin::Store)))
    }

    /// The active session with an id, or else a new one for the record.
    pub(crate) fn session(
        &self,
        connection: Rc<Connection>,
        id: String,
        record: Rc<SessionRecord>,
        origin: Origin,
    ) -> Session<P> {
        if let Some(inner) = self.open_inner(&id).filter(|inner| inner.check_active().is_ok()) {
            return Session { inner };
        }
        let current = self.current.clone();
        let session = Session::open(self.platform.clone(), current, connection, id, record, origin);
        let mut sessions = self.sessions.borrow_mut();
        sessions.retain(|open| open.strong_count() > 0);
        sessions.push(Rc::downgrade(&session.inner));
        drop(sessions);
        session.check_identity();
        session
    }

    fn open_inner(&self, id: &str) -> Option<Rc<Inner<P>>> {
        // The newest first: the app may still hold a session with the same id that has ended.
        self.sessions.borrow().iter().rev().filter_map(Weak::upgrade).find(|inner| inner.id == id)
    }

    /// The connection of the client that has a session's tokens: the configured one, or one that this browser registered.
    pub(crate) fn connection_of_client(
        &self,
        connection: Rc<Connection>,
        id: &str,
        client_id: &str,
        own_client: Option<&OwnClient>,
    ) -> Rc<Connection> {
        match own_client {
            Some(client) => connection.for_own_client(&self.platform, id, client_id, client),
            None => connection,
        }
    }

    pub(crate) fn platform(&self) -> &P {
        &self.platform
    }

    pub(crate) fn current(&self) -> &Current {
        &self.current
    }

    pub(crate) fn connection_by_key(&self, key: &str) -> Option<Rc<Connection>> {
        self.connections.borrow().iter().find(|connection| connection.server.key == key).cloned()
    }

    pub(crate) fn connection_by_issuer(&self, iss: &str) -> Result<Rc<Connection>, Failure> {
        let trusted = self.server_connections().into_iter().find(|connection| connection.server.trusts(iss));
        trusted.ok_or_else(|| Error::UntrustedIssuer { iss: iss.into() }.into())
    }

    pub(crate) fn connection_by_name(&self, name: Option<&str>) -> Result<Rc<Connection>, Failure> {
        let connections = self.server_connections();
        let connection = match (name, connections.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), servers) => {
                servers.iter().find(|connection| connection.server.record.name.as_deref() == Some(name))
            }
        };
        connection.cloned().ok_or_else(|| Error::UnknownServer { name: name.map(Box::from) }.into())
    }

    pub(super) fn server_connections(&self) -> Vec<Rc<Connection>> {
        self.connections.borrow().clone()
    }
}

/// Whether a stored session belongs to an app with these servers.
pub(super) fn is_of_app(record: &SessionRecord, connections: &[Rc<Connection>]) -> bool {
    let servers = connections.iter().map(|connection| &connection.server);
    servers.into_iter().any(|server| server.key == record.server && is_of_server(record, server))
}

/// Whether a stored session belongs to this app at a server.
fn is_of_server(record: &SessionRecord, server: &Server) -> bool {
    let configured = &server.record;
    let is_same_folder = |redirect_uri: &String| folder(redirect_uri) == folder(&configured.redirect_uri);
    let client_id = record.own_client.as_ref().map_or(&record.client_id, |client| &client.app_client_id);
    configured.client_id == *client_id
        && configured.fhir_base == record.fhir_base
        && record.redirect_uri.as_ref().is_none_or(is_same_folder)
}

/// Whether a connection on this device belongs to this app at a server.
#[cfg(feature = "keep")]
pub(super) fn is_own_connection(record: &ConnectionRecord, server: &Server) -> bool {
    let configured = &server.record;
    configured.client_id == record.client.app_client_id
        && configured.fhir_base == record.fhir_base
        && folder(&record.redirect_uri) == folder(&configured.redirect_uri)
}

impl<P: Platform> fmt::Debug for SmartApp<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SmartApp").finish_non_exhaustive()
    }
}
