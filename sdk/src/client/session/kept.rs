//! New tokens for a kept session: by the key of its connection, which is on the device.

use std::rc::Rc;

use super::handle::Session;
use super::state::Inner;
use crate::abort::AbortSignal;
use crate::client::server::own_client::own_assertion;
use crate::client::server::transport::{REQUEST_TIMEOUT, send};
use crate::client::store::connections::{self, ConnectionRecord, SealedPart};
use crate::client::store::own_client::{NotKept, OwnClient};
use crate::error::{Error, Failure, OAuthError};
use crate::fhir::retry::read_http_date;
use crate::platform::Platform;
use crate::protocol::client_auth::AuthenticationRequest;
use crate::protocol::jwt_bearer::jwt_bearer_request;
use crate::protocol::token::TokenResponse;

/// The waits before a request is repeated to a server that does not know a new key yet, in milliseconds.
const PROPAGATION: [u32; 3] = [1_000, 3_000, 9_000];

/// The difference between the clocks, in seconds, above which it counts as the reason for a refusal.
const CLOCK_TOLERANCE: f64 = 30.0;

const WRONG_CLOCK: &str =
    "this device's clock differs from the server's, and its assertions are valid only for a short time: set the clock";

const ENDED: &str = "The connection has expired, or the clinic ended it: connect again.";

impl<P: Platform> Session<P> {
    /// Whether this browser stays connected after the session: its connection has a key of its own on this device, which
    /// [`SmartApp::open_connection`](crate::SmartApp::open_connection) uses on a later day.
    ///
    /// For an example, see [`Keep`](crate::client::keep::Keep).
    pub fn is_kept(&self) -> bool {
        self.inner.is_kept()
    }

    /// Why the session is not kept, although its launch requested it; `None` otherwise. Apart from that, the session works as usual.
    ///
    /// For an example, see [`Keep`](crate::client::keep::Keep).
    pub fn not_kept(&self) -> Option<NotKept> {
        self.inner.record.borrow().not_kept.clone()
    }

    /// Whether the server has not yet given a token for the session's key.
    pub(crate) fn has_new_client(&self) -> bool {
        self.inner.record.borrow().own_client.as_ref().is_some_and(|client| client.is_new)
    }
}

impl<P: Platform> Inner<P> {
    /// Whether the session is kept, and has not ended.
    pub fn is_kept(&self) -> bool {
        self.record.borrow().is_kept()
    }
}

/// Requests tokens with the key of the session's connection. The request is repeated if the server does not know the key yet.
pub(super) async fn request_tokens<P: Platform>(
    inner: &Rc<Inner<P>>,
    client: &OwnClient,
    scope: Option<&str>,
) -> Result<Box<TokenResponse>, Failure> {
    let mut delays = PROPAGATION.iter().filter(|_| client.is_new);
    loop {
        match request_once(inner, client, scope).await {
            Err(failure) if is_refusal(&failure) => match delays.next() {
                Some(delay) => inner.platform.sleep(*delay).await,
                None if client.is_new => return Err(refused(inner, &failure)),
                None => return Err(with_reason(failure)),
            },
            outcome => return outcome,
        }
        inner.check_active()?;
    }
}

async fn request_once<P: Platform>(
    inner: &Rc<Inner<P>>,
    client: &OwnClient,
    scope: Option<&str>,
) -> Result<Box<TokenResponse>, Failure> {
    let (platform, id) = (&inner.platform, &*inner.id);
    // Another tab may have removed the connection, or have got a newer refresh token.
    let mut connection = connections::load_connection(platform, id).await?.ok_or(Error::KeyMissing)?;
    let mut part = connections::unseal(platform, id, &connection).await?.ok_or(Error::KeyMissing)?;
    let token_client = inner.client(&connection.endpoints.token).await?;
    // One that could not be stored is in memory.
    let refresh_token = inner.record.borrow().refresh_token.clone().or(part.refresh_token.clone());
    let request = match &refresh_token {
        Some(refresh_token) => token_client.refresh_request(refresh_token, scope),
        None => {
            let request = AuthenticationRequest {
                endpoint: token_client.endpoint.clone(),
                token_endpoint: connection.endpoints.token.clone(),
                client_id: connection.client_id.clone(),
                token_endpoint_auth_signing_alg_values_supported: connection
                    .endpoints
                    .token_endpoint_auth_signing_alg_values_supported
                    .clone(),
            };
            let assertion = own_assertion(platform, id, &client.kid, &request).await?;
            jwt_bearer_request(&token_client, &assertion, scope)
        }
    };
    let response = send(platform, &request, REQUEST_TIMEOUT, &AbortSignal::never()).await?;
    let clocks_differ = response.date.as_deref().and_then(read_http_date);
    let clocks_differ = clocks_differ.is_some_and(|time| (platform.now() - time).abs() > CLOCK_TOLERANCE);
    let mut response = match inner.connection.read_tokens(&response, platform.now()) {
        Err(failure) if is_refusal(&failure) && clocks_differ => {
            return Err(Error::ClientAuthentication { problem: WRONG_CLOCK.into() }.into());
        }
        response => response?,
    };
    if scope.is_none() && response.scope.is_some() {
        connection.granted_scope = response.scope.clone();
    }
    if store_use(inner, &mut connection, &mut part, &response).await.is_ok() {
        response.refresh_token = None;
        Rc::make_mut(&mut *inner.record.borrow_mut()).refresh_token = None;
    }
    Ok(response)
}

/// Stores that the connection was used, and its new refresh token if there is one.
async fn store_use<P: Platform>(
    inner: &Inner<P>,
    connection: &mut ConnectionRecord,
    part: &mut SealedPart,
    response: &TokenResponse,
) -> Result<(), Failure> {
    connection.last_used = inner.platform.now();
    connection.client.is_new = false;
    if let Some(refresh_token) = &response.refresh_token {
        part.refresh_token = Some(refresh_token.clone());
        if !connections::seal(&inner.platform, &inner.id, connection, part).await? {
            return Err(Error::KeyMissing.into());
        }
    }
    connections::save_connection(&inner.platform, &inner.id, connection).await
}

/// Whether a failed request for tokens of a kept session ends its connection.
pub(super) fn ends_connection<P: Platform>(inner: &Inner<P>, failure: &Failure) -> bool {
    let is_end = is_refusal(failure) || matches!(&**failure, Error::KeyMissing | Error::KeepRefused { .. });
    inner.is_kept() && is_end
}

/// Ends the session in all tabs, and removes its connection from the device. Returns the reason.
pub(super) async fn end_connection<P: Platform>(inner: &Rc<Inner<P>>, failure: Failure) -> Failure {
    // The session has ended even if the device cannot store that.
    if matches!(&*failure, Error::KeepRefused { .. }) {
        let _ = connections::remember_refusal(&inner.platform, &inner.connection.server.key).await;
    }
    let _ = connections::remove_connection(&inner.platform, &inner.id).await;
    inner.end_and_forget(failure.clone()).await;
    failure
}

/// Whether the server does not accept the client or its key.
fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.code(), "invalid_grant" | "invalid_client")
}

fn refused<P: Platform>(inner: &Inner<P>, failure: &Failure) -> Failure {
    let problem = match &**failure {
        Error::Token(error) => Some(error.to_string().into()),
        _ => None,
    };
    let host = inner.connection.server.fhir_base.host().into();
    Error::KeepRefused { host, problem }.into()
}

/// The error of a server that does not accept a key any more that it accepted before.
fn with_reason(failure: Failure) -> Failure {
    match Error::from(failure) {
        Error::Token(error) => {
            let hint = error.hint.clone().unwrap_or_else(|| ENDED.to_owned());
            Error::Token(Box::new(OAuthError { hint: Some(hint), ..*error })).into()
        }
        other => other.into(),
    }
}
