//! The registered apps and their credentials.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::oauth::{random_secret, s256_challenge};

/// The client with a secret.
pub const SECRET_CLIENT_ID: &str = "MIE-localhost-secret";

/// The client with a key, if one is configured.
pub const KEY_CLIENT_ID: &str = "MIE-localhost-key";

/// The client of [`AppAddress`].
pub const MY_APP_CLIENT_ID: &str = "my-app";

/// The URL of the user's own app: the page that is opened from a chart and to which users are redirected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppAddress(String);

impl AppAddress {
    /// The URL as browsers serialize it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AppAddress {
    type Err = String;

    /// An HTTP URL without query and fragment. The error is a description of the problem.
    fn from_str(address: &str) -> Result<Self, String> {
        let rest = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme));
        let rest = rest.ok_or("it must begin with http:// or https://, such as http://localhost:5173/")?;
        if rest.is_empty() || rest.starts_with('/') || rest.contains(['?', '#', ' ']) {
            return Err("name a page without query and fragment, such as http://localhost:5173/".to_owned());
        }
        Ok(Self(if rest.contains('/') { address.to_owned() } else { format!("{address}/") }))
    }
}

/// A registered client (RFC 6749, 2): public, or confidential if it has a secret or keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The `client_id`.
    pub id: String,
    /// The name shown on the scope confirmation page.
    pub name: String,
    /// The redirect URIs, compared character by character (RFC 9700, 2.1).
    pub redirect_uris: Vec<String>,
    /// What the client authenticates with at the token endpoint (SMART App Launch 2.2, `client-confidential-symmetric`).
    pub secret: Option<ClientSecret>,
    /// The public keys of its assertions (SMART App Launch 2.2, `client-confidential-asymmetric`). A client with keys
    /// authenticates only with them.
    pub keys: Option<ClientKeys>,
}

impl Client {
    /// The `software_id` with which this client registers another one with its own key, on a server that protects registration.
    pub fn software_id(&self) -> String {
        format!("{}-software", self.id)
    }

    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_none() && self.keys.is_none()
    }
}

/// Where the public keys of a client are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKeys {
    /// The registered JSON Web Key Set (RFC 7517, 5).
    Set(Value),
    /// A URL, which is fetched at each use. Only http: the sandbox has no TLS.
    Url(String),
    /// The keys of all certificates of the trust community with this URI. Each assertion has its certificate.
    Certificates(String),
}

impl FromStr for ClientKeys {
    type Err = String;

    /// An HTTP URL, or the path of a file with a key set. The error is a description of the problem.
    fn from_str(place: &str) -> Result<Self, String> {
        if place.starts_with("http://") {
            return Ok(Self::Url(place.to_owned()));
        }
        if place.starts_with("https://") {
            return Err(
                "the sandbox fetches key sets by plain http only: save the set to a file and name that".to_owned()
            );
        }
        let text = std::fs::read_to_string(place).map_err(|error| format!("the file cannot be read: {error}"))?;
        let set: Value = serde_json::from_str(&text).map_err(|error| format!("the file is not JSON: {error}"))?;
        if set["keys"].is_array() {
            Ok(Self::Set(set))
        } else {
            Err("the file is not a key set: it has no \"keys\"".to_owned())
        }
    }
}

/// A secret that Debug does not print.
#[derive(Clone)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// A secret that the user chose.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// 256 bits from the operating system.
    pub fn generate() -> Self {
        Self(random_secret())
    }

    /// The secret itself, for the client.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl PartialEq for ClientSecret {
    /// Compares hashes, so that the duration reveals nothing about the secret.
    fn eq(&self, other: &Self) -> bool {
        s256_challenge(&self.0) == s256_challenge(&other.0)
    }
}

impl Eq for ClientSecret {}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}
