//! The app's registration at a server.

use std::fmt;

use super::kept::Kept;
use super::server::UdapServer;
use crate::platform::{Certificates, Platform};
use crate::protocol::client_metadata::{ClientMetadata, MetadataChange};
use crate::protocol::udap::registration::RegistrationChange;

/// The app's registration at a server ([`UdapServer::register`]), by which it gets tokens. A clone is a handle to the same registration.
#[derive(Clone)]
pub struct UdapRegistration<P: Platform + Certificates> {
    pub(super) server: UdapServer<P>,
    kept: Kept,
    change: Option<RegistrationChange>,
    changes: Vec<MetadataChange>,
}

impl<P: Platform + Certificates> UdapRegistration<P> {
    pub(super) fn new(
        server: UdapServer<P>,
        kept: Kept,
        change: Option<RegistrationChange>,
        changes: Vec<MetadataChange>,
    ) -> Self {
        Self { server, kept, change, changes }
    }

    /// The client id. It is only valid with the app's certificate.
    pub fn client_id(&self) -> &str {
        &self.kept.client_id
    }

    /// The server.
    pub fn server(&self) -> &UdapServer<P> {
        &self.server
    }

    /// What the server did; `None` if the app was registered like this before, and nothing was sent.
    pub fn change(&self) -> Option<RegistrationChange> {
        self.change
    }

    /// The values that the server registered differently from what was sent, if something was sent.
    pub fn changes(&self) -> &[MetadataChange] {
        &self.changes
    }

    /// What the server registered.
    pub fn metadata(&self) -> Option<ClientMetadata> {
        self.kept.metadata(self.server.platform())
    }
}

impl<P: Platform + Certificates> fmt::Debug for UdapRegistration<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UdapRegistration").field("client_id", &self.kept.client_id).finish_non_exhaustive()
    }
}
