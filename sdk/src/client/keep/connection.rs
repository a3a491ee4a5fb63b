//! Connections on this device, and how they are opened on a later visit.

use std::rc::Rc;

use crate::client::app::{SmartApp, is_own_connection};
use crate::client::server::connection::Connection as ServerConnection;
use crate::client::session::Session;
use crate::client::session::open::Origin;
use crate::client::session::state::refresh_lock;
use crate::client::store::connections::{self, ConnectionRecord};
use crate::client::store::records::SessionRecord;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::context::LaunchContext;
use crate::protocol::secret::AccessToken;

/// A connection on this device, which a launch has kept.
///
/// For an example, see [`SmartApp::connections`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// Identifies the connection within the app. It is not secret. The session that opens it has the same id.
    pub id: String,
    /// The configured name of the server.
    pub server: Option<String>,
    /// The FHIR base.
    pub fhir_base: String,
    /// The issuer of the server, if its documents name it.
    pub issuer: Option<String>,
    /// The client that this browser registered.
    pub client_id: String,
    /// The label of [`Session::set_connection_label`] or [`SmartApp::set_label_of`], such as the patient's name.
    pub label: Option<String>,
    /// When it was last used, in seconds since 1970.
    pub last_used: f64,
    /// Whether the browser keeps it until the user removes it; `None` if the browser did not say. Otherwise, the browser may delete it, for
    /// example after weeks without a visit.
    pub is_persistent: Option<bool>,
}

impl<P: Platform> SmartApp<P> {
    /// The connections on this device that belong to this app, the one that was last used first. None of them is opened.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// for connection in app.connections().await? {
    ///     println!("{:?} at {}", connection.label, connection.fhir_base);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn connections(&self) -> Result<Vec<Connection>, Failure> {
        let platform = self.platform();
        if !platform.can_create_keys() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for id in connections::connection_ids(platform).await? {
            let Some(record) = connections::load_connection(platform, &id).await? else { continue };
            let Some(server) = self.server_of(&record) else { continue };
            if record.is_ready {
                let connection = described(id, &record, &server);
                let place = all.partition_point(|other: &Connection| other.last_used >= connection.last_used);
                all.insert(place, connection);
            } else if record.is_abandoned(platform.now()) {
                connections::remove_connection(platform, &id).await?;
            }
        }
        Ok(all)
    }

    /// Opens a connection: one token request, without the user. The new session becomes the one that the page shows. If the connection is open
    /// in this page already, returns its session.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, client::keep::Connection, platform::Platform};
    /// # async fn example<P: Platform>(app: &SmartApp<P>, connection: &Connection) -> Result<(), Failure> {
    /// match app.open_connection(connection).await {
    ///     Ok(session) => println!("the record of {:?}", session.patient()),
    ///     Err(failure) if matches!(failure.code(), "network" | "timeout") => println!("try again later: {failure}"),
    ///     Err(failure) => println!("connect again: {failure}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::KeyMissing`] if the browser does not have the key any more. [`Error::Token`] with `invalid_grant` or `invalid_client` if the
    /// connection has expired, or the clinic ended it. Both remove the connection. After [`Error::Network`], [`Error::Timeout`] and
    /// [`Error::TokenResponse`], it stays. [`Error::PatientChanged`] if the server names another patient; [`Error::UnknownServer`] if the
    /// server is not configured any more; [`Error::Storage`].
    pub async fn open_connection(&self, connection: &Connection) -> Result<Session<P>, Failure> {
        let (platform, id) = (self.platform(), &*connection.id);
        let open = self.open_session(id).await?.filter(|session| session.is_active() && session.is_kept());
        let session = match open {
            Some(session) => session,
            None => {
                let record = connections::load_connection(platform, id).await?.ok_or(Error::KeyMissing)?;
                self.session_of_connection(id, &record).await?
            }
        };
        session.access_token().await?;
        self.current().set(platform, id);
        Ok(session)
    }

    /// Sets the label of a connection like [`Session::set_connection_label`], without opening it. `None` removes the label, for example
    /// because the patient's name must no longer be on this device.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, platform::Platform};
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// for connection in app.connections().await? {
    ///     app.set_label_of(&connection, None).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::KeyMissing`] if the connection is not on this device any more; [`Error::Storage`].
    pub async fn set_label_of(&self, connection: &Connection, label: Option<&str>) -> Result<(), Failure> {
        let _lock = self.platform().lock(&refresh_lock(&connection.id)).await;
        set_label(self.platform(), &connection.id, label).await
    }

    /// A session without an access token, which its first request gets.
    pub(super) async fn session_of_connection(
        &self,
        id: &str,
        record: &ConnectionRecord,
    ) -> Result<Session<P>, Failure> {
        let platform = self.platform();
        let server = self.server_of(record).ok_or(Error::UnknownServer { name: None })?;
        let Some(part) = connections::unseal(platform, id, record).await? else {
            // If it cannot be removed, it is found again without its key.
            let _ = connections::remove_connection(platform, id).await;
            return Err(Error::KeyMissing.into());
        };
        let session = SessionRecord {
            server: record.server.clone(),
            client_id: record.client_id.clone(),
            fhir_base: record.fhir_base.clone(),
            redirect_uri: Some(record.redirect_uri.clone()),
            endpoints: record.endpoints.clone(),
            requested_scope: record.requested_scope.clone(),
            granted_scope: record.granted_scope.clone(),
            access_token: AccessToken::new(""),
            refresh_token: None,
            expires_at: Some(platform.now()),
            lifetime: None,
            renewals: 0.0,
            context: Rc::new(LaunchContext::for_patient(part.patient)),
            app_state: None,
            identity: None,
            issuer_unknown: false,
            renewal_incomplete: false,
            is_pasted: false,
            id_token: None,
            hub: None,
            messaging: None,
            own_client: Some(record.client.clone()),
            not_kept: None,
        };
        let own = server.for_own_client(platform, id, &record.client_id, &record.client);
        // Another tab may have its session, and a newer token.
        Ok(self.session(own, id.to_owned(), Rc::new(session), Origin::Store))
    }

    /// The configured server of a connection, if it belongs to this app.
    pub(super) fn server_of(&self, record: &ConnectionRecord) -> Option<Rc<ServerConnection>> {
        let server = self.connection_by_key(&record.server)?;
        is_own_connection(record, &server.server).then_some(server)
    }
}

impl<P: Platform> Session<P> {
    /// Labels the connection of a kept session on this device, for example with the patient's name, or with `None` takes the label away.
    /// The label is stored as it is, so that [`SmartApp::connections`] has it before a connection is opened.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>, name: &str) -> Result<(), Failure> {
    /// if session.is_kept() {
    ///     session.set_connection_label(Some(name)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::KeyMissing`] if the session has no connection on this device; [`Error::Storage`].
    pub async fn set_connection_label(&self, label: Option<&str>) -> Result<(), Failure> {
        let inner = &self.inner;
        let _lock = inner.lock_refresh().await;
        if !self.is_kept() {
            return Err(Error::KeyMissing.into());
        }
        set_label(&inner.platform, &inner.id, label).await
    }
}

/// The caller has the lock for refreshes, because a refresh writes the connection, too.
async fn set_label<P: Platform>(platform: &P, id: &str, label: Option<&str>) -> Result<(), Failure> {
    let mut record = connections::load_connection(platform, id).await?.ok_or(Error::KeyMissing)?;
    record.label = label.map(str::to_owned);
    connections::save_connection(platform, id, &record).await
}

fn described(id: String, record: &ConnectionRecord, server: &ServerConnection) -> Connection {
    Connection {
        id,
        server: server.server.record.name.clone(),
        fhir_base: record.fhir_base.clone(),
        issuer: record.endpoints.issuer.clone(),
        client_id: record.client_id.clone(),
        label: record.label.clone(),
        last_used: record.last_used,
        is_persistent: record.is_persistent,
    }
}
