//! After the redirect of a launch: the connection gets its client and its key, and the session continues with them.

use std::rc::Rc;

use crate::abort::AbortSignal;
use crate::client::app::SmartApp;
use crate::client::server::RegistrationEndpoint;
use crate::client::server::connection::Connection;
use crate::client::store::connections::{self, ConnectionRecord, SealedPart, key_name};
use crate::client::store::own_client::{NotKept, OwnClient};
use crate::client::store::pending::{self, PendingKeep, PendingLaunch};
use crate::client::store::records::{SessionRecord, storage_error};
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::jwk::{Algorithm, jwk_set};
use crate::protocol::scope::ScopeSet;
use crate::protocol::secret::AccessToken;
use crate::protocol::url::Url;

/// The data of a launch for the registration of the client.
struct Registration<'a> {
    endpoint: &'a Url,
    algorithm: Algorithm,
    is_persistent: Option<bool>,
}

impl<P: Platform> SmartApp<P> {
    /// Keeps the connection of a session that was just launched, if its launch requested it. If it fails, the session reports why, and continues.
    ///
    /// The access token that registers the client is in memory only.
    pub(crate) async fn keep_session(
        &self,
        connection: Rc<Connection>,
        id: &str,
        launch: &PendingLaunch,
        record: Rc<SessionRecord>,
    ) -> (Rc<Connection>, Rc<SessionRecord>) {
        let Some(keep) = &launch.keep else { return (connection, record) };
        let record = Rc::unwrap_or_clone(record);
        // The code was exchanged, so the launch has ended, whatever happens to this page.
        pending::end_launch(self.platform(), id, launch.created).await;
        let (connection, record) = match keep {
            PendingKeep::Register { scope, endpoint, algorithm, is_persistent } => {
                let registration = Registration { endpoint, algorithm: *algorithm, is_persistent: *is_persistent };
                self.register_after_launch(connection, id, &registration, scope, record).await
            }
            PendingKeep::Registered(client) => {
                let record = self.complete_connection(id, client, record).await;
                (connection, record)
            }
        };
        (connection, Rc::new(record))
    }

    /// Registers a client with a new key and the access token of the launch, if the user granted that.
    async fn register_after_launch(
        &self,
        connection: Rc<Connection>,
        id: &str,
        registration: &Registration<'_>,
        scope: &str,
        record: SessionRecord,
    ) -> (Rc<Connection>, SessionRecord) {
        let granted = ScopeSet::from_response(record.granted_scope.as_deref().unwrap_or(&record.requested_scope));
        let record = SessionRecord {
            requested_scope: without(&record.requested_scope, scope),
            granted_scope: record.granted_scope.as_deref().map(|granted| without(granted, scope)),
            ..record
        };
        if !granted.contains(scope) {
            let message = format!(
                "The scope {scope} was not granted: the user left it out, or the app's registration does not allow it. To stay \
                 connected, launch again."
            );
            return (
                connection,
                SessionRecord { not_kept: Some(NotKept { code: "not_granted".into(), message }), ..record },
            );
        }
        match self.register(&connection, id, registration, &record).await {
            Ok(stored) => {
                let own = connection.for_own_client(self.platform(), id, &stored.client_id, &stored.client);
                // The server has revoked the token of the launch.
                let record = SessionRecord {
                    client_id: stored.client_id,
                    access_token: AccessToken::new(""),
                    refresh_token: None,
                    expires_at: Some(self.platform().now()),
                    own_client: Some(stored.client),
                    ..record
                };
                (own, record)
            }
            Err(failure) => {
                // What cannot be removed is removed after an hour.
                let _ = connections::remove_connection(self.platform(), id).await;
                (connection, SessionRecord { not_kept: Some(reason(&failure)), ..record })
            }
        }
    }

    async fn register(
        &self,
        connection: &Connection,
        id: &str,
        registration: &Registration<'_>,
        record: &SessionRecord,
    ) -> Result<ConnectionRecord, Failure> {
        let platform = self.platform();
        let configured = &connection.server.record;
        let software_id = configured.software_id.as_deref().unwrap_or(&configured.client_id);
        let public = platform.create_key(&key_name(id), registration.algorithm).await.map_err(storage_error)?;
        let kid = public.thumbprint();
        let mut stored = ConnectionRecord {
            server: record.server.clone(),
            client: OwnClient {
                app_client_id: record.client_id.clone(),
                kid: kid.clone(),
                has_key_authentication: false,
                is_new: true,
            },
            client_id: record.client_id.clone(),
            redirect_uri: configured.redirect_uri.clone(),
            fhir_base: record.fhir_base.clone(),
            endpoints: record.endpoints.clone(),
            registration_endpoint: registration.endpoint.clone(),
            requested_scope: record.requested_scope.clone(),
            granted_scope: record.granted_scope.clone(),
            label: None,
            last_used: platform.now(),
            is_persistent: registration.is_persistent,
            is_ready: false,
            sealed: None,
        };
        // Before the registration, which ends the access token: a device that cannot store the connection fails now.
        connections::save_connection(platform, id, &stored).await?;
        let endpoint = RegistrationEndpoint::of(platform.clone(), registration.endpoint.clone());
        let jwks = jwk_set([public.published_jwk(&kid, Some(registration.algorithm))]);
        let abort = AbortSignal::never();
        let client = endpoint.register_protected(software_id, &jwks, &record.access_token, &abort).await?;
        stored.client_id = client.client_id;
        stored.is_ready = true;
        let part = SealedPart {
            patient: record.context.patient.clone(),
            refresh_token: None,
            registration_access_token: client.registration_access_token,
            registration_client_uri: client.registration_client_uri,
        };
        if !connections::seal(platform, id, &mut stored, &part).await? {
            return Err(Error::KeyMissing.into());
        }
        connections::save_connection(platform, id, &stored).await?;
        Ok(stored)
    }

    /// Completes the connection of a client that was registered before the launch, with the refresh token of the launch.
    async fn complete_connection(&self, id: &str, client: &OwnClient, record: SessionRecord) -> SessionRecord {
        let record = SessionRecord { own_client: Some(client.clone()), ..record };
        match self.store_refresh_token(id, &record).await {
            Ok(()) => SessionRecord { refresh_token: None, ..record },
            Err(not_kept) => SessionRecord { not_kept: Some(not_kept), ..record },
        }
    }

    async fn store_refresh_token(&self, id: &str, record: &SessionRecord) -> Result<(), NotKept> {
        let platform = self.platform();
        let Some(refresh_token) = &record.refresh_token else {
            let message = "The server returned no refresh token: the user left offline_access out, or the app's registration does not allow it. To stay \
                           connected, launch again.";
            return Err(NotKept { code: "no_refresh_token".into(), message: message.into() });
        };
        let stored = async {
            let mut stored = connections::load_connection(platform, id).await?.ok_or(Error::KeyMissing)?;
            let part = connections::unseal(platform, id, &stored).await?.ok_or(Error::KeyMissing)?;
            let (patient, refresh_token) = (record.context.patient.clone(), Some(refresh_token.clone()));
            let part = SealedPart { patient, refresh_token, ..part };
            stored.granted_scope = record.granted_scope.clone();
            stored.last_used = platform.now();
            stored.is_ready = true;
            if !connections::seal(platform, id, &mut stored, &part).await? {
                return Err(Error::KeyMissing.into());
            }
            connections::save_connection(platform, id, &stored).await
        };
        stored.await.map_err(|failure: Failure| reason(&failure))
    }
}

/// The scopes without one of them.
fn without(scopes: &str, scope: &str) -> String {
    scopes.split_ascii_whitespace().filter(|other| *other != scope).collect::<Vec<_>>().join(" ")
}

fn reason(failure: &Failure) -> NotKept {
    NotKept { code: failure.code().to_owned(), message: failure.message() }
}
