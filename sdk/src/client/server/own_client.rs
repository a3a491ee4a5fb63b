//! A client that this browser registered for one connection: how it authenticates, and the assertions of its key.

use std::cell::Cell;
use std::rc::Rc;

use super::ServerRecord;
use super::authentication::signed_assertion;
use super::configured::Server;
use super::connection::Connection;
use super::keys::Keys;
use crate::client::store::connections::key_name;
use crate::client::store::own_client::OwnClient;
use crate::client::store::records::storage_error;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::client_assertion::{ClientKey, PrivateKeyJwt};
use crate::protocol::client_auth::{
    AuthenticationCallback, AuthenticationRequest, ClientAuthentication, ClientCredential,
};
use crate::protocol::secret::ClientAssertion;

impl Connection {
    /// The server of this connection, for the client that this browser registered there. `id` is that of the client's connection.
    pub(crate) fn for_own_client<P: Platform>(
        &self,
        platform: &P,
        id: &str,
        client_id: &str,
        client: &OwnClient,
    ) -> Rc<Self> {
        let server = &*self.server;
        let authentication = if client.has_key_authentication {
            authentication_with_own_key(platform, id, &client.kid)
        } else {
            ClientAuthentication::None
        };
        let record = ServerRecord { client_id: client_id.to_owned(), authentication, ..server.record.clone() };
        let server = Server {
            record,
            key: server.key.clone(),
            fhir_base: server.fhir_base.clone(),
            discovery_base: server.discovery_base.clone(),
            named: server.named.clone(),
            token_proxy: None,
        };
        Rc::new(Self {
            server: Rc::new(server),
            discovery: self.discovery.clone(),
            keys: Keys::default(),
            refused_client: Cell::default(),
        })
    }
}

/// Authentication by the key of a connection, which is loaded from the device for each request.
fn authentication_with_own_key<P: Platform>(platform: &P, id: &str, kid: &str) -> ClientAuthentication {
    let (platform, id, kid) = (platform.clone(), id.to_owned(), kid.to_owned());
    ClientAuthentication::Callback(AuthenticationCallback::new(move |request| {
        let (platform, id, kid) = (platform.clone(), id.clone(), kid.clone());
        Box::pin(async move {
            let assertion = own_assertion(&platform, &id, &kid, &request).await?;
            Ok(ClientCredential::assertion(&assertion))
        })
    }))
}

/// A new assertion of the key of a connection.
///
/// # Errors
/// [`Error::KeyMissing`] if the key is not on the device any more; [`Error::Storage`], [`Error::ClientAuthentication`].
pub(crate) async fn own_assertion<P: Platform>(
    platform: &P,
    id: &str,
    kid: &str,
    request: &AuthenticationRequest,
) -> Result<ClientAssertion, Failure> {
    let key = platform.private_key(&key_name(id)).await.map_err(storage_error)?.ok_or(Error::KeyMissing)?;
    let method = PrivateKeyJwt::new(ClientKey::new(platform, key), Some(kid.to_owned()));
    signed_assertion(platform, &method, request).await
}
