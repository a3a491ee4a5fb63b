//! Removes a connection: at the server as far as it supports that, and from this device in any case.

use std::rc::Rc;

use super::connection::Connection;
use crate::abort::AbortSignal;
use crate::client::app::SmartApp;
use crate::client::server::RegistrationEndpoint;
use crate::client::session::Revocation;
use crate::client::session::state::refresh_lock;
use crate::client::store::connections::{self, ConnectionRecord, SealedPart};
use crate::error::Failure;
use crate::platform::Platform;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::registration::RegisteredClient;

/// The result of a removal at the server. On this device, the connection is removed in any case.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Disconnection {
    /// The result of revoking its tokens (RFC 7009).
    pub revocation: Revocation,
    /// The result of deleting its client (RFC 7592).
    pub deletion: Deletion,
}

/// The result of deleting the client of a connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Deletion {
    /// The server has deleted it.
    Deleted,
    /// The server does not support that. The client's only key was removed.
    NotOffered,
    /// The request failed. The client's only key was removed nevertheless.
    Failed(Failure),
}

impl<P: Platform> SmartApp<P> {
    /// Removes a connection: ends its session in all tabs and revokes its tokens, deletes its client at the server, and then removes its key
    /// from this device, also when the server cannot be reached.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, client::keep::Connection, platform::Platform};
    /// use smartrust::client::keep::Deletion;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>, connection: &Connection) -> Result<(), Failure> {
    /// match app.disconnect(connection).await?.deletion {
    ///     Deletion::Deleted => println!("This browser is disconnected."),
    ///     _ => println!("This browser is disconnected. The clinic's website may still list it."),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) if it could not be removed from the device.
    pub async fn disconnect(&self, connection: &Connection) -> Result<Disconnection, Failure> {
        let (platform, id) = (self.platform(), &*connection.id);
        let Some(record) = connections::load_connection(platform, id).await? else {
            return Ok(Disconnection { revocation: Revocation::AlreadyEnded, deletion: Deletion::NotOffered });
        };
        // Without its key, there is nothing to revoke or to delete with.
        let part = connections::unseal(platform, id, &record).await.ok().flatten().unwrap_or_default();
        let revocation = self.end_connection(id, &record, &part).await.unwrap_or_else(Revocation::Failed);
        let deletion = self.delete_client(&record, part).await;
        // A refresh in another tab stores the connection: it ends first.
        let _lock = platform.lock(&refresh_lock(id)).await;
        connections::remove_connection(platform, id).await?;
        Ok(Disconnection { revocation, deletion })
    }

    /// Ends the session of a connection in all tabs, and revokes its tokens.
    async fn end_connection(
        &self,
        id: &str,
        record: &ConnectionRecord,
        part: &SealedPart,
    ) -> Result<Revocation, Failure> {
        let session = match self.open_session(id).await? {
            Some(session) => session,
            None => self.session_of_connection(id, record).await?,
        };
        Rc::make_mut(&mut *session.inner.record.borrow_mut()).refresh_token = part.refresh_token.clone();
        session.sign_out().await
    }

    async fn delete_client(&self, record: &ConnectionRecord, part: SealedPart) -> Deletion {
        if part.registration_access_token.is_none() || part.registration_client_uri.is_none() {
            return Deletion::NotOffered;
        }
        let client = RegisteredClient {
            client_id: record.client_id.clone(),
            client_secret: None,
            client_id_issued_at: None,
            client_secret_expires_at: None,
            registration_access_token: part.registration_access_token,
            registration_client_uri: part.registration_client_uri,
            metadata: ClientMetadata::public("", "", ""),
        };
        let endpoint = RegistrationEndpoint::of(self.platform().clone(), record.registration_endpoint.clone());
        match endpoint.delete(&client, &AbortSignal::never()).await {
            Ok(()) => Deletion::Deleted,
            Err(failure) => Deletion::Failed(failure),
        }
    }
}
