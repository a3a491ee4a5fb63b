//! Registrations between runs of the app. They contain no secret: only the certificate's key can use them.

use sha2::{Digest, Sha256};

use crate::error::{Error, Failure};
use crate::json::{JsonView, ObjectWriter};
use crate::platform::{Json, Platform};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::encoding::base64url;
use crate::protocol::udap::software_statement::SoftwareStatement;

const REGISTRATION: &str = "smartrust.udap.";

/// Where a registration is kept: for one FHIR base, community, app and authority.
pub(super) struct Place {
    pub base: String,
    pub community: Option<String>,
    pub uri: String,
    /// The certificate of the authority that the app's leads to, in DER.
    pub anchor: Option<Vec<u8>>,
}

impl Place {
    /// The key in the store, the same for all certificates with one URI from one authority.
    pub fn key(&self) -> String {
        let object = ObjectWriter::new()
            .text("base", &self.base)
            .optional_text("community", self.community.as_deref())
            .text("uri", &self.uri)
            .optional_text("anchor", self.anchor.as_deref().map(digest).as_deref());
        [REGISTRATION, &digest(object.finish().as_bytes())].concat()
    }
}

/// A kept registration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub client_id: String,
    /// The digest of what was registered.
    statement: String,
    /// What the server registered, as JSON text.
    metadata: String,
}

impl Kept {
    pub fn new(statement: &SoftwareStatement, client_id: String, metadata: &ClientMetadata) -> Self {
        Self { client_id, statement: digest(statement.parameters().as_bytes()), metadata: metadata.to_json() }
    }

    /// Whether it was registered with an equal statement.
    pub fn is_for(&self, statement: &SoftwareStatement) -> bool {
        self.statement == digest(statement.parameters().as_bytes())
    }

    /// What the server registered.
    pub fn metadata<J: Json>(&self, json: &J) -> Option<ClientMetadata> {
        json.parse(&self.metadata).map(|metadata| ClientMetadata::read(&metadata))
    }

    /// The kept registration at a place. One that cannot be read counts as absent.
    pub async fn read<P: Platform>(platform: &P, place: &Place) -> Result<Option<Self>, Failure> {
        let text = platform.get(&place.key()).await.map_err(|_| Error::Storage)?;
        Ok(text.and_then(|text| {
            let kept = platform.parse(&text)?;
            let client_id = kept.member_text("client_id").filter(|id| !id.is_empty())?;
            let metadata = kept.member("metadata")?.to_json();
            Some(Self { client_id, statement: kept.member_text("statement")?, metadata })
        }))
    }

    pub async fn write<P: Platform>(&self, platform: &P, place: &Place) -> Result<(), Failure> {
        let text = ObjectWriter::new()
            .text("base", &place.base)
            .text("client_id", &self.client_id)
            .text("statement", &self.statement)
            .raw("metadata", &self.metadata)
            .finish();
        platform.set(&place.key(), &text).await.map_err(|_| Error::Storage.into())
    }

    pub async fn remove<P: Platform>(platform: &P, place: &Place) -> Result<(), Failure> {
        platform.remove(&place.key()).await.map_err(|_| Error::Storage.into())
    }
}

fn digest(bytes: &[u8]) -> String {
    base64url(&Sha256::digest(bytes))
}
