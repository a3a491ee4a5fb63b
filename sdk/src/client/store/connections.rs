//! Connections as they are stored on the device: the server, the client, and a part that is encrypted with the connection's key. They contain
//! no access token and no health data.

use std::rc::Rc;

use super::own_client::OwnClient;
use super::records::{Endpoints, storage_error};
use crate::error::Failure;
use crate::json::{ObjectWriter, RequiredStrings};
use crate::platform::{JsonView, Platform};
use crate::protocol::secret::{RefreshToken, RegistrationAccessToken};
use crate::protocol::url::Url;

const CONNECTION: &str = "connection.";
const KEY: &str = "key.";
const REFUSAL: &str = "refused.";

/// How long a connection may wait for its launch, in seconds.
#[cfg(feature = "keep")]
const PENDING_LIFETIME: f64 = 3600.0;

/// How long no key is registered at a server that refused one, in seconds.
#[cfg(feature = "keep")]
const REFUSAL_LIFETIME: f64 = 86_400.0;

/// A connection as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConnectionRecord {
    pub server: String,
    pub client: OwnClient,
    pub client_id: String,
    pub redirect_uri: String,
    pub fhir_base: String,
    pub endpoints: Rc<Endpoints>,
    pub registration_endpoint: Url,
    pub requested_scope: String,
    pub granted_scope: Option<String>,
    pub label: Option<String>,
    /// In seconds since 1970.
    pub last_used: f64,
    /// Whether the browser keeps it until the user removes it; `None` if the browser did not say.
    pub is_persistent: Option<bool>,
    /// Whether the launch was completed.
    pub is_ready: bool,
    /// A [`SealedPart`] that is encrypted with the connection's key.
    pub sealed: Option<String>,
}

/// The part that is encrypted with the connection's key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SealedPart {
    pub patient: Option<String>,
    /// The refresh token of a client that has one. The server only accepts it together with the key.
    pub refresh_token: Option<RefreshToken>,
    pub registration_access_token: Option<RegistrationAccessToken>,
    pub registration_client_uri: Option<String>,
}

impl SealedPart {
    fn to_json(&self) -> String {
        let registration = self.registration_access_token.as_ref();
        ObjectWriter::new()
            .optional_text("patient", self.patient.as_deref())
            .optional_text("refreshToken", self.refresh_token.as_ref().map(RefreshToken::expose))
            .optional_text("registrationAccessToken", registration.map(RegistrationAccessToken::expose))
            .optional_text("registrationClientUri", self.registration_client_uri.as_deref())
            .finish()
    }

    fn read<V: JsonView>(value: &V) -> Self {
        let text = |name: &str| value.member_text(name);
        Self {
            patient: text("patient"),
            refresh_token: text("refreshToken").map(RefreshToken::new),
            registration_access_token: text("registrationAccessToken").map(RegistrationAccessToken::new),
            registration_client_uri: text("registrationClientUri"),
        }
    }
}

impl ConnectionRecord {
    fn to_json(&self) -> String {
        let writer = ObjectWriter::new()
            .text("server", &self.server)
            .raw("client", &self.client.to_json())
            .text("clientId", &self.client_id)
            .text("redirectUri", &self.redirect_uri)
            .text("fhirBase", &self.fhir_base)
            .raw("endpoints", &self.endpoints.to_json())
            .text("registrationEndpoint", self.registration_endpoint.as_str())
            .text("requestedScope", &self.requested_scope)
            .optional_text("grantedScope", self.granted_scope.as_deref())
            .optional_text("label", self.label.as_deref())
            .optional_seconds("lastUsed", Some(self.last_used))
            .flag("ready", self.is_ready)
            .optional_text("sealed", self.sealed.as_deref());
        match self.is_persistent {
            Some(is_persistent) => writer.flag("persistent", is_persistent),
            None => writer,
        }
        .finish()
    }

    fn read<V: JsonView>(value: &V) -> Option<Self> {
        let flag = |name: &str| value.member(name).and_then(|member| member.flag());
        let strings = RequiredStrings::of(value);
        let record = Self {
            server: strings.get("server"),
            client: OwnClient::read(&value.member("client")?)?,
            client_id: strings.get("clientId"),
            redirect_uri: strings.get("redirectUri"),
            fhir_base: strings.get("fhirBase"),
            endpoints: Rc::new(Endpoints::read(&value.member("endpoints")?)?),
            registration_endpoint: Url::parse(&strings.get("registrationEndpoint")).ok()?,
            requested_scope: strings.get("requestedScope"),
            granted_scope: value.member_text("grantedScope"),
            label: value.member_text("label"),
            last_used: value.member("lastUsed")?.number()?,
            is_persistent: flag("persistent"),
            is_ready: flag("ready").unwrap_or(false),
            sealed: value.member_text("sealed"),
        };
        strings.are_present.get().then_some(record)
    }

    /// Whether its launch was never completed, and is too old for it.
    #[cfg(feature = "keep")]
    pub fn is_abandoned(&self, now: f64) -> bool {
        !self.is_ready && now - self.last_used > PENDING_LIFETIME
    }
}

/// The name of a connection's key on the device.
pub(crate) fn key_name(id: &str) -> String {
    [KEY, id].concat()
}

/// Stores a connection.
pub(crate) async fn save_connection<P: Platform>(
    platform: &P,
    id: &str,
    connection: &ConnectionRecord,
) -> Result<(), Failure> {
    platform.set_entry(&[CONNECTION, id].concat(), &connection.to_json()).await.map_err(storage_error)
}

/// The connection with an id; `None` if there is none or it cannot be read.
pub(crate) async fn load_connection<P: Platform>(platform: &P, id: &str) -> Result<Option<ConnectionRecord>, Failure> {
    let text = platform.entry(&[CONNECTION, id].concat()).await.map_err(storage_error)?;
    Ok(text.and_then(|text| platform.parse(&text)).and_then(|value| ConnectionRecord::read(&value)))
}

/// The ids of all connections.
#[cfg(feature = "keep")]
pub(crate) async fn connection_ids<P: Platform>(platform: &P) -> Result<Vec<String>, Failure> {
    let names = platform.device_names(CONNECTION).await.map_err(storage_error)?;
    Ok(names.iter().filter_map(|name| name.strip_prefix(CONNECTION)).map(str::to_owned).collect())
}

/// Removes a connection and its key. The key is removed first, because the rest is useless without it.
pub(crate) async fn remove_connection<P: Platform>(platform: &P, id: &str) -> Result<(), Failure> {
    let key = platform.remove_from_device(&key_name(id)).await;
    let entry = platform.remove_from_device(&[CONNECTION, id].concat()).await;
    key.and(entry).map_err(storage_error)
}

/// Encrypts a part with the connection's key, and adds it to the connection. Returns whether the key exists.
pub(crate) async fn seal<P: Platform>(
    platform: &P,
    id: &str,
    connection: &mut ConnectionRecord,
    part: &SealedPart,
) -> Result<bool, Failure> {
    connection.sealed = platform.seal(&key_name(id), &part.to_json()).await.map_err(storage_error)?;
    Ok(connection.sealed.is_some())
}

/// Decrypts the sealed part of a connection; `None` if its key is missing.
pub(crate) async fn unseal<P: Platform>(
    platform: &P,
    id: &str,
    connection: &ConnectionRecord,
) -> Result<Option<SealedPart>, Failure> {
    let Some(sealed) = &connection.sealed else { return Ok(Some(SealedPart::default())) };
    let text = platform.unseal(&key_name(id), sealed).await.map_err(storage_error)?;
    Ok(text.and_then(|text| platform.parse(&text)).map(|part| SealedPart::read(&part)))
}

/// Stores that a server refused a key that it had registered.
pub(crate) async fn remember_refusal<P: Platform>(platform: &P, server: &str) -> Result<(), Failure> {
    let time = ObjectWriter::new().optional_seconds("at", Some(platform.now())).finish();
    platform.set_entry(&[REFUSAL, server].concat(), &time).await.map_err(storage_error)
}

/// Whether a server refused a key that it had registered, less than a day ago.
#[cfg(feature = "keep")]
pub(crate) async fn was_refused<P: Platform>(platform: &P, server: &str) -> Result<bool, Failure> {
    let text = platform.entry(&[REFUSAL, server].concat()).await.map_err(storage_error)?;
    let time = text.and_then(|text| platform.parse(&text)?.member("at")?.number());
    Ok(time.is_some_and(|time| platform.now() - time < REFUSAL_LIFETIME))
}
