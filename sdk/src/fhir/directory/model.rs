//! What a directory holds: brands, their portals, endpoints and places.

use crate::fhir::identifier::Identifier;
use crate::protocol::url::Url;

/// Where entries of a directory come from: one Bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Its name for people, such as `Oracle Health, patient access`.
    pub name: String,
    /// When it was made: `Bundle.timestamp`, or the date that the caller knows, in ISO 8601.
    pub date: Option<String>,
    /// Whether a FHIR server itself names this Bundle in its SMART configuration (`user_access_brand_bundle`). Then its entries win over
    /// those of a vendor's list.
    pub is_of_server: bool,
}

impl Source {
    /// A source with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), date: None, is_of_server: false }
    }

    /// Sets when it was made, in ISO 8601.
    #[must_use]
    pub fn date(mut self, date: impl Into<String>) -> Self {
        self.date = Some(date.into());
        self
    }

    /// Marks the Bundle that a server names in its SMART configuration.
    #[must_use]
    pub fn of_server(mut self) -> Self {
        self.is_of_server = true;
        self
    }
}

/// An organization as users know it, with the ways to connect to it (SMART App Launch 2.2, User-Access Brands).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Brand {
    /// Its name; never blank.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Its identifiers, by which Bundles name the same brand.
    pub identifiers: Vec<Identifier>,
    /// Its website for the public.
    pub website: Option<String>,
    /// The ways to connect; at least one, each with at least one endpoint.
    pub portals: Vec<Portal>,
    /// Its own places.
    pub places: Vec<Place>,
    /// The number of its source in [`Directory::sources`](super::Directory::sources).
    pub source: usize,
}

impl Brand {
    /// All its endpoints, in the order of its portals.
    pub fn endpoints(&self) -> impl Iterator<Item = &DirectoryEndpoint> {
        self.portals.iter().flat_map(|portal| &portal.endpoints)
    }
}

/// A portal that a brand offers, or a connection without the name of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Portal {
    /// Its name for users, such as `Patient Gateway`.
    pub name: Option<String>,
    /// For whom it is, as plain text.
    pub description: Option<String>,
    /// Its website.
    pub url: Option<String>,
    /// Its FHIR servers: R4 first.
    pub endpoints: Vec<DirectoryEndpoint>,
}

/// A FHIR server in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryEndpoint {
    /// The FHIR base URL, as the directory has it.
    pub fhir_base: Url,
    /// The FHIR versions that it lists, such as `4.0.1`; empty if it lists none.
    pub fhir_versions: Vec<String>,
    /// Its name in the directory, which is seldom meant for users.
    pub name: Option<String>,
}

impl DirectoryEndpoint {
    /// Whether another endpoint is the same FHIR server: equal URLs but for a slash at the end.
    pub fn has_base_of(&self, other: &Self) -> bool {
        self.base() == other.base()
    }

    /// The base URL without a slash at the end.
    pub(super) fn base(&self) -> &str {
        self.fhir_base.as_str().trim_end_matches('/')
    }
}

/// A place where patients go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The city; empty if it is not known.
    pub city: String,
    /// The state, mostly a code of two letters; empty if it is not known.
    pub state: String,
    /// The postal code; empty if it is not known.
    pub postal_code: String,
}

impl Place {
    /// Whether nothing of it is known.
    pub fn is_empty(&self) -> bool {
        self.city.is_empty() && self.state.is_empty() && self.postal_code.is_empty()
    }
}
