//! Reads the resources of Bundles.

use crate::json::JsonView;

use super::Directory;
use super::assemble::cards;
use super::left_out::LeftOut;
use super::merge::merge;
use super::model::Source;
use super::read::{EndpointResource, Organization};
use super::resources::{Counts, Resources};

/// Reads the resources of one or several Bundles into a [`Directory`]. The order of the resources does not matter.
///
/// ```
/// use serde_json::json;
/// use smartrust::fhir::directory::{DirectoryReader, Source};
///
/// let mut reader = DirectoryReader::new();
/// reader.start(Source::new("Example EHR").date("2026-11-01"));
/// reader.read_bundle(&json!({"resourceType": "Bundle", "type": "collection", "entry": [
///     {"resource": {"resourceType": "Organization", "id": "1", "name": "St. Mary's Clinic",
///         "address": [{"city": "Madison", "state": "WI"}], "endpoint": [{"reference": "Endpoint/r4"}]}},
///     {"resource": {"resourceType": "Endpoint", "id": "r4", "status": "active", "address": "https://fhir.example.org/r4"}},
/// ]}));
/// let directory = reader.finish();
///
/// let matches = directory.search("saint mary, madison", 20);
/// assert_eq!(matches[0].brand.name, "St. Mary's Clinic");
/// assert_eq!(matches[0].brand.portals[0].endpoints[0].fhir_base.as_str(), "https://fhir.example.org/r4");
/// ```
#[derive(Clone, Debug, Default)]
pub struct DirectoryReader {
    sources: Vec<Source>,
    resources: Vec<Resources>,
    /// Versions before R4 that the app supports.
    older_versions: Vec<String>,
    left_out: Counts,
}

impl DirectoryReader {
    /// A reader without resources.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also takes endpoints that only have a FHIR version before R4, by the beginning of the version: `1.0` for DSTU2, `3.0` for STU3.
    #[must_use]
    pub fn older_version(mut self, version: impl Into<String>) -> Self {
        self.older_versions.push(version.into());
        self
    }

    /// Starts a Bundle: the resources that follow are from it, and their references are resolved in it.
    pub fn start(&mut self, source: Source) {
        self.sources.push(source);
        self.resources.push(Resources::default());
    }

    /// Reads all resources of a Bundle. For a Bundle that is too large to be parsed at once, call [`DirectoryReader::read_entry`].
    pub fn read_bundle<V: JsonView>(&mut self, bundle: &V) {
        for entry in bundle.member_items("entry") {
            self.read_entry(&entry);
        }
        if let Some(date) = bundle.member_text("timestamp") {
            self.set_date(date);
        }
    }

    /// Sets when the current Bundle was made, if its source has no date: its `timestamp`.
    pub fn set_date(&mut self, timestamp: String) {
        if let Some(source) = self.sources.last_mut() {
            source.date.get_or_insert(timestamp);
        }
    }

    /// Reads one entry of a Bundle.
    pub fn read_entry<V: JsonView>(&mut self, entry: &V) {
        match entry.member("resource") {
            Some(resource) => self.read_resource(entry.member_text("fullUrl").as_deref(), &resource),
            None => self.leave_out(LeftOut::OtherResource),
        }
    }

    fn read_resource<V: JsonView>(&mut self, full_url: Option<&str>, resource: &V) {
        if self.resources.is_empty() {
            self.start(Source::new(""));
        }
        let Some(resources) = self.resources.last_mut() else { return };
        let id = resource.member_text("id");
        match resource.member_text("resourceType").as_deref() {
            Some("Organization") => {
                let number = resources.organizations.len();
                resources.organization_keys.insert("Organization", full_url, id.as_deref(), number);
                resources.organizations.push(Organization::read(resource));
                for contained in resource.member_items("contained") {
                    if contained.member_text("resourceType").as_deref() == Some("Endpoint") {
                        let id = contained.member_text("id");
                        resources.endpoint_keys.insert_contained(number, id.as_deref(), resources.endpoints.len());
                        resources.endpoints.push(EndpointResource::read(&contained));
                    }
                }
            }
            Some("Endpoint") => {
                resources.endpoint_keys.insert("Endpoint", full_url, id.as_deref(), resources.endpoints.len());
                resources.endpoints.push(EndpointResource::read(resource));
            }
            _ => self.leave_out(LeftOut::OtherResource),
        }
    }

    /// Resolves the references, and merges entries of the same brand.
    pub fn finish(self) -> Directory {
        let Self { sources, resources, older_versions, mut left_out } = self;
        let mut all = Vec::new();
        for (source, mut resources) in resources.into_iter().enumerate() {
            resources.leave_out_older_versions(&older_versions);
            all.extend(cards(source, resources, &mut left_out));
        }
        all.sort_by_key(|card| !sources.get(card.brand.source).is_some_and(|source| source.is_of_server));
        Directory::new(sources, merge(all), left_out)
    }

    fn leave_out(&mut self, reason: LeftOut) {
        *self.left_out.entry(reason).or_default() += 1;
    }
}
