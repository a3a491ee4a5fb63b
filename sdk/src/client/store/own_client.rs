//! The client that this browser registered for one connection, and why a session is not kept.

use crate::json::{ObjectWriter, RequiredStrings};
use crate::platform::JsonView;

/// A client that this browser registered with a key of its own, in place of the configured one. The id of the connection is that of
/// its session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnClient {
    /// The client id of the configuration.
    pub app_client_id: String,
    /// The name of the key at the server.
    pub kid: String,
    /// Whether it authenticates with its key (open registration). Otherwise it has no other credential than the assertion of its grant.
    pub has_key_authentication: bool,
    /// Whether the server has not yet given a token for its key.
    pub is_new: bool,
}

impl OwnClient {
    pub fn to_json(&self) -> String {
        ObjectWriter::new()
            .text("appClientId", &self.app_client_id)
            .text("kid", &self.kid)
            .flag("keyAuthentication", self.has_key_authentication)
            .flag("isNew", self.is_new)
            .finish()
    }

    pub fn read<V: JsonView>(value: &V) -> Option<Self> {
        let flag = |name: &str| value.member(name).and_then(|member| member.flag()).unwrap_or(false);
        let strings = RequiredStrings::of(value);
        let client = Self {
            app_client_id: strings.get("appClientId"),
            kid: strings.get("kid"),
            has_key_authentication: flag("keyAuthentication"),
            is_new: flag("isNew"),
        };
        strings.are_present.get().then_some(client)
    }
}

/// Why a session is not kept, although the launch asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotKept {
    /// `not_granted` if the user or the server left the scope for it out, `no_refresh_token` if the server gave none, or else the code of the
    /// error of the registration.
    pub code: String,
    /// What happened, and what to do.
    pub message: String,
}
