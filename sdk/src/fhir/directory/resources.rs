//! The resources of one Bundle, before their references are resolved.

use std::collections::BTreeMap;

use super::left_out::LeftOut;
use super::read::{EndpointResource, Organization};
use super::references::Keys;

/// The number of entries that were left out, by reason.
pub(super) type Counts = BTreeMap<LeftOut, usize>;

/// The resources of one Bundle.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {
    pub organizations: Vec<Organization>,
    pub endpoints: Vec<EndpointResource>,
    pub organization_keys: Keys,
    pub endpoint_keys: Keys,
}

impl Resources {
    /// Leaves out the endpoints that only have a FHIR version before R4 which is not supported.
    pub fn leave_out_older_versions(&mut self, supported: &[String]) {
        for resource in &mut self.endpoints {
            let is_older = |version: &String| {
                let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
                major.is_some_and(|major| major < 4)
                    && !supported.iter().any(|supported| version.starts_with(supported))
            };
            let versions =
                resource.endpoint.as_ref().map(|endpoint| endpoint.fhir_versions.as_slice()).unwrap_or_default();
            if !versions.is_empty() && versions.iter().all(is_older) {
                resource.endpoint = Err(LeftOut::FhirVersion);
            }
        }
    }

    /// The number of the endpoint that an organization refers to.
    pub fn endpoint(&self, reference: &str, organization: usize) -> Option<usize> {
        self.endpoint_keys.find(reference, self.organization_keys.base(organization), Some(organization))
    }
}
